//! Tasks: who reads, lists, comments, leads and shows them, and where somebody stands towards them.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::reach::Reach;
use super::roles::{MEMBER_NOT_VENDOR, ProjectRole, join_place, project_role, role_in, shares_department};
use super::rule::{ALL_BUT_VENDORS, EVERYBODY, Ground, Rule, STAFF};
use crate::database::{self, Sql};

/// What rules ask of a task.
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
}

pub type TaskRule = Rule<TaskFact>;

/// `task-reader`: the team; vendors when they work on the entity.
pub const READ: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&ALL_BUT_VENDORS), Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::WorksOnEntity)])]);

/// What lists show: the team sees all tasks, vendors their own ones.
pub const LISTED: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&ALL_BUT_VENDORS), Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)])]);

/// What lists of the work of others show: as [`LISTED`], and clients see nothing.
pub const WORK_LISTED: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&STAFF), Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)])]);

/// `task-supervisor`: managers, and supervisors of work of this type.
pub const LEAD: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&[Role::Manager]), Rule::All(&[Rule::Team(&[Role::Supervisor]), Rule::Fact(TaskFact::Supervised)])]);

/// `task-actor`: whoever may comment a task and put previews forward.
pub const ACT: TaskRule = Rule::Any(&[
    LEAD,
    Rule::Team(&[Role::Client]),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Any(&[Rule::Fact(TaskFact::Assigned), Rule::Fact(TaskFact::CreatedEntity)])]),
]);

/// Those who may comment several tasks of a production at once: as [`LEAD`], and whoever does the task.
pub const WORK: TaskRule = Rule::Any(&[LEAD, Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(TaskFact::Assigned)])]);

/// `task-presenter`: whoever may show the entity by a preview of the task: as [`READ`], without clients.
pub const PRESENT: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&STAFF), Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::WorksOnEntity)])]);

/// Who takes a task of their own department.
pub const TAKE: TaskRule = Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(TaskFact::InDepartment)]);

/// `preview-reviewer`: whoever may draw on the previews of a task.
pub const REVIEW: TaskRule = Rule::Any(&[LEAD, Rule::Team(&[Role::Client])]);

/// `preview-editor`: whoever may change what is noted of the previews of a task.
pub const EDIT_PREVIEWS: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&[Role::Manager]), Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(TaskFact::Assigned)])]);

impl TaskFact {
    pub const ALL: [Self; 5] = [Self::Assigned, Self::WorksOnEntity, Self::CreatedEntity, Self::InDepartment, Self::Supervised];

    /// Name of the column that tells of it.
    fn column(self) -> &'static str {
        match self {
            Self::Assigned => "is_assigned",
            Self::WorksOnEntity => "works_on_entity",
            Self::CreatedEntity => "created_entity",
            Self::InDepartment => "is_in_department",
            Self::Supervised => "is_supervised",
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

impl Ground<TaskFact> for Tasks {
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

impl Ground<TaskFact> for FewTasks {
    fn project(&self) -> String {
        format!("{}.project_id", self.0)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: TaskFact) {
        let table = self.0;
        match fact {
            TaskFact::Assigned => {
                sql.push(&format!("EXISTS (SELECT 1 FROM task_person_link w WHERE w.task_id = {table}.id AND w.person_id = "));
                sql.bind(person.id).push(")");
            }
            TaskFact::WorksOnEntity => works_on(sql, &format!("{table}.entity_id"), person.id),
            TaskFact::CreatedEntity => {
                sql.push(&format!("EXISTS (SELECT 1 FROM entity b WHERE b.id = {table}.entity_id AND b.created_by = ")).bind(person.id).push(")");
            }
            TaskFact::Supervised if person.departments.is_empty() => {
                sql.push("1 = 1");
            }
            TaskFact::InDepartment | TaskFact::Supervised => {
                sql.push(&format!("EXISTS (SELECT 1 FROM task_type y WHERE y.id = {table}.task_type_id AND y.department_id IN "));
                sql.bind_list(person.departments.iter().copied()).push(")");
            }
        }
    }
}

/// Adds the condition that a person does the task whose id is in a column.
pub fn assigned_to(sql: &mut Sql, task: &str, person_id: Uuid) {
    sql.push(task).push(" IN (SELECT w.task_id FROM task_person_link w WHERE w.person_id = ").bind(person_id).push(")");
}

/// Adds the condition that a person does a task of the entity whose id is in a column.
pub fn worked_on_by(sql: &mut Sql, entity: &str, person_id: Uuid) {
    sql.push(entity).push(" IN (SELECT o.entity_id ").push(WORK_OF).bind(person_id).push(")");
}

/// As [`worked_on_by`], asked from the entity: for few of them.
pub fn works_on(sql: &mut Sql, entity: &str, person_id: Uuid) {
    sql.push("EXISTS (SELECT 1 ").push(WORK_OF).bind(person_id).push(" AND o.entity_id = ").push(entity).push(")");
}

/// The tasks that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct Visible {
    reach: Reach,
    rule: TaskRule,
}

impl Visible {
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

    /// The tasks of one entity that somebody with this role in its production may read, each by itself.
    #[must_use]
    pub fn of_entity(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self::new(Reach::within(caller, project_id, role), READ)
    }

    /// The productions that are looked into.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether nothing is to be seen, whatever there is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.rule.always(&self.reach) == Some(false)
    }

    /// Adds the condition on the tasks of a table, with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, table: &'static str) {
        self.rule.restrict(sql, &self.reach, &Tasks(table));
    }
}

