//! One entity with all that its page shows, in one statement, and a second one where it has tasks.

use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{DbBackend, QueryResult};
use uuid::Uuid;

use super::cells::{RowForm, Writer};
use super::layouts::EntityLayout;
use super::rows::{EntityWriter, PROJECT_NAME, RELATIONS};
use crate::access::entities::Scope;
use crate::access::metadata::{Masks, OF_TASKS, read_hidden};
use crate::database::dialect::{json_ids, json_of};
use crate::database::json::TEXT;
use crate::database::{Database, Field, RecordWriter, SelectList, Sql, write_text, write_uuid};
use crate::vocabulary::kinds::EntityKind;

/// An entity as the layout writes it with all its tasks, and then the rest.
///
/// # Errors
/// 404 when there is no such entity of the layout's kind.
pub(super) async fn with_tasks(
    database: &Database,
    layout: &EntityLayout,
    scope: &Scope,
    id: Uuid,
    rest: FurtherFacts,
) -> Result<Vec<u8>, Failure> {
    let backend = database.backend();
    let mut list = SelectList::default();
    let (project_id, data) = (list.add("e.project_id"), list.add("e.data"));
    let writer = Writer::new(layout.fields, &mut list, RowForm::Plain);
    let rest = rest.writer(backend, layout).map(|rest| (list.add_record(&rest), rest));
    let linked = layout
        .ids
        .as_ref()
        .map_or("NULL".to_owned(), |ids| ids.as_list(backend));
    let mut sql = Sql::default();
    let hidden = scope.hidden_column(&mut sql, backend);
    let place = sql.slot(id);
    sql.push(&format!(
        "SELECT {list}, {linked} AS linked_ids, {hidden} FROM {} WHERE e.id = {place} AND {}",
        layout.from,
        layout.condition(),
    ));
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(8192);
    let (project_id, columns) = (project_id.read(&row)?, read_hidden(&row)?);
    let [masks, task_masks] =
        [layout.kind.type_name(), OF_TASKS].map(|kind| Masks::among(columns.iter().cloned(), kind));
    let mut metadata = Vec::new();
    data.write(&mut metadata, &row, Kind::Json)?;
    let gap = writer.write_entity(&mut out, &row, &metadata, masks.of_project(project_id))?;
    if layout.ids.is_some() {
        out.splice(gap..gap, json_of(&row, "linked_ids")?);
    }
    out.extend_from_slice(b",\"tasks\":");
    tasks(database, layout, scope, id, task_masks.of_project(project_id), &mut out).await?;
    if let Some((first, rest)) = rest {
        out.push(b',');
        rest.write_keys(&mut out, &row, first)?;
    }
    out.push(b'}');
    Ok(out)
}

/// Facts about an entity beside those in its layout.
pub(super) enum FurtherFacts {
    /// Nothing.
    LeftOut,
    /// Its columns, save for these, the name of the production, and the related ids.
    AllBut(&'static [&'static str]),
}

impl FurtherFacts {
    /// A writer of the keys that the layout lacks.
    fn writer(&self, backend: DbBackend, layout: &EntityLayout) -> Option<RecordWriter> {
        let Self::AllBut(left_out) = self else { return None };
        let lacks = |key: &str| !layout.has(key) && !left_out.contains(&key);
        let (name, ..) = PROJECT_NAME;
        let project = (
            "(SELECT p.name FROM project p WHERE p.id = e.project_id)".to_owned(),
            Field::new(name, TEXT),
        );
        let columns = entity::entity::TABLE
            .columns
            .iter()
            .map(|column| (format!("e.\"{}\"", column.name), Field::from(column)));
        let relations = RELATIONS.iter().map(|(name, table, own, other)| {
            let ids = json_ids(
                backend,
                &format!("r.{other}"),
                &format!("{table} r WHERE r.{own} = e.id"),
            );
            (ids, Field::new(*name, Kind::Json))
        });
        Some(RecordWriter::select(
            [project]
                .into_iter()
                .chain(columns)
                .chain(relations)
                .filter(|(_, field)| lacks(&field.key)),
            None,
        ))
    }
}

