//! Metadata columns: who sees which, and what is left out of the values of entities, tasks and productions.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use serde::Deserialize;
use uuid::Uuid;

use super::reach::Reach;
use super::roles::projects_as;
use super::rule::{QueriedRecords, Rule, STAFF};
use crate::database::dialect::{JsonKey, json_list, json_of};
use crate::database::{self, Sql};

/// Facts of a metadata column that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnFact {
    /// It is marked for clients.
    ForClient,
    /// It belongs to a department.
    OfDepartments,
    /// It belongs to one of the person's departments.
    OfOwnDepartment,
}

/// Rule about one metadata column.
pub type ColumnRule = Rule<ColumnFact>;

/// Rule about who sees a column and the values in it: vendors those of no department and of their own ones, clients
/// those marked for them.
pub const SEE: ColumnRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[
        Rule::Team(&[Role::Vendor]),
        Rule::Any(&[
            Rule::Not(ColumnFact::OfDepartments),
            Rule::Fact(ColumnFact::OfOwnDepartment),
        ]),
    ]),
    Rule::All(&[Rule::Team(&[Role::Client]), Rule::Fact(ColumnFact::ForClient)]),
]);

/// Kind of the columns of tasks.
pub const OF_TASKS: &str = "Task";
/// Kind of the columns of productions.
pub const OF_PRODUCTIONS: &str = "Project";

/// Roles from whom columns can be hidden.
const NARROWED: [Role; 2] = [Role::Vendor, Role::Client];

/// Metadata columns of a query, whose table has this name there.
#[derive(Clone, Copy, Debug)]
pub struct MetadataColumns(pub &'static str);

impl QueriedRecords<ColumnFact> for MetadataColumns {
    fn project(&self) -> String {
        format!("{}.project_id", self.0)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: ColumnFact) {
        const LINKS: &str = "IN (SELECT v.metadata_descriptor_id FROM department_metadata_descriptor_link v";
        let table = self.0;
        match fact {
            ColumnFact::ForClient => {
                sql.push(&format!("{table}.for_client = ")).bind(true);
            }
            ColumnFact::OfDepartments => {
                sql.push(&format!("{table}.id {LINKS})"));
            }
            ColumnFact::OfOwnDepartment => {
                sql.push(&format!("{table}.id {LINKS} WHERE v.department_id IN "))
                    .bind_list(person.departments.iter().copied())
                    .push(")");
            }
        }
    }
}

/// `column-reader`: whoever sees a metadata column.
///
/// # Errors
/// 403 for everybody else.
pub async fn column_reader(connection: &impl ConnectionTrait, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let mut sql = Sql::with("SELECT 1 FROM metadata_descriptor d WHERE d.id = $1", [id.into()]);
    restrict_in_teams(&mut sql, &caller.person, "d");
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::forbidden)
}

/// Adds the condition on the metadata columns of a table that somebody sees, with `AND` before it.
pub fn restrict(sql: &mut Sql, reach: &Reach, table: &'static str) {
    SEE.restrict(sql, reach, &MetadataColumns(table));
}

/// As [`restrict`], in every production whose team the person is in: the query looks these up itself.
pub fn restrict_in_teams(sql: &mut Sql, person: &Person, table: &'static str) {
    SEE.restrict_in_teams(sql, person, &MetadataColumns(table));
}

/// True if somebody with this role in the production keeps a column of these departments: managers every column,
/// supervisors those for departments, all of their own among them.
#[must_use]
pub fn keeps_column(role: Role, person: &Person, departments: &[Uuid]) -> bool {
    let own = || {
        !departments.is_empty()
            && person
                .departments
                .iter()
                .all(|department| departments.contains(department))
    };
    matches!(role, Role::Admin | Role::Manager) || (role == Role::Supervisor && own())
}

/// Names of the metadata fields that a person may not see, by production.
#[derive(Clone, Debug, Default)]
pub struct Masks(HashMap<Uuid, Vec<String>>);

impl Masks {
    /// Hidden metadata of the entities of a kind, or of their tasks, in the productions of a reach.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(connection: &impl ConnectionTrait, reach: &Reach, kind: &str) -> Result<Self, DbErr> {
        Ok(Self::among(hidden(connection, reach, Some(kind)).await?, kind))
    }

    /// Hidden metadata of one kind, among all that is hidden.
    #[must_use]
    pub fn among(columns: impl IntoIterator<Item = Hidden>, kind: &str) -> Self {
        let mut masks = HashMap::<Uuid, Vec<String>>::new();
        for hidden in columns.into_iter().filter(|hidden| hidden.kind == kind) {
            masks.entry(hidden.project_id).or_default().push(hidden.field);
        }
        Self(masks)
    }

    /// True if nothing is hidden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that are hidden in a production.
    #[must_use]
    pub fn of_project(&self, project_id: Uuid) -> &[String] {
        self.0.get(&project_id).map_or(&[], Vec::as_slice)
    }
}

