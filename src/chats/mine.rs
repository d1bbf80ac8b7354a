//! The conversations that the caller takes part in.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::UserChat;
use entity::facts::Kind;
use sea_orm::FromQueryResult;

use crate::access::entities::{Entities, READ};
use crate::app::App;
use crate::database::{Field, RecordWriter, Sql, stream_array, write_text};
use crate::vocabulary::entity_names::{ENTITY_COLUMNS, ENTITY_PARENTS, EntityNames};

/// Those about entities of open productions that the caller may still read, the latest message first.
pub(super) async fn list(app: &App, caller: &Caller) -> Result<Json<Vec<UserChat>>, Failure> {
    let keys = [
        ("c.id", "id", Kind::Uuid),
        ("c.object_id", "object_id", Kind::Uuid),
        ("c.last_message", "last_message", Kind::DateTime),
        ("e.project_id", "project_id", Kind::Uuid),
        ("e.preview_file_id", "preview_file_id", Kind::Uuid),
    ];
    let writer = RecordWriter::select(
        keys.map(|(sql, key, kind)| (sql.to_owned(), Field::new(key, kind))),
        None,
    );
    let mut sql = Sql::with(
        format!(
            "SELECT {}, {ENTITY_COLUMNS} FROM chat_participant m JOIN chat c ON c.id = m.chat_id JOIN entity e ON e.id = c.object_id \
             {ENTITY_PARENTS} JOIN project p ON p.id = e.project_id JOIN project_status s ON s.id = p.project_status_id \
             WHERE s.name = 'Open' AND m.person_id = $1",
            writer.columns()
        ),
        [caller.person.id.into()],
    );
    READ.restrict_in_teams(&mut sql, &caller.person, &Entities { table: "e", kind: None });
    sql.push(" ORDER BY c.last_message IS NULL, c.last_message DESC, c.id");
    let sent = stream_array(&app.database, sql, move |out, row| {
        writer.write_open(out, row)?;
        out.extend_from_slice(b",\"entity_name\":");
        write_text(out, &EntityNames::from_query_result(row, "")?.full());
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}