/// Writes the tasks of an entity that the caller finds in lists, the oldest first, without the `hidden` fields of their metadata.
async fn tasks(
    database: &Database,
    layout: &EntityLayout,
    scope: &Scope,
    id: Uuid,
    hidden: &[String],
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let assignees = json_ids(
        database.backend(),
        "a.person_id",
        "task_person_link a WHERE a.task_id = t.id",
    );
    let mut list = SelectList::default();
    let writer = Writer::new(layout.task_fields, &mut list, RowForm::Plain);
    let mut sql = Sql::with(
        format!(
            "SELECT {list}, {assignees} AS assignees FROM task t LEFT JOIN subscription s ON s.task_id = t.id AND s.person_id = $2 \
             WHERE t.entity_id = $1"
        ),
        [id.into(), scope.person().id.into()],
    );
    scope.restrict_tasks_of_entity(&mut sql);
    sql.push(" ORDER BY t.created_at NULLS FIRST, t.id");
    // The scope is the production of the entity.
    let planless = scope.plans().is_some();
    out.push(b'[');
    for (at, row) in database.rows(&sql).await?.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let gap = writer.write_task(out, row, planless, hidden)?;
        let assignees = if planless {
            b"[]".to_vec()
        } else {
            json_of(row, "assignees")?
        };
        out.splice(gap..gap, assignees);
    }
    out.push(b']');
    Ok(())
}

/// A sequence, an episode or a scene with the names that explain it.
///
/// # Errors
/// 404 when there is no such entity of that kind.
pub(super) async fn group(database: &Database, scope: &Scope, id: Uuid, kind: EntityKind) -> Result<Vec<u8>, Failure> {
    let writer = EntityWriter::with(kind.type_name(), &[PROJECT_NAME]);
    let mut sql = Sql::default();
    let hidden = scope.hidden_column(&mut sql, database.backend());
    let place = sql.slot(id);
    let (of_episode, sequence) = if kind == EntityKind::Scene {
        ("sq.parent_id", "e.parent_id")
    } else {
        ("e.parent_id", "NULL")
    };
    sql.push(&format!(
        "SELECT {}, sq.id AS sequence_id, sq.name AS sequence_name, ep.id AS episode_id, ep.name AS episode_name, {hidden} \
         FROM entity e JOIN project p ON p.id = e.project_id LEFT JOIN entity sq ON sq.id = {sequence} LEFT JOIN entity ep ON ep.id = {of_episode} \
         WHERE e.id = {place} AND {}",
        writer.columns(),
        kind.condition("e.entity_type_id"),
    ));
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(1024);
    writer.write_without(
        &mut out,
        &row,
        Masks::among(read_hidden(&row)?, kind.type_name()).of_project(row.try_get("", "project_id")?),
    )?;
    if kind == EntityKind::Scene {
        write_parent(&mut out, &row, "sequence")?;
    }
    let has_episode = row.try_get::<Option<Uuid>>("", "episode_id")?.is_some();
    if has_episode && kind != EntityKind::Episode {
        write_parent(&mut out, &row, "episode")?;
    }
    out.push(b'}');
    Ok(out)
}

/// Writes the id and the name of what an entity is part of.
fn write_parent(out: &mut Vec<u8>, row: &QueryResult, word: &str) -> Result<(), Failure> {
    out.extend_from_slice(format!(",\"{word}_id\":").as_bytes());
    match row.try_get::<Option<Uuid>>("", &format!("{word}_id"))? {
        Some(id) => write_uuid(out, id),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(format!(",\"{word}_name\":").as_bytes());
    match row.try_get::<Option<String>>("", &format!("{word}_name"))? {
        Some(name) => write_text(out, &name),
        None => out.extend_from_slice(b"null"),
    }
    Ok(())
}
