//! The time that people log: who learns of it, and who logs.

use dailies_definitions::access::{Person, Role};
use uuid::Uuid;

use super::reach::Reach;
use super::rule::{EVERYBODY, LEADERS, QueriedRecords, Rule, STAFF};
use crate::database::Sql;

/// Facts of logged time that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoursFact {
    /// It is the person's own.
    Own,
    /// The person looks after tasks of its type.
    Supervised,
}

/// Rule about the time that one person logs.
pub type HoursRule = Rule<HoursFact>;

/// Rule about who learns how long others work on a task: the team, but clients and vendors learn of their own time
/// only.
pub const READ: HoursRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Client, Role::Vendor]), Rule::Fact(HoursFact::Own)]),
]);

/// Rule about who learns how long everybody worked on a production: those who lead it. Others in the team learn of
/// their own time.
pub const READ_OF_PRODUCTION: HoursRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&LEADERS),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(HoursFact::Own)]),
]);

/// Rule about who learns what a person works, all tasks together: the person, managers, and supervisors of the
/// departments.
pub const READ_OF_PERSON: HoursRule = Rule::Any(&[
    Rule::Admin,
    Rule::Fact(HoursFact::Own),
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&[Role::Supervisor]), Rule::Fact(HoursFact::Supervised)]),
]);

/// `time-logger`: the person, from within the team, and managers.
pub const LOG: HoursRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(HoursFact::Own)]),
]);

/// Logged time of a query: `time` and `task` are the names of the tables there.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    pub time: &'static str,
    pub task: &'static str,
}

impl QueriedRecords<HoursFact> for Hours {
    fn project(&self) -> String {
        format!("{}.project_id", self.task)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: HoursFact) {
        match fact {
            HoursFact::Own => {
                sql.push(&format!("{}.person_id = ", self.time)).bind(person.id);
            }
            HoursFact::Supervised if person.departments.is_empty() => {
                sql.push("1 = 1");
            }
            HoursFact::Supervised => {
                sql.push(&format!(
                    "{}.task_type_id IN (SELECT y.id FROM task_type y WHERE y.department_id IN ",
                    self.task
                ));
                sql.bind_list(person.departments.iter().copied()).push(")");
            }
        }
    }
}

/// The time that somebody learns of in a list.
#[derive(Clone, Debug)]
pub struct VisibleHours {
    reach: Reach,
    rule: HoursRule,
}

impl VisibleHours {
    /// Logged time that a rule allows in a reach.
    #[must_use]
    pub fn new(reach: Reach, rule: HoursRule) -> Self {
        Self { reach, rule }
    }

    /// True if the person learns of nobody else's time, whoever it is.
    #[must_use]
    pub fn leads_nowhere(&self) -> bool {
        self.reach.person().role != Role::Admin && self.reach.projects_as(&LEADERS).is_empty()
    }

    /// Adds the condition on the time `s` on tasks `t`, with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql) {
        self.rule.restrict(sql, &self.reach, &Hours { time: "s", task: "t" });
    }
}

/// True if a rule allows somebody with this role in the production to deal with the time of a person. Nothing is said of
/// departments.
#[must_use]
pub fn allows(rule: &HoursRule, role: super::ProjectRole, caller_id: Uuid, person_id: Uuid) -> bool {
    rule.allows(role, &|fact| fact == HoursFact::Own && caller_id == person_id)
}
