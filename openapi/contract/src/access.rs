//! The closed list of access rules, and how an operation names one.

use serde_json::Value;

use crate::ContractError;

/// Who may call an operation.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// Name, as operations write it.
    pub name: String,
    /// The sentence that goes into the description of the operation.
    pub who: String,
    /// The Rust type that proves access, or none for what everybody may call.
    pub proof: Option<String>,
    /// Whether somebody who is signed in can be refused.
    pub refuses: bool,
    /// Whether the rule looks a record up by a path parameter.
    pub finds: bool,
}

/// Every access rule, in the order of `access.yaml`.
#[derive(Clone, Debug)]
pub struct AccessRules(pub Vec<AccessRule>);

impl AccessRules {
    pub(crate) fn from_value(value: &Value) -> Result<Self, ContractError> {
        let rules = value.as_object().ok_or_else(|| ContractError::Rules(vec!["access.yaml is not a map of rules".into()]))?;
        let mut found = Vec::new();
        for (name, rule) in rules {
            let who = rule["who"].as_str().ok_or_else(|| ContractError::Rules(vec![format!("access.yaml: rule {name} has no 'who'")]))?;
            found.push(AccessRule {
                name: name.clone(),
                who: who.to_owned(),
                proof: rule["proof"].as_str().map(str::to_owned),
                refuses: rule["refuses"] == true,
                finds: rule["finds"] == true,
            });
        }
        Ok(Self(found))
    }

    /// The rule of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&AccessRule> {
        self.0.iter().find(|rule| rule.name == name)
    }
}

/// Splits `rule(parameter)` into the rule's name and the parameter that it looks at.
pub(crate) fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.trim_end_matches(')'))),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_rule_may_name_a_parameter() {
        assert_eq!(split("project-member(project_id)"), ("project-member", Some("project_id")));
        assert_eq!(split("admin"), ("admin", None));
    }
}
