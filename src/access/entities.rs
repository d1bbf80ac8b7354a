//! Entities: who reads, lists and removes them.

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use uuid::Uuid;

use super::metadata::{self, Masks};
use super::plans::PlanMask;
use super::reach::Reach;
use super::roles::{self, ProjectRole, join_place, role_in};
use super::rule::{ALL_BUT_VENDORS, EVERYBODY, LEADERS, QueriedRecords, RoleRule, Rule, STAFF};
use super::tasks::{self, Tasks, worked_on_by, works_on};
use crate::app::App;
use crate::database::{self, Database, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Facts of an entity that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityFact {
    /// The person has a task of it.
    WorksOn,
    /// The person has a task of it or of what it is made of: of a shot in a sequence, or of a shot or an asset of an
    /// episode.
    WorksWithin,
    /// The person created it.
    Created,
}

/// Rule about one entity.
pub type EntityRule = Rule<EntityFact>;

/// `entity-reader`: the team; vendors when they have a task of the entity.
pub const READ: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&ALL_BUT_VENDORS),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(EntityFact::WorksOn)]),
]);

/// Entities in lists: the team sees all, vendors what they work on.
pub const LISTED: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&ALL_BUT_VENDORS),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(EntityFact::WorksWithin)]),
]);

/// `entity-remover`: managers, and whoever created it.
pub const REMOVE: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(EntityFact::Created)]),
]);

/// `entity-editor`: whoever may remove it, and supervisors, who change nothing but metadata of their departments.
pub const EDIT: EntityRule = Rule::Any(&[REMOVE, Rule::Team(&[Role::Supervisor])]);

/// `entity-worker`: as [`READ`], without clients.
pub const PRESENT: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(EntityFact::WorksOn)]),
]);

/// `instance-keeper`: managers, supervisors, and artists who have a task of it.
pub const PLACE_INSTANCES: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&LEADERS),
    Rule::All(&[Rule::Team(&[Role::Artist]), Rule::Fact(EntityFact::WorksOn)]),
]);

/// Whoever creates the tasks of an entity that they read: managers, supervisors, and artists who created it.
pub const CREATE_TASKS: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&LEADERS),
    Rule::All(&[Rule::Team(&[Role::Artist]), Rule::Fact(EntityFact::Created)]),
]);

/// `file-worker`: managers, and whoever has a task of the entity.
pub const WORK: EntityRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(EntityFact::WorksOn)]),
]);

/// Entities of a kind in a query, whose table has this name there.
#[derive(Clone, Copy, Debug)]
pub struct Entities {
    pub table: &'static str,
    /// The kind of all of them, or none for any.
    pub kind: Option<EntityKind>,
}

impl QueriedRecords<EntityFact> for Entities {
    fn project(&self) -> String {
        format!("{}.project_id", self.table)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: EntityFact) {
        let Self { table, kind } = self;
        match (fact, kind) {
            (EntityFact::Created, _) => {
                sql.push(&format!("{table}.created_by = ")).bind(person.id);
            }
            (EntityFact::WorksWithin, Some(EntityKind::Sequence)) => {
                within(sql, table, "w.parent_id", &format!("WHERE {}", shots()), person.id);
            }
            (EntityFact::WorksWithin, Some(EntityKind::Episode)) => {
                sql.push("(");
                within(
                    sql,
                    table,
                    "q.parent_id",
                    &format!("JOIN entity q ON q.id = w.parent_id WHERE {}", shots()),
                    person.id,
                );
                sql.push(" OR ");
                within(
                    sql,
                    table,
                    "w.source_id",
                    &format!("WHERE {}", EntityKind::Asset.condition("w.entity_type_id")),
                    person.id,
                );
                sql.push(")");
            }
            (EntityFact::WorksWithin | EntityFact::WorksOn, _) => worked_on_by(sql, &format!("{table}.id"), person.id),
        }
    }
}

fn shots() -> String {
    EntityKind::Shot.condition("w.entity_type_id")
}

