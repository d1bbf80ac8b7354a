//! Who sees which entities: the productions that a request is about, and what of them vendors see.

use std::sync::Arc;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use sea_orm::{DbBackend, DbErr};
use uuid::Uuid;

use super::kinds::EntityKind;
use super::metadata::{Masks, hidden_fields};
use crate::access::{require_member, vendor_projects};
use crate::app::App;
use crate::database::{Database, Sql};

/// The entities that a caller sees in a request.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    person: Arc<Person>,
    reach: Reach,
    /// Productions in which the caller is a vendor, and sees only what they work on.
    narrowed: Vec<Uuid>,
}

#[derive(Clone, Copy, Debug)]
enum Reach {
    /// Every production.
    Everything,
    /// The productions whose team the caller is in, closed ones too.
    Teams,
    /// One production.
    Project(Uuid),
}

impl Scope {
    /// One production, in which the caller has this role.
    pub(super) fn project(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        let narrowed = if role == Role::Vendor { vec![project_id] } else { Vec::new() };
        Self { person: Arc::clone(&caller.person), reach: Reach::Project(project_id), narrowed }
    }

    /// One production that a query names.
    ///
    /// # Errors
    /// 404 when there is no such production, 403 for everybody outside of its team.
    pub(super) async fn required_project(app: &App, caller: &Caller, project_id: Uuid) -> Result<Self, Failure> {
        let role = require_member(app.database.read(), caller, project_id).await?;
        Ok(Self::project(caller, project_id, role))
    }

    /// The production that a query names; without one everything, for administrators.
    ///
    /// # Errors
    /// As [`Scope::required_project`] and [`Scope::everything`].
    pub(super) async fn named(app: &App, caller: &Caller, project_id: Option<Uuid>) -> Result<Self, Failure> {
        match project_id {
            Some(project_id) => Self::required_project(app, caller, project_id).await,
            None => Self::everything(caller),
        }
    }

    /// Every production, for administrators only.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub(super) fn everything(caller: &Caller) -> Result<Self, Failure> {
        if !caller.is_admin() {
            return Err(Failure::forbidden());
        }
        Ok(Self { person: Arc::clone(&caller.person), reach: Reach::Everything, narrowed: Vec::new() })
    }

    /// Every production for administrators, and for others the ones whose team they are in.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn teams(app: &App, caller: &Caller) -> Result<Self, Failure> {
        let person = Arc::clone(&caller.person);
        if caller.is_admin() {
            return Ok(Self { person, reach: Reach::Everything, narrowed: Vec::new() });
        }
        let narrowed = vendor_projects(app.database.read(), caller).await?;
        Ok(Self { person, reach: Reach::Teams, narrowed })
    }

    /// The person who asks.
    pub(super) fn person_id(&self) -> Uuid {
        self.person.id
    }

    /// Whether the caller is a vendor in a production that is asked for.
    pub(super) fn is_narrowed(&self) -> bool {
        !self.narrowed.is_empty()
    }

    /// What metadata the caller may not see.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn masks(&self, database: &Database, kind: EntityKind) -> Result<Masks, DbErr> {
        Masks::of_vendor(database, &self.person, &self.narrowed, kind).await
    }

    /// SQL of the JSON list of the metadata fields that the caller may not see of the entity `e`; null where nothing is
    /// hidden from anybody.
    pub(super) fn hidden_fields(&self, sql: &mut Sql, backend: DbBackend, kind: EntityKind) -> String {
        if self.is_narrowed() { hidden_fields(sql, backend, &self.person, kind) } else { "NULL".to_owned() }
    }

    /// Adds the conditions of what the caller sees among the entities `e` of a kind, each with `AND` before it.
    pub(super) fn restrict(&self, sql: &mut Sql, kind: EntityKind) {
        match self.reach {
            Reach::Everything => {}
            Reach::Teams => {
                sql.push(" AND e.project_id IN (SELECT project_id FROM project_person_link WHERE person_id = ").bind(self.person.id).push(")");
            }
            Reach::Project(project_id) => {
                sql.push(" AND e.project_id = ").bind(project_id);
            }
        }
        if self.is_narrowed() {
            sql.push(" AND (e.project_id NOT IN ").bind_list(self.narrowed.iter().copied()).push(" OR ");
            own_entities(sql, kind, self.person.id);
            sql.push(")");
        }
    }

    /// Adds the condition of what a vendor sees among the tasks `t`, with `AND` before it.
    pub(super) fn restrict_tasks(&self, sql: &mut Sql) {
        if self.is_narrowed() {
            sql.push(" AND (t.project_id NOT IN ").bind_list(self.narrowed.iter().copied());
            sql.push(" OR t.id IN (SELECT task_id FROM task_person_link WHERE person_id = ").bind(self.person.id).push("))");
        }
    }
}

/// Adds the condition that a person works on the entity `e`. A sequence or an episode is worked on in its shots, and an
/// episode in the assets that belong to it, too.
pub(super) fn own_entities(sql: &mut Sql, kind: EntityKind, person_id: Uuid) {
    let shots = EntityKind::Shot.condition("w.entity_type_id");
    let assets = EntityKind::Asset.condition("w.entity_type_id");
    let worked_on = |sql: &mut Sql, column: &str, more: &str| {
        sql.push(&format!(
            "e.id IN (SELECT {column} FROM task_person_link l JOIN task t ON t.id = l.task_id JOIN entity w ON w.id = t.entity_id {more} AND l.person_id = "
        ));
        sql.bind(person_id).push(")");
    };
    match kind {
        EntityKind::Sequence => worked_on(sql, "w.parent_id", &format!("WHERE {shots}")),
        EntityKind::Episode => {
            worked_on(sql, "q.parent_id", &format!("JOIN entity q ON q.id = w.parent_id WHERE {shots}"));
            sql.push(" OR ");
            worked_on(sql, "w.source_id", &format!("WHERE {assets}"));
        }
        _ => worked_on(sql, "w.id", "WHERE 1 = 1"),
    }
}
