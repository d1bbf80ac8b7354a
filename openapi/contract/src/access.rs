//! The closed list of access rules, and how an operation names one.

use serde_json::Value;

use crate::ContractError;
use crate::model::Operation;

/// Rule about who may call an operation.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// Name, as operations write it.
    pub name: String,
    /// The sentence that goes into the description of the operation.
    pub who: String,
    /// The Rust type that proves access, or none for what everybody may call.
    pub proof: Option<String>,
    /// True if somebody who is signed in can be refused.
    pub refuses: bool,
    /// True if the rule looks a record up by a path parameter.
    pub finds: bool,
    /// True if nobody has to be signed in.
    pub open: bool,
    /// True if the rule asks for a secret that somebody may try to guess, and refuses those who try too often.
    pub guessed: bool,
}

/// A rule about records, which operations with the rule `row` name.
#[derive(Clone, Debug)]
pub struct RecordRule {
    /// Name, as operations write it.
    pub name: String,
    /// The sentence that goes into the description of the operation.
    pub who: String,
}

/// Every access rule, in the order of `access.yaml`.
#[derive(Clone, Debug)]
pub struct AccessRules {
    pub rules: Vec<AccessRule>,
    /// The rules about records.
    pub records: Vec<RecordRule>,
}

/// The rule that leaves the decision to a rule about records.
pub(crate) const ROW: &str = "row";

impl AccessRules {
    pub(crate) fn from_value(value: &Value) -> Result<Self, ContractError> {
        let wrong = |problem: String| ContractError::Rules(vec![format!("access.yaml: {problem}")]);
        let sentence = |name: &str, value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| wrong(format!("rule {name} has no sentence")))
        };
        let rules = value
            .as_object()
            .ok_or_else(|| wrong("it is not a map of rules".into()))?;
        let mut found = Self {
            rules: Vec::new(),
            records: Vec::new(),
        };
        for (name, rule) in rules {
            found.rules.push(AccessRule {
                name: name.clone(),
                who: sentence(name, &rule["who"])?,
                proof: rule["proof"].as_str().map(str::to_owned),
                refuses: rule["refuses"] == true,
                finds: rule["finds"] == true,
                open: rule["open"] == true,
                guessed: rule["guessed"] == true,
            });
        }
        for (name, who) in value[ROW]["rules"].as_object().into_iter().flatten() {
            found.records.push(RecordRule {
                name: name.clone(),
                who: sentence(name, who)?,
            });
        }
        Ok(found)
    }

    /// One sentence for each rule about records that no operation names: the list is no longer than it has to be.
    pub(crate) fn unnamed(&self, operations: &[Operation]) -> Vec<String> {
        let named = |name: &str| {
            operations
                .iter()
                .any(|operation| operation.rule == ROW && operation.rule_parameter.as_deref() == Some(name))
        };
        let unnamed = self.records.iter().filter(|record| !named(&record.name));
        unnamed
            .map(|record| format!("access.yaml: no operation names the rule {}", record.name))
            .collect()
    }

    /// The rule of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&AccessRule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The rule about records of that name.
    #[must_use]
    pub fn record(&self, name: &str) -> Option<&RecordRule> {
        self.records.iter().find(|rule| rule.name == name)
    }
}

/// Splits `rule(parameter)` into the rule's name and the parameter that it looks at, or the rule about records that `row`
/// names.
pub(crate) fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.trim_end_matches(')'))),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_may_name_a_parameter() {
        assert_eq!(
            split("project-member(project_id)"),
            ("project-member", Some("project_id"))
        );
        assert_eq!(split("admin"), ("admin", None));
    }

    #[test]
    fn rules_about_records_are_found_by_name_and_have_to_be_used() {
        let rules = json!({"row": {"who": "It depends.", "rules": {"gadget-reader": "Readers may call this."}}, "admin": {"who": "Few."}});
        let rules = AccessRules::from_value(&rules).expect("rules");
        assert_eq!(
            rules.record("gadget-reader").map(|rule| rule.who.as_str()),
            Some("Readers may call this.")
        );
        assert!(rules.record("admin").is_none() && rules.find("gadget-reader").is_none());
        assert_eq!(
            rules.unnamed(&[]),
            ["access.yaml: no operation names the rule gadget-reader"]
        );
    }
}