/// Adds the condition that an entity is in a column of the entities `w` that a person works on.
fn within(sql: &mut Sql, table: &str, column: &str, joins: &str, person_id: Uuid) {
    sql.push(&format!(
        "{table}.id IN (SELECT {column} FROM task_person_link l JOIN task t ON t.id = l.task_id JOIN entity w ON w.id = t.entity_id {joins} \
         AND l.person_id = "
    ));
    sql.bind(person_id).push(")");
}

/// Adds the condition that a person works on the entities `e` of a kind, or within them.
pub fn own_entities(sql: &mut Sql, kind: EntityKind, person: &Person) {
    Entities {
        table: "e",
        kind: Some(kind),
    }
    .push(sql, person, EntityFact::WorksWithin);
}

/// The entities, and the tasks of them, that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct Scope {
    reach: Reach,
}

impl Scope {
    /// One production, in which the caller has this role.
    #[must_use]
    pub fn project(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self {
            reach: Reach::within(caller, project_id, role),
        }
    }

    /// One production that a query names.
    ///
    /// # Errors
    /// 404 when there is no such production, 403 for everybody outside of its team.
    pub async fn required_project(app: &App, caller: &Caller, project_id: Uuid) -> Result<Self, Failure> {
        let role = roles::require_member(&app.database, caller, project_id).await?;
        Ok(Self::project(caller, project_id, role))
    }

    /// `production-lister`: the production that a query names; without one everything, for administrators only.
    ///
    /// # Errors
    /// As [`Scope::required_project`], and 403 for everybody else who names none.
    pub async fn named(app: &App, caller: &Caller, project_id: Option<Uuid>) -> Result<Self, Failure> {
        Self::named_for(app, caller, project_id, &roles::MEMBER).await
    }

    /// `production-lister-not-vendor` and `production-staff-lister`: as [`Scope::named`], for a part of the team.
    ///
    /// # Errors
    /// As [`Scope::named`], and 403 for those of the team whom the rule leaves out.
    pub async fn named_for(
        app: &App,
        caller: &Caller,
        project_id: Option<Uuid>,
        rule: &RoleRule,
    ) -> Result<Self, Failure> {
        match project_id {
            Some(project_id) => Ok(Self::project(
                caller,
                project_id,
                roles::require(&app.database, caller, project_id, rule).await?,
            )),
            None if caller.is_admin() => Self::teams(app, caller).await,
            None => Err(Failure::forbidden()),
        }
    }

