//! What happened on the tasks of an entity, newest first.

use dailies_definitions::access::{EntityReader, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use crate::comments::visibility::{Seen, Sight, Viewer};
use crate::database::{Database, Field, RowWriter, Sql, write_value};

/// Most news in an answer.
const LIMIT: usize = 2000;

const TEXT: Kind = Kind::Text { max: None };

/// Keys of a piece of news, their SQL, and what they hold.
const FIELDS: [(&str, &str, Kind); 17] = [
    ("id", "n.id", Kind::Uuid),
    ("author_id", "n.author_id", Kind::Uuid),
    ("comment_id", "n.comment_id", Kind::Uuid),
    ("task_id", "n.task_id", Kind::Uuid),
    ("task_type_id", "t.task_type_id", Kind::Uuid),
    ("task_status_id", "c.task_status_id", Kind::Uuid),
    ("task_entity_id", "t.entity_id", Kind::Uuid),
    ("preview_file_id", "n.preview_file_id", Kind::Uuid),
    ("preview_file_extension", "pf.extension", TEXT),
    ("preview_file_revision", "pf.revision", Kind::Integer),
    ("project_id", "t.project_id", Kind::Uuid),
    ("project_name", "p.name", TEXT),
    ("created_at", "n.created_at", Kind::DateTime),
    ("change", "n.change", Kind::Bool),
    ("full_entity_name", FULL_NAME, TEXT),
    ("episode_id", EPISODE, Kind::Uuid),
    ("entity_preview_file_id", "e.preview_file_id", Kind::Uuid),
];

/// Name of the entity behind those of what it is part of, or behind its type.
const FULL_NAME: &str = "CASE et.name WHEN 'Shot' THEN COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name \
     WHEN 'Sequence' THEN COALESCE(sq.name || ' / ', '') || e.name WHEN 'Episode' THEN e.name ELSE et.name || ' / ' || e.name END";

/// Episode of the entity. Only assets and shots have a source, and that of an asset is its main episode.
const EPISODE: &str = "CASE et.name WHEN 'Shot' THEN sq.parent_id WHEN 'Sequence' THEN e.parent_id ELSE e.source_id END";

const PERSON: [(&str, &str, Kind); 6] = [
    ("id", "a.id", Kind::Uuid),
    ("first_name", "a.first_name", TEXT),
    ("last_name", "a.last_name", TEXT),
    ("full_name", "TRIM(a.first_name || ' ' || a.last_name)", TEXT),
    ("has_avatar", "a.has_avatar", Kind::Bool),
    ("role", "a.role", TEXT),
];

const TABLES: &str = "FROM news n JOIN task t ON t.id = n.task_id JOIN project p ON p.id = t.project_id JOIN entity e ON e.id = t.entity_id \
     JOIN entity_type et ON et.id = e.entity_type_id JOIN person a ON a.id = n.author_id \
     LEFT JOIN project_person_link l ON l.project_id = t.project_id AND l.person_id = n.author_id LEFT JOIN entity sq ON sq.id = e.parent_id \
     LEFT JOIN entity ep ON ep.id = sq.parent_id LEFT JOIN comment c ON c.id = n.comment_id \
     LEFT JOIN preview_file pf ON pf.id = n.preview_file_id WHERE t.entity_id = $1";

/// What decides who sees a piece of news, behind the other columns.
const SIGHT: [&str; 4] = ["COALESCE(l.role, a.role)", "a.role", "c.for_client", "COALESCE(p.is_clients_isolated, false)"];

/// The news of an entity that the caller may see, as a page which has all that fit.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_entity(database: &Database, access: &EntityReader, entity_id: Uuid) -> Result<Vec<u8>, Failure> {
    let columns: Vec<&str> = FIELDS.iter().chain(&PERSON).map(|(_, sql, _)| *sql).chain(SIGHT).collect();
    let sql = Sql::with(format!("SELECT {} {TABLES} ORDER BY n.created_at DESC, n.id", columns.join(", ")), [entity_id.into()]);
    let writer = RowWriter::new(FIELDS.iter().map(|(key, _, kind)| Field::new(*key, *kind)));
    let mut out = b"{\"data\":[".to_vec();
    let mut total = 0;
    for row in database.rows(&sql).await? {
        let Some(knows_author) = sees(access, &row)? else {
            continue;
        };
        total += 1;
        if total > LIMIT {
            continue;
        }
        out.extend_from_slice(if total > 1 { b",{" } else { b"{" });
        writer.write(&mut out, &row)?;
        if knows_author {
            for (at, (key, _, kind)) in PERSON.iter().enumerate() {
                out.extend_from_slice(if at > 0 { b",\"" } else { b",\"person\":{\"" });
                out.extend_from_slice(key.as_bytes());
                out.extend_from_slice(b"\":");
                write_value(&mut out, &row, FIELDS.len() + at, *kind)?;
            }
            out.push(b'}');
        } else {
            out.extend_from_slice(b",\"person\":null");
        }
        out.extend_from_slice(b",\"type\":\"News\"}");
    }
    let pages = total.div_ceil(LIMIT);
    out.extend_from_slice(format!("],\"total\":{total},\"nb_pages\":{pages},\"limit\":{LIMIT},\"offset\":0,\"page\":1}}").as_bytes());
    Ok(out)
}

/// Whether the caller sees a piece of news, and whether they are told who it is from.
fn sees(access: &EntityReader, row: &QueryResult) -> Result<Option<bool>, DbErr> {
    let first = FIELDS.len() + PERSON.len();
    let role = |index: usize| row.try_get_by_index::<String>(index).map(|code| Role::from_code(&code));
    let author_id: Uuid = row.try_get_by_index(1)?;
    // A team's list does not make administrators.
    let author_role = match (role(first)?, role(first + 1)?) {
        (Role::Admin, global) | (_, global @ Role::Admin) => global,
        (own, _) => own,
    };
    let for_client = row.try_get_by_index::<Option<bool>>(first + 2)?.unwrap_or_default();
    let viewer = Viewer { person_id: access.person.id, role: access.role(), clients_isolated: row.try_get_by_index(first + 3)? };
    let has_preview = row.try_get_by_index::<Option<Uuid>>(7)?.is_some();
    let seen = match viewer.sight(Seen { author_id, author_role, for_client }) {
        Sight::Whole => true,
        Sight::Previews => has_preview,
        Sight::Nothing => false,
    };
    Ok(seen.then(|| viewer.knows(author_id, author_role)))
}