/// Where the caller stands towards one task.
#[derive(Clone, Debug)]
pub struct Standing {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// What the caller is in the production of the task.
    pub role: ProjectRole,
    /// Whether bots work in the production.
    pub bots_work: bool,
    /// Whether clients of the production don't see each other.
    pub clients_isolated: bool,
    facts: Vec<TaskFact>,
}

impl Standing {
    /// Whether something is so of the task, for the caller.
    #[must_use]
    pub fn holds(&self, fact: TaskFact) -> bool {
        self.facts.contains(&fact)
    }

    /// Whether a rule allows it.
    #[must_use]
    pub fn allows(&self, rule: &TaskRule) -> bool {
        rule.allows(self.role, &|fact| self.holds(fact))
    }

    /// # Errors
    /// 403 when the rule does not allow it.
    pub fn require(&self, rule: &TaskRule) -> Result<(), Failure> {
        if self.allows(rule) { Ok(()) } else { Err(Failure::forbidden()) }
    }

    fn read(row: &QueryResult, person: &Person) -> Result<Self, DbErr> {
        let in_team = row.try_get::<Option<Uuid>>("", "member_id")?.is_some();
        let own: Option<String> = row.try_get("", "team_role")?;
        let mut facts = Vec::new();
        for fact in TaskFact::ALL {
            if row.try_get::<bool>("", fact.column())? {
                facts.push(fact);
            }
        }
        Ok(Self {
            task_id: row.try_get("", "id")?,
            project_id: row.try_get("", "project_id")?,
            entity_id: row.try_get("", "entity_id")?,
            task_type_id: row.try_get("", "task_type_id")?,
            task_status_id: row.try_get("", "task_status_id")?,
            role: role_in(person.role, in_team, own.as_deref()),
            bots_work: row.try_get::<Option<bool>>("", "is_bot_collaboration_enabled")?.unwrap_or_default(),
            clients_isolated: row.try_get::<Option<bool>>("", "is_clients_isolated")?.unwrap_or_default(),
            facts,
        })
    }
}

/// Tasks in one statement.
const BATCH: usize = 10_000;

/// Where the caller stands towards these tasks; unknown ones are absent.
///
/// # Errors
/// The database does not answer.
pub async fn standings(connection: &impl ConnectionTrait, caller: &Caller, tasks: &[Uuid]) -> Result<HashMap<Uuid, Standing>, Failure> {
    let mut found = HashMap::with_capacity(tasks.len());
    let person = &caller.person;
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT t.id, t.project_id, t.entity_id, t.task_type_id, t.task_status_id, l.person_id AS member_id, l.role AS team_role, \
             p.is_bot_collaboration_enabled, p.is_clients_isolated",
        );
        for fact in TaskFact::ALL {
            sql.push(", ");
            FewTasks("t").push(&mut sql, person, fact);
            sql.push(" AS ").push(fact.column());
        }
        // The first value of all is the person.
        sql.push(" FROM task t LEFT JOIN project p ON p.id = t.project_id ").push(&join_place("l", "t.project_id", "$1"));
        sql.push(" WHERE t.id").among(tasks);
        for row in database::rows(connection, &sql).await? {
            let standing = Standing::read(&row, person)?;
            found.insert(standing.task_id, standing);
        }
    }
    Ok(found)
}

/// Where the caller stands towards one task.
///
/// # Errors
/// 404 when there is no such task.
pub async fn standing(connection: &impl ConnectionTrait, caller: &Caller, task_id: Uuid) -> Result<Standing, Failure> {
    standings(connection, caller, &[task_id]).await?.remove(&task_id).ok_or_else(Failure::not_found)
}

