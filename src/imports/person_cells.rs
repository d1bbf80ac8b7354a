//! Cells of a row of a table of persons, checked before anything is changed.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::problem::{RowProblem, excerpt};
use super::sheet::{SheetRow, short_enough};
use super::values::{flag, integer_of};
use crate::database::{self, Sql};
use crate::export::cells::split_names;
use crate::people::checks;

/// Codes with their labels, as tables and pages show them.
type Choices = &'static [(&'static str, &'static str)];

const ROLES: Choices = &[
    ("user", "Artist"),
    ("admin", "Studio Manager"),
    ("supervisor", "Supervisor"),
    ("manager", "Production Manager"),
    ("client", "Client"),
    ("vendor", "Vendor"),
];
const CONTRACTS: Choices = &[
    ("open-ended", "Open-ended"),
    ("fixed-term", "Fixed-term"),
    ("short-term", "Short-term"),
    ("freelance", "Freelance"),
    ("apprentice", "Apprentice"),
    ("internship", "Internship"),
];
const POSITIONS: Choices = &[("supervisor", "Supervisor"), ("lead", "Lead"), ("artist", "Artist")];
const SENIORITIES: Choices = &[("senior", "Senior"), ("mid", "Mid"), ("junior", "Junior")];

/// Studios and departments by their names.
#[derive(Debug)]
pub(super) struct Places {
    studios: HashMap<String, Uuid>,
    departments: HashMap<String, Uuid>,
}

impl Places {
    /// Reads all studios and departments.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        Ok(Self {
            studios: named(connection, "studio").await?,
            departments: named(connection, "department").await?,
        })
    }
}

async fn named(connection: &impl ConnectionTrait, table: &str) -> Result<HashMap<String, Uuid>, DbErr> {
    let rows = database::rows(connection, &Sql::new(format!("SELECT id, name FROM {table}"))).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get::<String>("", "name")?.trim().to_owned(),
                row.try_get("", "id")?,
            ))
        })
        .collect()
}

/// Contents of a row about a person. What it leaves empty stays as it is.
#[derive(Debug)]
pub(super) struct PersonCells {
    pub(super) first_name: String,
    pub(super) last_name: String,
    /// In small letters; empty for somebody without an address.
    pub(super) email: String,
    pub(super) phone: Option<String>,
    pub(super) role: Option<String>,
    pub(super) contract_type: Option<String>,
    pub(super) position: Option<String>,
    pub(super) seniority: Option<String>,
    pub(super) country: Option<String>,
    pub(super) daily_salary: Option<i32>,
    pub(super) studio_id: Option<Uuid>,
    pub(super) departments: Option<Vec<Uuid>>,
    pub(super) active: Option<bool>,
}

impl PersonCells {
    /// Reads a row.
    pub(super) fn read(line: &SheetRow<'_>, places: &Places) -> Result<Self, RowProblem> {
        let studio = |name: &str| {
            places
                .studios
                .get(name)
                .copied()
                .ok_or_else(|| RowProblem(format!("Studio not found: {}", excerpt(name))))
        };
        Ok(Self {
            first_name: short_enough("First Name", line.required("First Name")?, 80)?.to_owned(),
            last_name: short_enough("Last Name", line.required("Last Name")?, 80)?.to_owned(),
            email: line.required("Email")?.to_lowercase(),
            phone: line
                .filled("Phone")
                .map(|cell| short_enough("Phone", cell, 30))
                .transpose()?
                .map(str::to_owned),
            role: choice(line, "Role", ROLES)?,
            contract_type: choice(line, "Contract Type", CONTRACTS)?,
            position: choice(line, "Position", POSITIONS)?,
            seniority: choice(line, "Seniority", SENIORITIES)?,
            country: line.filled("Country").map(country).transpose()?,
            daily_salary: line
                .filled("Daily Salary")
                .map(|cell| integer_of("Daily Salary", cell))
                .transpose()?,
            studio_id: line.filled("Studio").map(studio).transpose()?,
            departments: line
                .filled("Departments")
                .map(|cell| departments(cell, places))
                .transpose()?,
            active: line.filled("Active").map(|cell| flag("Active", cell)).transpose()?,
        })
    }

    /// True if the address can be that of a new account.
    pub(super) fn check_address(&self) -> Result<(), RowProblem> {
        let refusal = checks::address(&self.email).err();
        refusal.map_or(Ok(()), |reason| Err(RowProblem::invalid("Email", &self.email, reason)))
    }
}

/// A code that a cell gives, by itself or by its label.
fn choice(line: &SheetRow<'_>, column: &str, choices: Choices) -> Result<Option<String>, RowProblem> {
    let Some(cell) = line.filled(column) else {
        return Ok(None);
    };
    let found = choices
        .iter()
        .find(|(code, label)| code.eq_ignore_ascii_case(cell) || label.eq_ignore_ascii_case(cell));
    let labels: Vec<&str> = choices.iter().map(|(_, label)| *label).collect();
    let wrong = || RowProblem::invalid(column, cell, format!("accepted values: {}", labels.join(", ")));
    found.map(|(code, _)| Some((*code).to_owned())).ok_or_else(wrong)
}

fn country(cell: &str) -> Result<String, RowProblem> {
    let is_code = cell.len() == 2 && cell.bytes().all(|letter| letter.is_ascii_alphabetic());
    if is_code {
        Ok(cell.to_ascii_uppercase())
    } else {
        Err(RowProblem::invalid("Country", cell, "two letters are expected"))
    }
}

/// Departments by name: one name alone, or several with commas between them.
fn departments(cell: &str, places: &Places) -> Result<Vec<Uuid>, RowProblem> {
    if let Some(id) = places.departments.get(cell) {
        return Ok(vec![*id]);
    }
    let mut found = Vec::new();
    for name in split_names(cell) {
        let id = places
            .departments
            .get(&name)
            .ok_or_else(|| RowProblem(format!("Department not found: {}", excerpt(&name))))?;
        if !found.contains(id) {
            found.push(*id);
        }
    }
    Ok(found)
}
