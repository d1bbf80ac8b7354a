//! Events about rows that were taken over.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::belonging::Belonging;
use serde_json::json;
use uuid::Uuid;

use crate::crud::Resource;
use crate::database::{BATCH, Sql, read_all, rows};
use crate::entities::rows::find_entities;
use crate::events::{Payload, ToldComment, Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// Emits the event of each row, in their order, with the production that it belongs to.
///
/// # Errors
/// The database does not answer.
pub(super) async fn emit_imported(
    work: &mut Work<'_>,
    resource: &dyn Resource,
    ids: &[Uuid],
    was_there: impl Fn(Uuid) -> bool,
    homes: &HashMap<Uuid, Option<Uuid>>,
) -> Result<(), Failure> {
    let table = resource.table();
    let what = |id: Uuid| if was_there(id) { "update" } else { "new" };
    match table.name {
        "entity" => {
            let kinds: HashMap<Uuid, EntityKind> = find_entities(&**work, ids)
                .await?
                .into_iter()
                .map(|entity| (entity.id, entity.kind))
                .collect();
            for id in ids {
                let kind = kinds.get(id).copied().unwrap_or(EntityKind::Asset);
                // The second key is how older servers write it.
                let old_key = format!("{}_id", kind.type_name());
                let about = payload([(kind.id_key(), *id), (old_key.as_str(), *id)]);
                work.emit_in(
                    homes.get(id).copied().flatten(),
                    format!("{}:{}", kind.word(), what(*id)),
                    about,
                );
            }
        }
        "notification" => {
            let persons = persons(work, ids).await?;
            for id in ids {
                let Some(person) = persons.get(id) else { continue };
                let mut about = payload([("notification_id", *id)]);
                about.insert("project_id".into(), json!(homes.get(id).copied().flatten()));
                work.emit_to(*person, format!("notification:{}", what(*id)), about);
            }
        }
        "comment" => {
            for comment in comments(work, ids).await? {
                work.tell_of_comment(
                    homes.get(&comment.id).copied().flatten(),
                    what(comment.id),
                    comment,
                    Payload::default(),
                );
            }
        }
        _ => {
            let prefix = resource.event_prefix();
            let key = format!("{}_id", prefix.replace('-', "_"));
            for id in ids {
                let name = format!("{prefix}:{}", what(*id));
                if Belonging::of(table.name) == Belonging::Itself {
                    work.emit_of_production(*id, name);
                } else {
                    work.emit_in(homes.get(id).copied().flatten(), name, payload([(key.as_str(), *id)]));
                }
            }
        }
    }
    Ok(())
}

/// Comments in the order of their ids in a list.
async fn comments(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<ToldComment>, Failure> {
    let mut found: HashMap<Uuid, ToldComment> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let sql = Sql::of_ids(
            "SELECT id, object_id AS task_id, person_id, for_client FROM comment WHERE id = ANY($1)",
            ids,
        );
        found.extend(
            read_all::<ToldComment>(&**work, &sql)
                .await?
                .into_iter()
                .map(|comment| (comment.id, comment)),
        );
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Persons whose notifications they are.
async fn persons(work: &Work<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Failure> {
    let mut found = HashMap::new();
    for ids in ids.chunks(BATCH) {
        for row in rows(
            &**work,
            &Sql::of_ids("SELECT id, person_id FROM notification WHERE id = ANY($1)", ids),
        )
        .await?
        {
            found.insert(row.try_get("", "id")?, row.try_get("", "person_id")?);
        }
    }
    Ok(found)
}
