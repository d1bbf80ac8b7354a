//! Tasks: who reads, lists, comments, leads and shows them, and where somebody stands towards them.

mod commenting;
mod relation;

use dailies_definitions::access::{Caller, Person, Role};
use uuid::Uuid;

use super::reach::Reach;
use super::roles::shares_department;
use super::rule::{ALL_BUT_CLIENTS, ALL_BUT_VENDORS, EVERYBODY, QueriedRecords, Rule, STAFF};
use crate::database::Sql;

pub use self::commenting::{is_mentioned, task_commenter};
pub use self::relation::{TaskRelation, is_assigned, relation, relations, require, require_lead_of_type};

/// Facts of a task that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskFact {
    /// The person does the task.
    Assigned,
    /// The person does a task of the same entity.
    WorksOnEntity,
    /// The person created the entity.
    CreatedEntity,
    /// The task type is of one of the person's departments.
    InDepartment,
    /// So it is, or the person has no department, and looks after everything.
    Supervised,
    /// The production does not keep tasks of the type from its clients.
    ShownToClients,
    /// The production does not keep its lists of tasks from its clients.
    ListedForClients,
}

/// Rule about one task.
pub type TaskRule = Rule<TaskFact>;

/// `task-reader`: the team; vendors when they work on the entity.
pub const READ: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&ALL_BUT_VENDORS),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::WorksOnEntity)]),
]);

/// Tasks that clients find in lists.
const LISTED_FOR_CLIENTS: TaskRule = Rule::All(&[
    Rule::Team(&[Role::Client]),
    Rule::Fact(TaskFact::ShownToClients),
    Rule::Fact(TaskFact::ListedForClients),
]);

/// Tasks in lists: the team sees all tasks, clients those of types that are shown to them unless the production keeps its
/// lists from them, vendors their own ones.
pub const LISTED: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    LISTED_FOR_CLIENTS,
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)]),
]);

/// Tasks that figures of a production are about: as [`LISTED`], also where clients find no lists.
pub const SUMMED: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Client]), Rule::Fact(TaskFact::ShownToClients)]),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)]),
]);

/// Tasks in the list of one entity: as [`LISTED`], and vendors see all when they work on the entity.
pub(super) const LISTED_OF_ENTITY: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    LISTED_FOR_CLIENTS,
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::WorksOnEntity)]),
]);

/// Tasks in lists of the work of others: as [`LISTED`], and clients see nothing.
pub const WORK_LISTED: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)]),
]);

/// `task-supervisor`: managers, and supervisors of work of this type.
pub const LEAD: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&[Role::Supervisor]), Rule::Fact(TaskFact::Supervised)]),
]);

/// `task-actor`: whoever may comment a task and put previews forward.
pub const ACT: TaskRule = Rule::Any(&[
    LEAD,
    Rule::Team(&[Role::Client]),
    Rule::All(&[
        Rule::Team(&EVERYBODY),
        Rule::Any(&[Rule::Fact(TaskFact::Assigned), Rule::Fact(TaskFact::CreatedEntity)]),
    ]),
]);

/// `task-worker`: whoever may write the files of a task: as [`ACT`], without clients.
pub const WRITE_FILES: TaskRule = Rule::Any(&[
    LEAD,
    Rule::All(&[
        Rule::Team(&ALL_BUT_CLIENTS),
        Rule::Any(&[Rule::Fact(TaskFact::Assigned), Rule::Fact(TaskFact::CreatedEntity)]),
    ]),
]);

/// Those who may comment several tasks of a production at once: as [`LEAD`], and whoever does the task.
pub const WORK: TaskRule = Rule::Any(&[
    LEAD,
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(TaskFact::Assigned)]),
]);

/// `task-presenter`: whoever may show the entity by a preview of the task: as [`READ`], without clients.
pub const PRESENT: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::WorksOnEntity)]),
]);

/// Rule about who takes a task of their own department.
pub const TAKE: TaskRule = Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(TaskFact::InDepartment)]);

