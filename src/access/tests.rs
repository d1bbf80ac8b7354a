//! The rules of the contract are all here, and nobody else says again what a rule says.

use dailies_definitions::rules::RecordRule;

use super::records::{Statement, statement};
use crate::rooms::all_sources;

/// Marks of a rule that is written outside of this room, and the files that may have them, because there it is no rule:
/// the list of a team or of assignees as data, settings, and what a role is shown of the studio.
const MARKS: [(&[&str], &[&str]); 5] = [
    (
        &["project_person_link"],
        &[
            // Teams as they are kept, listed, left and removed.
            "comments/posting_context.rs",
            "comments/mentions.rs",
            "people/colleagues.rs",
            "people/removal.rs",
            "productions/collections/projects.rs",
            "productions/preview_account.rs",
            "productions/removal.rs",
            "productions/rows.rs",
            "productions/team.rs",
            "productions/time.rs",
            // A copy of another instance keeps the roles of its teams.
            "pulling/settings.rs",
            "sources/shotgrid/connections.rs",
            "tasks/assignment.rs",
            "user/context.rs",
        ],
    ),
    (
        &["task_person_link"],
        &[
            // Assignees as they are kept, listed, counted and told.
            "entities/details.rs",
            "entities/own_work.rs",
            "entities/with_tasks.rs",
            "entities/work_lists.rs",
            "export/entities.rs",
            "export/studio.rs",
            "imports/task_columns.rs",
            "notifications/recipients.rs",
            "people/colleagues.rs",
            "people/removal.rs",
            "quotas/project.rs",
            "schedules/versions.rs",
            "sources/shotgrid/kinds.rs",
            "sources/shotgrid/removal.rs",
            "tasks/assignment.rs",
            "tasks/collections/tasks.rs",
            "tasks/dates.rs",
            "tasks/full.rs",
            "tasks/open_tasks.rs",
            "tasks/removal.rs",
            "tasks/rows.rs",
            "tasks/to_check.rs",
            "tasks/todo.rs",
        ],
    ),
    (
        &[
            "Role::Vendor",
            "Role::Client",
            "'vendor'",
            "'client'",
            "(m.role",
            ".role, 'admin')",
            "l.role ",
            "l.role,",
        ],
        &[
            // Statuses that each role may set.
            "tasks/statuses.rs",
            // Previews that are left out for clients, who see those of comments that they see.
            "comments/listing.rs",
            "comments/reading.rs",
            // The list of a team, and of one's own roles.
            "productions/team.rs",
            "user/context.rs",
        ],
    ),
    (&["department_metadata_descriptor_link v", ".for_client = true"], &[]),
    (
        // The role in the studio, where none in a production is meant.
        &["caller.person.role"],
        &[
            "crud/engine.rs",
            "people/time_spent.rs",
            "people/time_tables.rs",
            "tasks/dates.rs",
        ],
    ),
];

/// The text of a source without its tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn nobody_else_states_a_rule() {
    let sources = all_sources();
    assert!(sources.len() > 200, "the sources are not there");
    let mut problems = Vec::new();
    let mut needed = Vec::new();
    for (name, text) in sources {
        if name.starts_with("access/") || name.starts_with("demo/") {
            continue;
        }
        let code = code(&text);
        for (group, (marks, allowed)) in MARKS.into_iter().enumerate() {
            let found: Vec<&&str> = marks.iter().filter(|mark| code.contains(**mark)).collect();
            if let Some(place) = allowed.iter().find(|allowed| **allowed == name) {
                needed.extend((!found.is_empty()).then_some((group, *place)));
            } else if !found.is_empty() {
                problems.push(format!(
                    "{name} has {found:?}: ask src/access instead, or add the file to the list if it states no rule"
                ));
            }
        }
    }
    let listed = MARKS
        .iter()
        .enumerate()
        .flat_map(|(group, (_, allowed))| allowed.iter().map(move |name| (group, *name)));
    problems.extend(
        listed
            .filter(|place| !needed.contains(place))
            .map(|(_, name)| format!("{name} has no mark any longer: take it off the list")),
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_rule_that_the_contract_names_is_here() {
    let here: Vec<(String, String)> = all_sources()
        .into_iter()
        .filter(|(path, _)| path.starts_with("access/"))
        .collect();
    for rule in RecordRule::ALL {
        if matches!(statement(rule), Statement::Function) {
            let function = format!("fn {}(", rule.name().replace('-', "_"));
            assert!(
                here.iter().any(|(_, text)| text.contains(&function)),
                "the rule {} has no function in src/access",
                rule.name()
            );
        }
    }
}