    /// Every production for administrators, and for others the ones whose team they are in.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn teams(app: &App, caller: &Caller) -> Result<Self, Failure> {
        Ok(Self {
            reach: Reach::teams(&app.database, caller).await?,
        })
    }

    /// As [`Scope::teams`], without the teams of closed productions.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open_teams(app: &App, caller: &Caller) -> Result<Self, Failure> {
        Ok(Self {
            reach: Reach::open_teams(&app.database, caller).await?,
        })
    }

    /// Productions that the caller looks into from the outside, with the role of another production.
    #[must_use]
    pub fn visiting(caller: &Caller, projects: &[Uuid], role: Role) -> Self {
        Self {
            reach: Reach::visiting(caller, projects, role),
        }
    }

    /// The person who asks.
    #[must_use]
    pub fn person(&self) -> &Person {
        self.reach.person()
    }

    /// True if something may be left out, because the caller is a vendor in one of the productions.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        !self.reach.projects_as(&[Role::Vendor]).is_empty()
    }

    /// Plans of tasks, as far as the caller, as a client, is not told them.
    #[must_use]
    pub fn plans(&self) -> Option<PlanMask> {
        PlanMask::of(&self.reach)
    }

    /// Metadata that the caller may not see.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn masks(&self, database: &Database, kind: EntityKind) -> Result<Masks, DbErr> {
        Masks::of(database, &self.reach, kind.type_name()).await
    }

    /// Metadata of tasks that the caller may not see.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn task_masks(&self, database: &Database) -> Result<Masks, DbErr> {
        Masks::of(database, &self.reach, metadata::OF_TASKS).await
    }

    /// Column that tells which metadata the caller may not see, for [`metadata::read_hidden`].
    #[must_use]
    pub fn hidden_column(&self, sql: &mut Sql, backend: DbBackend) -> String {
        metadata::hidden_column(sql, backend, &self.reach)
    }

    /// Adds the conditions of what the caller sees among the entities `e` of a kind, each with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, kind: EntityKind) {
        self.reach.keep(sql, "e.project_id");
        LISTED.restrict(
            sql,
            &self.reach,
            &Entities {
                table: "e",
                kind: Some(kind),
            },
        );
    }

    /// Adds the condition that a column holds a production of the scope, with `AND` before it.
    pub fn restrict_projects(&self, sql: &mut Sql, column: &str) {
        self.reach.keep(sql, column);
    }

    /// Adds the condition of what the caller sees among the tasks `t`, with `AND` before it.
    pub fn restrict_tasks(&self, sql: &mut Sql) {
        tasks::LISTED.restrict(sql, &self.reach, &Tasks("t"));
    }

    /// As [`Scope::restrict_tasks`], for the tasks of one entity that the caller reads.
    pub fn restrict_tasks_of_entity(&self, sql: &mut Sql) {
        tasks::LISTED_OF_ENTITY.restrict(sql, &self.reach, &Tasks("t"));
    }
}

/// Relation of the caller to one entity.
#[derive(Clone, Debug)]
pub struct EntityRelation {
    pub project_id: Uuid,
    /// Role of the caller in the production.
    pub role: ProjectRole,
    works_on: bool,
    created: bool,
}

impl EntityRelation {
    /// Relation to an entity that was read already. Whether the caller works on it is not.
    #[must_use]
    pub fn of_creator(caller: &Caller, project_id: Uuid, role: ProjectRole, created_by: Option<Uuid>) -> Self {
        Self {
            project_id,
            role,
            works_on: false,
            created: created_by == Some(caller.person.id),
        }
    }

    /// True if a rule allows it.
    #[must_use]
    pub fn allows(&self, rule: &EntityRule) -> bool {
        rule.allows(self.role, &|fact| match fact {
            EntityFact::WorksOn | EntityFact::WorksWithin => self.works_on,
            EntityFact::Created => self.created,
        })
    }
}

/// Relation of the caller to an entity.
///
/// # Errors
/// 404 when there is no such entity.
pub async fn relation(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    entity_id: Uuid,
) -> Result<EntityRelation, Failure> {
    let person = &caller.person;
    let mut sql = Sql::new("SELECT e.project_id, e.created_by, l.person_id AS member_id, l.role AS team_role, ");
    works_on(&mut sql, "e.id", person.id);
    // The first value of all is the person.
    sql.push(" AS works_on FROM entity e ")
        .push(&join_place("l", "e.project_id", "$1"))
        .push(" WHERE e.id = ")
        .bind(entity_id);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let in_team = row.try_get::<Option<Uuid>>("", "member_id")?.is_some();
    let own: Option<String> = row.try_get("", "team_role")?;
    Ok(EntityRelation {
        project_id: row.try_get("", "project_id")?,
        role: role_in(person.role, in_team, own.as_deref()),
        works_on: row.try_get("", "works_on")?,
        created: row.try_get::<Option<Uuid>>("", "created_by")? == Some(person.id),
    })
}

/// Relation of the caller to an entity, once a rule allows it.
///
/// # Errors
/// 404 when there is no such entity, 403 when the rule does not allow it.
pub async fn require(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    entity_id: Uuid,
    rule: &EntityRule,
) -> Result<EntityRelation, Failure> {
    let relation = relation(connection, caller, entity_id).await?;
    if relation.allows(rule) {
        Ok(relation)
    } else {
        Err(Failure::forbidden())
    }
}
