//! Comments of clients, posted again by somebody of the studio.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::ClientCommentsToCopy;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::drafts::Draft;
use super::writing::store_as;
use crate::access::comments::by_client;
use crate::app::App;
use crate::database::{self, Sql};

/// The latest comment of a client on a task.
#[derive(FromQueryResult)]
struct ClientComment {
    task_id: Uuid,
    task_status_id: Option<Uuid>,
    text: Option<String>,
}

/// Posts the latest client comment of each task again, with the task's status of now, and gives the new comments as JSON. Tasks
/// of other productions, and those that no client commented, are left out.
///
/// # Errors
/// 400 for a retake beyond the limit; nothing is stored then.
pub async fn repost(app: &App, access: &ProjectManager, body: &ClientCommentsToCopy) -> Result<Vec<u8>, Failure> {
    let mut sql = Sql::new(format!(
        "SELECT task_id, task_status_id, text FROM (SELECT t.id AS task_id, t.task_status_id, c.text, \
         ROW_NUMBER() OVER (PARTITION BY t.id ORDER BY c.created_at DESC, c.id) AS place FROM task t JOIN comment c ON c.object_id = t.id WHERE {} \
         AND t.project_id = ",
        by_client("c.person_id", "t.project_id")
    ));
    sql.bind(access.project_id())
        .push(" AND t.id")
        .among(&body.task_ids)
        .push(") latest WHERE place = 1");
    let found: Vec<ClientComment> = database::read_all(&app.database, &sql).await?;
    let mut found: HashMap<Uuid, ClientComment> = found.into_iter().map(|comment| (comment.task_id, comment)).collect();
    let prefix = body.prefix.as_deref().unwrap_or_default();
    let mut seen = HashSet::new();
    let ids = body.task_ids.iter().filter(|id| seen.insert(**id));
    let drafts: Vec<Draft> = ids
        .filter_map(|id| found.remove(id))
        .map(|comment| draft(access.person.id, prefix, comment))
        .collect();
    if drafts.is_empty() {
        return Ok(b"[]".to_vec());
    }
    let (_, text) = store_as(app, Some(access.person.id), access.person.id, &drafts).await?;
    Ok(text)
}

fn draft(author_id: Uuid, prefix: &str, comment: ClientComment) -> Draft {
    let text = comment.text.unwrap_or_default();
    let text = if prefix.is_empty() {
        text
    } else {
        format!("{prefix}\n\n{text}")
    };
    Draft::new(comment.task_id, comment.task_status_id, text, author_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_above_the_text() {
        let comment = |text: Option<&str>| ClientComment {
            task_id: Uuid::nil(),
            task_status_id: None,
            text: text.map(str::to_owned),
        };
        assert_eq!(
            draft(Uuid::nil(), "The client:", comment(Some("Too dark"))).text,
            "The client:\n\nToo dark"
        );
        assert_eq!(draft(Uuid::nil(), "The client:", comment(None)).text, "The client:\n\n");
        assert_eq!(draft(Uuid::nil(), "", comment(Some("Too dark"))).text, "Too dark");
    }
}