/// A metadata column that somebody does not see.
#[derive(Clone, Debug, Deserialize)]
pub struct Hidden {
    pub project_id: Uuid,
    /// Name of what it is for: a kind of entity, `Task` or `Project`.
    pub kind: String,
    pub field: String,
}

impl Hidden {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            project_id: row.try_get("", "project_id")?,
            kind: row.try_get("", "entity_type")?,
            field: row.try_get("", "field_name")?,
        })
    }
}

/// The productions of a reach in which columns can be hidden.
#[must_use]
pub fn narrowed_in(reach: &Reach) -> Vec<Uuid> {
    if reach.person().role == Role::Admin {
        Vec::new()
    } else {
        reach.projects_as(&NARROWED)
    }
}

const SELECT: &str = "SELECT d.project_id, d.entity_type, d.field_name FROM ";

/// The columns `d` that somebody does not see, of one kind or of all, as a query behind its `FROM`; nothing where everything is
/// seen.
fn hidden_from(reach: &Reach, kind: Option<&str>) -> Option<Sql> {
    let projects = narrowed_in(reach);
    if projects.is_empty() {
        return None;
    }
    let mut sql = Sql::new("metadata_descriptor d WHERE d.project_id IN ");
    sql.bind_list(projects).push(" AND NOT ");
    SEE.express(&mut sql, reach, &MetadataColumns("d"));
    if let Some(kind) = kind {
        sql.push(" AND d.entity_type = ").bind(kind);
    }
    Some(sql)
}

/// The columns that somebody does not see, of one kind or of all.
///
/// # Errors
/// The database does not answer.
pub async fn hidden(
    connection: &impl ConnectionTrait,
    reach: &Reach,
    kind: Option<&str>,
) -> Result<Vec<Hidden>, DbErr> {
    let Some(from) = hidden_from(reach, kind) else {
        return Ok(Vec::new());
    };
    database::rows(connection, &from.before(SELECT))
        .await?
        .iter()
        .map(Hidden::read)
        .collect()
}

/// The columns that somebody does not see in all the productions whose team they are in.
///
/// # Errors
/// The database does not answer.
pub async fn hidden_in_teams(connection: &impl ConnectionTrait, person: &Person) -> Result<Vec<Hidden>, DbErr> {
    if person.role == Role::Admin {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(format!("{SELECT}metadata_descriptor d WHERE "));
    projects_as(&mut sql, "d.project_id", person, &NARROWED);
    sql.push(" AND NOT ");
    SEE.express_in_teams(&mut sql, person, &MetadataColumns("d"));
    database::rows(connection, &sql)
        .await?
        .iter()
        .map(Hidden::read)
        .collect()
}

/// Column that tells which columns somebody does not see, for [`read_hidden`].
pub fn hidden_column(sql: &mut Sql, backend: DbBackend, reach: &Reach) -> String {
    let list = hidden_from(reach, None).map(|from| {
        let text = Kind::Text { max: None };
        let keys = [
            JsonKey::new("d.project_id", "project_id", Kind::Uuid),
            JsonKey::new("d.entity_type", "kind", text),
            JsonKey::new("d.field_name", "field", text),
        ];
        json_list(backend, &keys, &sql.embed(&from), "d.field_name")
    });
    format!("{} AS hidden_columns", list.as_deref().unwrap_or("NULL"))
}

/// Result of a [`hidden_column`].
///
/// # Errors
/// The row has no such column.
pub fn read_hidden(row: &QueryResult) -> Result<Vec<Hidden>, Failure> {
    Ok(serde_json::from_slice::<Option<Vec<Hidden>>>(&json_of(row, "hidden_columns")?)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(departments: &[Uuid]) -> Person {
        Person {
            id: Uuid::nil(),
            first_name: String::new(),
            last_name: String::new(),
            email: None,
            role: Role::Artist,
            active: true,
            is_bot: false,
            departments: departments.to_vec(),
            studio_id: None,
            timezone: None,
            locale: None,
            expiration_date: None,
            token_id: None,
            preview: None,
        }
    }

    #[test]
    fn supervisors_need_all_their_departments_in_the_column() {
        let [a, b] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let keeps = |role, own: &[Uuid], column: &[Uuid]| keeps_column(role, &person(own), column);
        assert!(keeps(Role::Manager, &[], &[]));
        assert!(keeps(Role::Supervisor, &[a], &[a]));
        assert!(keeps(Role::Supervisor, &[a], &[a, b]));
        assert!(keeps(Role::Supervisor, &[], &[b]));
        assert!(!keeps(Role::Supervisor, &[a], &[]));
        assert!(!keeps(Role::Supervisor, &[a, b], &[a]));
        assert!(!keeps(Role::Artist, &[a], &[a]));
    }
}