/// `preview-reviewer`: whoever may draw on the previews of a task.
pub const REVIEW: TaskRule = Rule::Any(&[LEAD, Rule::Team(&[Role::Client])]);

/// `preview-editor`: whoever may change what is noted of the previews of a task: as [`LEAD`], and whoever does the task.
pub const EDIT_PREVIEWS: TaskRule = WORK;

impl TaskFact {
    /// Every fact.
    pub const ALL: [Self; 7] = [
        Self::Assigned,
        Self::WorksOnEntity,
        Self::CreatedEntity,
        Self::InDepartment,
        Self::Supervised,
        Self::ShownToClients,
        Self::ListedForClients,
    ];

    /// Name of the column that tells of it.
    fn column(self) -> &'static str {
        match self {
            Self::Assigned => "is_assigned",
            Self::WorksOnEntity => "works_on_entity",
            Self::CreatedEntity => "created_entity",
            Self::InDepartment => "is_in_department",
            Self::Supervised => "is_supervised",
            Self::ShownToClients => "is_shown_to_clients",
            Self::ListedForClients => "is_listed_for_clients",
        }
    }
}

/// Tasks of a list, whose table has this name in the query.
#[derive(Clone, Copy, Debug)]
pub struct Tasks(pub &'static str);

/// One task, or few: asked from the task instead of from the person, who may have thousands.
#[derive(Clone, Copy, Debug)]
struct FewTasks(&'static str);

/// Tasks `o` that a person does, with their assignees `w`.
const WORK_OF: &str = "FROM task o JOIN task_person_link w ON w.task_id = o.id WHERE w.person_id = ";

impl QueriedRecords<TaskFact> for Tasks {
    fn project(&self) -> String {
        format!("{}.project_id", self.0)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: TaskFact) {
        let table = self.0;
        match fact {
            TaskFact::Assigned => assigned_to(sql, &format!("{table}.id"), person.id),
            TaskFact::WorksOnEntity => worked_on_by(sql, &format!("{table}.entity_id"), person.id),
            fact => FewTasks(table).push(sql, person, fact),
        }
    }
}

impl QueriedRecords<TaskFact> for FewTasks {
    fn project(&self) -> String {
        format!("{}.project_id", self.0)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: TaskFact) {
        let table = self.0;
        match fact {
            TaskFact::Assigned => {
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM task_person_link w WHERE w.task_id = {table}.id AND w.person_id = "
                ));
                sql.bind(person.id).push(")");
            }
            TaskFact::WorksOnEntity => works_on(sql, &format!("{table}.entity_id"), person.id),
            TaskFact::CreatedEntity => {
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM entity b WHERE b.id = {table}.entity_id AND b.created_by = "
                ))
                .bind(person.id)
                .push(")");
            }
            TaskFact::ShownToClients => {
                sql.push(&format!(
                    "NOT EXISTS (SELECT 1 FROM project_task_type_link v WHERE v.project_id = {table}.project_id "
                ));
                sql.push(&format!(
                    "AND v.task_type_id = {table}.task_type_id AND v.is_client_visible = "
                ))
                .bind(false)
                .push(")");
            }
            TaskFact::ListedForClients => {
                sql.push(&format!("NOT EXISTS (SELECT 1 FROM project u WHERE u.id = {table}.project_id AND u.is_client_task_list_visible = "));
                sql.bind(false).push(")");
            }
            TaskFact::Supervised if person.departments.is_empty() => {
                sql.push("1 = 1");
            }
            TaskFact::InDepartment | TaskFact::Supervised => {
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM task_type y WHERE y.id = {table}.task_type_id AND y.department_id IN "
                ));
                sql.bind_list(person.departments.iter().copied()).push(")");
            }
        }
    }
}

/// SQL of whether a production shows a task type to its clients; `link` is the table of the link between the two.
#[must_use]
pub fn type_is_shown_to_clients(link: &str) -> String {
    format!("COALESCE({link}.is_client_visible, true) = true")
}