/// Where the caller stands towards a task, once a rule allows it.
///
/// # Errors
/// 404 when there is no such task, 403 when the rule does not allow it.
pub async fn require(connection: &impl ConnectionTrait, caller: &Caller, task_id: Uuid, rule: &TaskRule) -> Result<Standing, Failure> {
    let standing = standing(connection, caller, task_id).await?;
    standing.require(rule)?;
    Ok(standing)
}

/// `task-supervisor` of a part of a schedule: whoever leads tasks of that type in the production.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn require_lead_of_type(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
) -> Result<(), Failure> {
    let role = match project_id {
        Some(project_id) => project_role(connection, caller, project_id).await?,
        None => role_in(caller.person.role, false, None),
    };
    let mut supervised = caller.person.departments.is_empty();
    if let Some(task_type_id) = task_type_id.filter(|_| !supervised) {
        let sql = Sql::with("SELECT department_id FROM task_type WHERE id = $1", [task_type_id.into()]);
        let department = database::row(connection, &sql).await?.map(|row| row.try_get::<Option<Uuid>>("", "department_id")).transpose()?;
        supervised = shares_department(&caller.person, department.flatten().as_slice());
    }
    LEAD.require(role, &|fact| fact == TaskFact::Supervised && supervised)
}

/// Whether a person does a task.
///
/// # Errors
/// The database does not answer.
pub async fn is_assigned(connection: &impl ConnectionTrait, person_id: Uuid, task_id: Uuid) -> Result<bool, DbErr> {
    let sql = Sql::with("SELECT 1 FROM task_person_link WHERE task_id = $1 AND person_id = $2", [task_id.into(), person_id.into()]);
    Ok(database::row(connection, &sql).await?.is_some())
}

/// `task-commenter`: whoever may act on the task, and whoever its comments mention as long as the status stays.
///
/// # Errors
/// 403 for everybody else.
pub async fn task_commenter(connection: &impl ConnectionTrait, caller: &Caller, standing: &Standing, keeps_status: bool) -> Result<(), Failure> {
    let may = standing.allows(&ACT) || (keeps_status && is_mentioned(connection, caller, standing).await?);
    if may { Ok(()) } else { Err(Failure::forbidden()) }
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
pub fn task_assigner(standing: &Standing, person: &Person, assignee: &Assignee) -> bool {
    let shares = person.departments.is_empty() || shares_department(person, &assignee.departments);
    let may = standing.role.is_manager() || (shares && standing.allows(&LEAD)) || (assignee.id == person.id && standing.allows(&TAKE));
    may && (!assignee.is_bot || standing.bots_work)
}

/// `task-unassigner`: as [`LEAD`], and everybody in the team who takes themself off.
#[must_use]
pub fn task_unassigner(standing: &Standing, person: &Person, whom: Option<Uuid>) -> bool {
    standing.allows(&LEAD) || (whom == Some(person.id) && standing.allows(&WORK))
}

/// Whether the caller is mentioned in a comment of the task or a reply to one, alone or with a department. Vendors and
/// those outside of the team never count.
///
/// # Errors
/// The database does not answer.
pub async fn is_mentioned(connection: &impl ConnectionTrait, caller: &Caller, standing: &Standing) -> Result<bool, Failure> {
    if !standing.role.allows(&MEMBER_NOT_VENDOR) {
        return Ok(false);
    }
    let person = &caller.person;
    let mut sql = Sql::new("SELECT 1 FROM comment c JOIN comment_mentions m ON m.comment = c.id WHERE m.person = ");
    sql.bind(person.id).push(" AND c.object_id = ").bind(standing.task_id);
    sql.push(" UNION SELECT 1 FROM comment c JOIN comment_department_mentions d ON d.comment = c.id WHERE c.object_id = ");
    sql.bind(standing.task_id).push(" AND d.department IN ").bind_list(person.departments.iter().copied());
    if database::row(connection, &sql).await?.is_some() {
        return Ok(true);
    }
    let sql = Sql::with("SELECT replies FROM comment WHERE object_id = $1 AND replies IS NOT NULL", [standing.task_id.into()]);
    for row in database::rows(connection, &sql).await? {
        let mut text = Vec::new();
        database::write_value(&mut text, &row, 0, Kind::Json)?;
        let replies: Value = serde_json::from_slice(&text)?;
        let names = |reply: &Value, key: &str, wanted: &dyn Fn(Uuid) -> bool| {
            reply[key].as_array().into_iter().flatten().filter_map(|id| id.as_str().and_then(parse_id)).any(wanted)
        };
        let mentioned = replies.as_array().into_iter().flatten().any(|reply| {
            names(reply, "mentions", &|id| id == person.id) || names(reply, "department_mentions", &|id| person.departments.contains(&id))
        });
        if mentioned {
            return Ok(true);
        }
    }
    Ok(false)
}
