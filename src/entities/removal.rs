//! Removes entities with all that depends on them, or gives them up.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::NoContent;
use sea_orm::{DbErr, SqlErr};
use uuid::Uuid;

pub use super::dependents::remove_links;
use super::dependents::remove_rows;
use super::rows::{EntityFacts, find_entities, find_entity};
use crate::access::entities::{self, EntityRelation, REMOVE};
use crate::access::project_role;
use crate::app::App;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::readiness::counts::Touched;
use crate::removal::{UnneededFiles, tell_lost_news};
use crate::tasks::removal::remove;
use crate::vocabulary::kinds::EntityKind;

/// Deletes an entity of a kind on behalf of somebody, or gives it up; see [`remove_or_cancel`].
///
/// # Errors
/// 404 when there is no such entity, 403 when the caller may not delete it, 400 when something still refers to it.
pub(super) async fn delete(
    app: &App,
    caller: &Caller,
    id: Uuid,
    kind: EntityKind,
    force: bool,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let entity = find_entity(&*work, id, kind).await?;
    entities::require(&*work, caller, id, &REMOVE).await?;
    let unneeded = remove_or_cancel(&mut work, &entity, force).await?;
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(NoContent)
}

/// Deletes several entities of a production, or gives them up. Those that were given up before are removed, and concepts
/// always are; unknown ids, entities of other productions, sequences, episodes and scenes are left alone. Says which ones
/// it dealt with, in the order in which they were named.
///
/// # Errors
/// 403 when the caller may not delete one of them; nothing is deleted then.
pub(super) async fn delete_several(
    app: &App,
    caller: &Caller,
    project_id: Uuid,
    ids: &[Uuid],
    force: bool,
) -> Result<Vec<Uuid>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let mut found: HashMap<Uuid, EntityFacts> = find_entities(&*work, ids)
        .await?
        .into_iter()
        .map(|entity| (entity.id, entity))
        .collect();
    let role = project_role(&*work, caller, project_id).await?;
    let allowed =
        |entity: &EntityFacts| EntityRelation::of_creator(caller, project_id, role, entity.created_by).allows(&REMOVE);
    if !found.values().all(allowed) {
        return Err(Failure::forbidden());
    }
    found.retain(|_, entity| {
        entity.project_id == project_id
            && !matches!(
                entity.kind,
                EntityKind::Sequence | EntityKind::Episode | EntityKind::Scene
            )
    });
    let mut done = Vec::new();
    let mut unneeded = UnneededFiles::default();
    for id in ids {
        if let Some(entity) = found.remove(id) {
            let force = force || entity.canceled || entity.kind == EntityKind::Concept;
            unneeded.extend(remove_or_cancel(&mut work, &entity, force).await?);
            done.push(*id);
        }
    }
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(done)
}

/// Effect of a deletion on one entity. Without `force`, an asset, shot, edit or concept that has tasks is given up, and
/// so is a scene that has tasks, shots, instances, a casting or files; a sequence or an episode goes only when nothing
/// refers to it. Says which stored files nobody needs after the commit.
///
/// # Errors
/// 400 when something still refers to a sequence or an episode.
pub async fn remove_or_cancel(
    work: &mut Work<'_>,
    entity: &EntityFacts,
    force: bool,
) -> Result<UnneededFiles, Failure> {
    if force {
        return remove_entities(work, &[entity.id]).await;
    }
    if matches!(entity.kind, EntityKind::Sequence | EntityKind::Episode) {
        return remove_unused(work, entity).await.map(|()| UnneededFiles::default());
    }
    if is_in_use(work, entity).await? {
        cancel(work, entity).await?;
        return Ok(UnneededFiles::default());
    }
    remove_entities(work, &[entity.id]).await
}