/// Adds the condition that a production shows a task type to somebody with this role there, with `AND` before it; `link` is
/// the table of the link between the two.
pub fn restrict_types(sql: &mut Sql, role: Role, link: &str) {
    if role == Role::Client {
        sql.push(" AND ").push(&type_is_shown_to_clients(link));
    }
}

/// Adds the condition that a person does the task whose id is in a column.
pub fn assigned_to(sql: &mut Sql, task: &str, person_id: Uuid) {
    sql.push(task)
        .push(" IN (SELECT w.task_id FROM task_person_link w WHERE w.person_id = ")
        .bind(person_id)
        .push(")");
}

/// Adds the condition that a person does a task of the entity whose id is in a column.
pub fn worked_on_by(sql: &mut Sql, entity: &str, person_id: Uuid) {
    sql.push(entity)
        .push(" IN (SELECT o.entity_id ")
        .push(WORK_OF)
        .bind(person_id)
        .push(")");
}

/// As [`worked_on_by`], asked from the entity: for few of them.
pub fn works_on(sql: &mut Sql, entity: &str, person_id: Uuid) {
    sql.push("EXISTS (SELECT 1 ")
        .push(WORK_OF)
        .bind(person_id)
        .push(" AND o.entity_id = ")
        .push(entity)
        .push(")");
}

/// SQL of whether somebody, whose id is in a column, does a task of the entity whose id is in another one.
#[must_use]
pub fn does_work_on(person: &str, entity: &str) -> String {
    format!("EXISTS (SELECT 1 {WORK_OF}{person} AND o.entity_id = {entity})")
}

/// The tasks that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct VisibleTasks {
    reach: Reach,
    rule: TaskRule,
}

impl VisibleTasks {
    /// The tasks that a rule allows in a reach.
    #[must_use]
    pub fn new(reach: Reach, rule: TaskRule) -> Self {
        Self { reach, rule }
    }

    /// The tasks of one production that lists show to somebody with this role there.
    #[must_use]
    pub fn within(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self::new(Reach::within(caller, project_id, role), LISTED)
    }

    /// The tasks of one entity that its lists show to somebody with this role in its production.
    #[must_use]
    pub fn of_entity(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self::new(Reach::within(caller, project_id, role), LISTED_OF_ENTITY)
    }

    /// The productions that are looked into.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// True if everything is to be seen.
    #[must_use]
    pub(super) fn is_everything(&self) -> bool {
        self.rule.always(&self.reach) == Some(true)
    }

    /// True if nothing is to be seen, whatever there is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.rule.always(&self.reach) == Some(false)
    }

    /// Adds the condition on the tasks of a table, with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, table: &'static str) {
        self.rule.restrict(sql, &self.reach, &Tasks(table));
    }
}

/// A person who gets tasks.
#[derive(Clone, Debug)]
pub struct Assignee {
    pub id: Uuid,
    pub is_bot: bool,
    pub departments: Vec<Uuid>,
}

/// `task-assigner`: managers, supervisors of the task type who share a department with the person, and whoever takes a task
/// of their own department. Bots get tasks where the production lets them work.
#[must_use]
pub fn task_assigner(relation: &TaskRelation, person: &Person, assignee: &Assignee) -> bool {
    let shares = person.departments.is_empty() || shares_department(person, &assignee.departments);
    let may = relation.role.is_manager()
        || (shares && relation.allows(&LEAD))
        || (assignee.id == person.id && relation.allows(&TAKE));
    may && (!assignee.is_bot || relation.bots_work)
}

/// `task-unassigner`: as [`LEAD`], and everybody in the team who takes themself off.
#[must_use]
pub fn task_unassigner(relation: &TaskRelation, person: &Person, whom: Option<Uuid>) -> bool {
    relation.allows(&LEAD) || (whom == Some(person.id) && relation.allows(&WORK))
}
