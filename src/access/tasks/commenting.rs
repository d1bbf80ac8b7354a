//! Rule about who comments a task: those who act on it, and those whom its comments mention.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::facts::Kind;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use uuid::Uuid;

use super::{ACT, TaskRelation};
use crate::access::roles::MEMBER_NOT_VENDOR;
use crate::database::{self, Sql};

/// `task-commenter`: whoever may act on the task, and whoever its comments mention as long as the status stays.
///
/// # Errors
/// 403 for everybody else.
pub async fn task_commenter(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    relation: &TaskRelation,
    keeps_status: bool,
) -> Result<(), Failure> {
    let may = relation.allows(&ACT) || (keeps_status && is_mentioned(connection, caller, relation).await?);
    if may { Ok(()) } else { Err(Failure::forbidden()) }
}

/// True if the caller is mentioned in a comment of the task or a reply to one, alone or with a department. Vendors and
/// those outside of the team never count.
///
/// # Errors
/// The database does not answer.
pub async fn is_mentioned(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    relation: &TaskRelation,
) -> Result<bool, Failure> {
    if !relation.role.allows(&MEMBER_NOT_VENDOR) {
        return Ok(false);
    }
    let person = &caller.person;
    let mut sql = Sql::new("SELECT 1 FROM comment c JOIN comment_mentions m ON m.comment = c.id WHERE m.person = ");
    sql.bind(person.id).push(" AND c.object_id = ").bind(relation.task_id);
    sql.push(
        " UNION SELECT 1 FROM comment c JOIN comment_department_mentions d ON d.comment = c.id WHERE c.object_id = ",
    );
    sql.bind(relation.task_id)
        .push(" AND d.department IN ")
        .bind_list(person.departments.iter().copied());
    if database::row(connection, &sql).await?.is_some() {
        return Ok(true);
    }
    let sql = Sql::with(
        "SELECT replies FROM comment WHERE object_id = $1 AND replies IS NOT NULL",
        [relation.task_id.into()],
    );
    for row in database::rows(connection, &sql).await? {
        let mut text = Vec::new();
        database::write_column(&mut text, &row, "replies", Kind::Json)?;
        let replies: Value = serde_json::from_slice(&text)?;
        let names = |reply: &Value, key: &str, wanted: &dyn Fn(Uuid) -> bool| {
            reply[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|id| id.as_str().and_then(parse_id))
                .any(wanted)
        };
        let mentioned = replies.as_array().into_iter().flatten().any(|reply| {
            names(reply, "mentions", &|id| id == person.id)
                || names(reply, "department_mentions", &|id| person.departments.contains(&id))
        });
        if mentioned {
            return Ok(true);
        }
    }
    Ok(false)
}
