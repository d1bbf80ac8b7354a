//! Facts about tasks that clients are not told: who does them, and how they are planned.

use std::collections::HashSet;

use dailies_definitions::access::Role;
use uuid::Uuid;

use super::data_mask::Metadata;
use super::reach::Reach;
use crate::database::Sql;

/// Keys of tasks, with what clients get in the place of their values.
const BLANKS: [(&str, &str); 20] = [
    ("assignees", "[]"),
    ("assigner_id", "null"),
    ("completion_rate", "0"),
    ("difficulty", "null"),
    ("done_date", "null"),
    ("due_date", "null"),
    ("duration", "0.0"),
    ("end_date", "null"),
    ("estimation", "0.0"),
    ("last_comment_date", "null"),
    ("nb_assets_ready", "0"),
    ("nb_drawings", "0"),
    ("priority", "0"),
    ("real_start_date", "null"),
    ("retake_count", "0"),
    ("start_date", "null"),
    // The same by the names that lists across productions have for it.
    ("task_due_date", "null"),
    ("task_duration", "0.0"),
    ("task_estimation", "0.0"),
    ("task_start_date", "null"),
];

/// Value that clients get in the place of the value of a key of tasks, where they are not told it.
#[must_use]
pub fn blank(key: &str) -> Option<&'static str> {
    BLANKS.iter().find(|(name, _)| *name == key).map(|(_, blank)| *blank)
}

/// True if somebody with this role in a production is told how work there is planned: everybody but clients is.
#[must_use]
pub fn are_told(role: Role) -> bool {
    role != Role::Client
}

/// The productions in which somebody is a client.
#[derive(Clone, Debug)]
pub struct PlanMask {
    projects: HashSet<Uuid>,
}

impl PlanMask {
    /// Plans that are hidden in the productions of a reach; nothing where the person is no client.
    #[must_use]
    pub fn of(reach: &Reach) -> Option<Self> {
        let projects: HashSet<Uuid> = reach.as_client().into_iter().collect();
        (!projects.is_empty()).then_some(Self { projects })
    }

    /// True if plans are left out in a production.
    #[must_use]
    pub fn covers(&self, project_id: Option<Uuid>) -> bool {
        project_id.is_none_or(|id| self.projects.contains(&id))
    }

    /// Adds the condition that plans are told in the production whose id is in a column, with `AND` before it: what is chosen by
    /// them would tell them all the same.
    pub fn leave_out(&self, sql: &mut Sql, column: &str) {
        let projects: Vec<Uuid> = self.projects.iter().copied().collect();
        sql.push(&format!(" AND NOT {column}")).among(&projects);
    }

    /// Leaves out what clients are not told in a task, whose JSON object begins at a place of `out`. One that does not tell its
    /// production counts as one of those in which the person is a client.
    pub fn apply(&self, out: &mut Vec<u8>, start: usize) {
        let object = out.split_off(start);
        let mut record = Metadata::read(&object);
        let project = record.text("project_id").and_then(|id| id.parse::<Uuid>().ok());
        if !self.covers(project) {
            out.extend_from_slice(&object);
            return;
        }
        record.replace(blank);
        record.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tasks_of_productions_in_which_somebody_is_a_client_lose_their_plan() {
        let (here, elsewhere) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mask = PlanMask {
            projects: HashSet::from([here]),
        };
        let masked = |record: String| {
            let mut out = [b"[", record.as_bytes()].concat();
            mask.apply(&mut out, 1);
            String::from_utf8(out).expect("UTF-8")
        };
        let task = |id: Uuid, estimation: &str, assignees: &str| {
            format!(r#"{{"name":"main","estimation":{estimation},"project_id":"{id}","assignees":{assignees}}}"#)
        };
        assert_eq!(
            masked(task(here, "60.0", r#"["a"]"#)),
            format!("[{}", task(here, "0.0", "[]"))
        );
        assert_eq!(
            masked(task(elsewhere, "60.0", r#"["a"]"#)),
            format!("[{}", task(elsewhere, "60.0", r#"["a"]"#))
        );
        assert_eq!(
            masked(r#"{"due_date":"2026-03-02T00:00:00"}"#.into()),
            r#"[{"due_date":null}"#
        );
    }
}