/// True if something would be lost with an entity: its tasks, and of a scene what was made from it, too.
async fn is_in_use(work: &Work<'_>, entity: &EntityFacts) -> Result<bool, DbErr> {
    let places: &[(&str, &str)] = if entity.kind == EntityKind::Scene {
        &USES_OF_SCENES
    } else {
        &[("task", "entity_id")]
    };
    let uses: Vec<String> = places
        .iter()
        .map(|(table, column)| format!("EXISTS (SELECT 1 FROM {table} WHERE {column} = $1)"))
        .collect();
    let sql = Sql::with(format!("SELECT 1 WHERE {}", uses.join(" OR ")), [entity.id.into()]);
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// Tables whose rows keep a scene from being removed, with the column that names it.
const USES_OF_SCENES: [(&str, &str); 7] = [
    ("task", "entity_id"),
    ("entity", "source_id"),
    ("asset_instance", "scene_id"),
    ("entity_link", "entity_in_id"),
    ("output_file", "entity_id"),
    ("output_file", "temporal_entity_id"),
    ("working_file", "entity_id"),
];

/// Gives an entity up: it stays with its tasks. Clients are told that a scene is gone, which they know in no other way.
///
/// # Errors
/// The database does not answer.
pub async fn cancel(work: &mut Work<'_>, entity: &EntityFacts) -> Result<(), Failure> {
    database::update(
        &**work,
        &entity::entity::TABLE,
        entity.id,
        vec![("canceled", true.into())],
    )
    .await?;
    emit_entity(
        work,
        entity,
        if entity.kind == EntityKind::Scene {
            "delete"
        } else {
            "update"
        },
    );
    if entity.kind == EntityKind::Asset {
        Touched::by(&**work, &[entity.id]).await?.settle(work).await?;
    }
    Ok(())
}

/// Removes an entity that nothing refers to.
async fn remove_unused(work: &mut Work<'_>, entity: &EntityFacts) -> Result<(), Failure> {
    let sql = Sql::with("DELETE FROM entity WHERE id = $1", [entity.id.into()]);
    match database::execute(&**work, &sql).await {
        Ok(_) => {
            emit_entity(work, entity, "delete");
            Ok(())
        }
        Err(error) if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) => Err(
            Failure::refused(format!("Some data are still linked to this {}.", entity.kind.word())),
        ),
        Err(error) => Err(error.into()),
    }
}

/// Removes entities of any kind with all that depends on them: their tasks, castings, links with concepts, versions,
/// subscriptions, files, asset instances and bars in the schedule. The shots and scenes of a sequence go along, and so
/// do the sequences, edits, native assets and playlists of an episode. Tells of all news, tasks and entities that go; then
/// what cast one of them is counted anew. Unknown ids mean nothing. Says which stored files nobody needs after the commit.
///
/// # Errors
/// The database refuses; nothing is removed then.
pub async fn remove_entities(work: &mut Work<'_>, ids: &[Uuid]) -> Result<UnneededFiles, Failure> {
    let leaving = family(work, ids).await?;
    let all: Vec<Uuid> = leaving.iter().map(|entity| entity.id).collect();
    let touched = Touched::by(&**work, &all).await?;
    let tasks = tasks_of(work, &all).await?;
    let leaving_tasks: Vec<Uuid> = leaving
        .iter()
        .filter_map(|entity| tasks.get(&entity.id))
        .flatten()
        .copied()
        .collect();
    tell_lost_news(work, "task_id", &leaving_tasks).await?;
    let mut removed = remove(work, &leaving_tasks).await?;
    for entity in &leaving {
        for task_id in tasks.get(&entity.id).into_iter().flatten() {
            removed.emit_delete(work, *task_id);
        }
        emit_entity(work, entity, "delete");
    }
    removed.settle(work).await?;
    let mut unneeded = removed.unneeded;
    for ids in all.chunks(BATCH) {
        unneeded.extend(remove_rows(work, ids).await?);
    }
    touched.settle(work).await?;
    Ok(unneeded)
}

fn emit_entity(work: &mut Work<'_>, entity: &EntityFacts, what: &str) {
    work.emit_in(
        entity.project_id,
        format!("{}:{what}", entity.kind.word()),
        payload([(entity.kind.id_key(), entity.id)]),
    );
}

