//! Rows and files that go with a person who is deleted by force.

use dailies_definitions::failure::Failure;
use uuid::Uuid;

use crate::comments::removal::remove_comments;
use crate::database::{self, Sql};
use crate::events::Work;

/// Rows that are nothing without the person.
const REMOVED: [(&str, &str); 18] = [
    ("comment_acknoledgments", "person"),
    ("comment_mentions", "person"),
    ("notification", "person_id"),
    ("notification", "author_id"),
    ("news", "author_id"),
    ("search_filter", "person_id"),
    ("search_filter_group", "person_id"),
    ("login_log", "person_id"),
    ("desktop_login_log", "person_id"),
    ("subscription", "person_id"),
    ("time_spent", "person_id"),
    ("day_off", "person_id"),
    ("project_person_link", "person_id"),
    ("task_person_link", "person_id"),
    ("chat_participant", "person_id"),
    ("production_schedule_version_task_link_person_link", "person_id"),
    ("playlist_share_link", "created_by"),
    ("api_event", "user_id"),
];

/// Rows that stay, and forget the person.
const FORGETTING_COLUMNS: [(&str, &str); 9] = [
    ("task", "assigner_id"),
    ("output_file", "person_id"),
    ("working_file", "person_id"),
    ("preview_file", "person_id"),
    ("comment", "editor_id"),
    ("entity", "created_by"),
    ("playlist", "created_by"),
    ("entity_version", "person_id"),
    ("budget_entry", "person_id"),
];

/// Removes what is nothing without the person, and makes the rest forget them. The row itself stays for the caller. A chat
/// message keeps its author: while there is one, the row can't be removed.
///
/// # Errors
/// The database refuses; nothing has happened then.
pub async fn detach(work: &mut Work<'_>, person_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT id FROM comment WHERE person_id = $1", [person_id.into()]);
    let comments: Vec<Uuid> = database::read_values(&**work, &sql).await?;
    remove_comments(work, &comments).await?;
    // The time that others spent is left.
    let sql = Sql::with(
        "UPDATE task SET duration = COALESCE((SELECT SUM(s.duration) FROM time_spent s WHERE s.task_id = task.id AND s.person_id <> $1), 0.0), \
         updated_at = $2 WHERE id IN (SELECT r.task_id FROM time_spent r WHERE r.person_id = $1)",
        [person_id.into(), database::now().into()],
    );
    database::execute(&**work, &sql).await?;
    // Filters that others keep in the person's groups stay theirs.
    let sql = Sql::with(
        "UPDATE search_filter SET search_filter_group_id = NULL \
         WHERE search_filter_group_id IN (SELECT g.id FROM search_filter_group g WHERE g.person_id = $1) AND person_id <> $1",
        [person_id.into()],
    );
    database::execute(&**work, &sql).await?;
    for (table, column) in REMOVED {
        let sql = Sql::with(format!("DELETE FROM {table} WHERE {column} = $1"), [person_id.into()]);
        database::execute(&**work, &sql).await?;
    }
    for (table, column) in FORGETTING_COLUMNS {
        let sql = Sql::with(
            format!("UPDATE {table} SET {column} = NULL WHERE {column} = $1"),
            [person_id.into()],
        );
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::TABLES;

    use super::*;

    /// Columns in neither list: comments go with all that hangs on them, departments go with the row of the person, and chat
    /// messages keep it.
    const ELSEWHERE: [(&str, &str); 3] = [
        ("comment", "person_id"),
        ("department_link", "person_id"),
        ("chat_message", "person_id"),
    ];

    #[test]
    fn nothing_that_refers_to_a_person_is_forgotten() {
        let mut stated: Vec<(&str, &str)> = REMOVED.into_iter().chain(FORGETTING_COLUMNS).chain(ELSEWHERE).collect();
        let referring = TABLES.iter().copied().flat_map(|table| {
            let columns = table.columns.iter();
            columns
                .filter(|column| column.targets().contains(&"person"))
                .map(move |column| (table.name, column.name))
        });
        let mut there: Vec<(&str, &str)> = referring.collect();
        stated.sort_unstable();
        there.sort_unstable();
        assert_eq!(stated, there);
    }
}
