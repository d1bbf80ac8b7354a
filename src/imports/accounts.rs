//! Accounts while a table of persons is imported.

use std::collections::BTreeSet;

use sea_orm::FromQueryResult;
use sea_orm::sea_query::Value as SqlValue;
use uuid::Uuid;

use super::person_cells::PersonCells;

/// An account, as far as tables say something of it.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub(super) struct ImportedAccount {
    pub(super) id: Uuid,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) role: String,
    pub(super) contract_type: String,
    pub(super) position: Option<String>,
    pub(super) seniority: Option<String>,
    pub(super) country: Option<String>,
    pub(super) daily_salary: Option<i32>,
    pub(super) studio_id: Option<Uuid>,
    pub(super) active: Option<bool>,
    pub(super) is_guest: bool,
    pub(super) preview_project_id: Option<Uuid>,
}

/// A person while a table is imported.
pub(super) struct ImportedPerson {
    pub(super) account: ImportedAccount,
    pub(super) before: Option<ImportedAccount>,
    pub(super) departments: BTreeSet<Uuid>,
    pub(super) departments_before: BTreeSet<Uuid>,
}

impl ImportedPerson {
    pub(super) fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.account) || self.departments != self.departments_before
    }

    /// True if somebody who was there is switched on or off.
    pub(super) fn moves(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| before.active.unwrap_or_default() != self.account.active.unwrap_or_default())
    }
}

/// True if the limit of users counts an account.
pub(super) fn counts(account: &ImportedAccount) -> bool {
    account.active.unwrap_or_default() && !account.is_guest && account.preview_project_id.is_none()
}

/// True if somebody may do everything.
pub(super) fn administers(account: &ImportedAccount) -> bool {
    account.role == "admin" && account.active.unwrap_or_default() && !account.is_guest
}

/// A new account without a password.
pub(super) fn fresh(wanted: &PersonCells) -> ImportedAccount {
    ImportedAccount {
        id: Uuid::new_v4(),
        first_name: String::new(),
        last_name: String::new(),
        email: Some(wanted.email.clone()),
        phone: None,
        role: "user".into(),
        contract_type: "open-ended".into(),
        position: Some("artist".into()),
        seniority: Some("mid".into()),
        country: None,
        daily_salary: Some(0),
        studio_id: None,
        active: Some(true),
        is_guest: false,
        preview_project_id: None,
    }
}

/// Takes over what a row says.
pub(super) fn apply(entry: &mut ImportedPerson, wanted: PersonCells) {
    let account = &mut entry.account;
    account.first_name = wanted.first_name;
    account.last_name = wanted.last_name;
    account.phone = wanted.phone.or(account.phone.take());
    account.role = wanted.role.unwrap_or_else(|| account.role.clone());
    account.contract_type = wanted.contract_type.unwrap_or_else(|| account.contract_type.clone());
    account.position = wanted.position.or(account.position.take());
    account.seniority = wanted.seniority.or(account.seniority.take());
    account.country = wanted.country.or(account.country.take());
    account.daily_salary = wanted.daily_salary.or(account.daily_salary);
    account.studio_id = wanted.studio_id.or(account.studio_id);
    account.active = wanted.active.or(account.active);
    if let Some(departments) = wanted.departments {
        entry.departments = departments.into_iter().collect();
    }
}

/// Columns of an account that a table can change.
pub(super) fn columns(account: &ImportedAccount) -> Vec<(&'static str, SqlValue)> {
    vec![
        ("first_name", account.first_name.as_str().into()),
        ("last_name", account.last_name.as_str().into()),
        ("phone", account.phone.clone().into()),
        ("role", account.role.as_str().into()),
        ("contract_type", account.contract_type.as_str().into()),
        ("position", account.position.clone().into()),
        ("seniority", account.seniority.clone().into()),
        ("country", account.country.clone().into()),
        ("daily_salary", account.daily_salary.into()),
        ("studio_id", account.studio_id.into()),
        ("active", account.active.into()),
    ]
}