/// The entities with these ids and all that go along with them, what is part of another one before it.
async fn family(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<EntityFacts>, DbErr> {
    let mut roots: HashMap<Uuid, EntityFacts> = find_entities(&**work, ids)
        .await?
        .into_iter()
        .map(|entity| (entity.id, entity))
        .collect();
    let mut members: HashMap<Uuid, Vec<EntityFacts>> = HashMap::new();
    let mut groups: Vec<Uuid> = roots
        .values()
        .filter(|entity| is_group(entity.kind))
        .map(|entity| entity.id)
        .collect();
    let mut seen: HashSet<Uuid> = groups.iter().copied().collect();
    while !groups.is_empty() {
        let found = members_of(work, &groups).await?;
        groups = found
            .iter()
            .filter(|(_, entity)| is_group(entity.kind) && seen.insert(entity.id))
            .map(|(_, entity)| entity.id)
            .collect();
        for (group, entity) in found {
            members.entry(group).or_default().push(entity);
        }
    }
    let mut leaving = Vec::new();
    let mut gone = HashSet::new();
    for id in ids {
        if let Some(root) = roots.remove(id) {
            leave(root, &mut members, &mut gone, &mut leaving);
        }
    }
    Ok(leaving)
}

fn is_group(kind: EntityKind) -> bool {
    matches!(kind, EntityKind::Sequence | EntityKind::Episode)
}

/// Puts an entity behind its members.
fn leave(
    entity: EntityFacts,
    members: &mut HashMap<Uuid, Vec<EntityFacts>>,
    gone: &mut HashSet<Uuid>,
    leaving: &mut Vec<EntityFacts>,
) {
    if !gone.insert(entity.id) {
        return;
    }
    for member in members.remove(&entity.id).unwrap_or_default() {
        leave(member, members, gone, leaving);
    }
    leaving.push(entity);
}

/// Members of sequences and episodes that go along, each with the id of the group: sequences and shots first, then
/// scenes and edits, then the assets that belong to an episode.
async fn members_of(work: &Work<'_>, groups: &[Uuid]) -> Result<Vec<(Uuid, EntityFacts)>, DbErr> {
    let mut places: HashMap<Uuid, Uuid> = HashMap::new();
    for groups in groups.chunks(BATCH) {
        let asset = EntityKind::Asset.condition("e.entity_type_id");
        let mut sql = Sql::new(format!(
            "SELECT e.id, e.parent_id AS group_id FROM entity e WHERE NOT ({asset}) AND e.parent_id"
        ));
        sql.among(groups);
        let mut native = Sql::new(format!(
            "SELECT e.id, e.source_id AS group_id FROM entity e WHERE {asset} AND e.source_id"
        ));
        native.among(groups);
        for sql in [sql, native] {
            for row in database::rows(&**work, &sql).await? {
                places.insert(row.try_get("", "id")?, row.try_get("", "group_id")?);
            }
        }
    }
    let ids: Vec<Uuid> = places.keys().copied().collect();
    let mut found = find_entities(&**work, &ids).await?;
    found.sort_by(|a, b| (turn(a.kind), &a.name, a.id).cmp(&(turn(b.kind), &b.name, b.id)));
    Ok(found
        .into_iter()
        .filter_map(|entity| places.get(&entity.id).map(|group| (*group, entity)))
        .collect())
}

fn turn(kind: EntityKind) -> u8 {
    match kind {
        EntityKind::Shot | EntityKind::Sequence => 0,
        EntityKind::Asset => 2,
        _ => 1,
    }
}

/// Ids of tasks by entity, the oldest first.
async fn tasks_of(work: &Work<'_>, entities: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for entities in entities.chunks(BATCH) {
        let mut sql = Sql::new("SELECT entity_id, id FROM task WHERE entity_id");
        sql.among(entities).push(" ORDER BY created_at, id");
        for row in database::rows(&**work, &sql).await? {
            found
                .entry(row.try_get("", "entity_id")?)
                .or_default()
                .push(row.try_get("", "id")?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: u128, kind: EntityKind) -> EntityFacts {
        let id = Uuid::from_u128(id);
        EntityFacts {
            id,
            kind,
            name: String::new(),
            project_id: id,
            entity_type_id: id,
            parent_id: None,
            canceled: false,
            created_by: None,
        }
    }

    #[test]
    fn members_go_before_what_they_are_part_of() {
        let (episode, sequence, shot) = (
            entity(1, EntityKind::Episode),
            entity(2, EntityKind::Sequence),
            entity(3, EntityKind::Shot),
        );
        let mut members = HashMap::from([(episode.id, vec![sequence.clone()]), (sequence.id, vec![shot.clone()])]);
        let (mut gone, mut leaving) = (HashSet::new(), Vec::new());
        leave(episode.clone(), &mut members, &mut gone, &mut leaving);
        leave(shot.clone(), &mut members, &mut gone, &mut leaving);
        let ids: Vec<Uuid> = leaving.iter().map(|entity| entity.id).collect();
        assert_eq!(ids, [shot.id, sequence.id, episode.id]);
    }
}
