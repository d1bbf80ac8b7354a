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

/// Rows that were taken over.
pub(super) struct Imported<'a> {
    pub resource: &'a dyn Resource,
    pub ids: &'a [Uuid],
    /// Former ids of those that were there, by their ids from now on.
    pub known: &'a HashMap<Uuid, Uuid>,
    /// Productions that they belong to.
    pub homes: &'a HashMap<Uuid, Option<Uuid>>,
}

impl Imported<'_> {
    /// The word for what happened to a row.
    fn what(&self, id: Uuid) -> &'static str {
        if self.known.contains_key(&id) { "update" } else { "new" }
    }

    fn home(&self, id: Uuid) -> Option<Uuid> {
        self.homes.get(&id).copied().flatten()
    }
}

/// Emits the event of each row, in their order, with the production that it belongs to.
///
/// # Errors
/// The database does not answer.
pub(super) async fn emit_imported(work: &mut Work<'_>, imported: &Imported<'_>) -> Result<(), Failure> {
    match imported.resource.table().name {
        "entity" => emit_entities(work, imported).await,
        "notification" => emit_notifications(work, imported).await,
        "comment" => emit_comments(work, imported).await,
        _ => {
            emit_records(work, imported);
            Ok(())
        }
    }
}

async fn emit_entities(work: &mut Work<'_>, imported: &Imported<'_>) -> Result<(), Failure> {
    let kinds: HashMap<Uuid, EntityKind> = find_entities(&**work, imported.ids)
        .await?
        .into_iter()
        .map(|entity| (entity.id, entity.kind))
        .collect();
    for id in imported.ids {
        let kind = kinds.get(id).copied().unwrap_or(EntityKind::Asset);
        // The second key is how older servers write it.
        let old_key = format!("{}_id", kind.type_name());
        let about = payload([(kind.id_key(), *id), (old_key.as_str(), *id)]);
        work.emit_in(
            imported.home(*id),
            format!("{}:{}", kind.word(), imported.what(*id)),
            about,
        );
    }
    Ok(())
}

async fn emit_notifications(work: &mut Work<'_>, imported: &Imported<'_>) -> Result<(), Failure> {
    let persons = persons(work, imported.ids).await?;
    for id in imported.ids {
        let Some(person) = persons.get(id) else { continue };
        let mut about = payload([("notification_id", *id)]);
        about.insert("project_id".into(), json!(imported.home(*id)));
        work.emit_to(*person, format!("notification:{}", imported.what(*id)), about);
    }
    Ok(())
}

async fn emit_comments(work: &mut Work<'_>, imported: &Imported<'_>) -> Result<(), Failure> {
    for comment in comments(work, imported.ids).await? {
        work.tell_of_comment(
            imported.home(comment.id),
            imported.what(comment.id),
            comment,
            Payload::default(),
        );
    }
    Ok(())
}

/// Emits the events of rows that are called by the name of their collection.
fn emit_records(work: &mut Work<'_>, imported: &Imported<'_>) {
    let prefix = imported.resource.event_prefix();
    let key = format!("{}_id", prefix.replace('-', "_"));
    let are_productions = Belonging::of(imported.resource.table().name) == Belonging::Itself;
    for id in imported.ids {
        let name = format!("{prefix}:{}", imported.what(*id));
        if are_productions {
            work.emit_of_production(*id, name);
        } else {
            work.emit_in(imported.home(*id), name, payload([(key.as_str(), *id)]));
        }
    }
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
