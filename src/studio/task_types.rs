//! The order of the studio's task types.

use std::collections::HashMap;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::TaskType;
use uuid::Uuid;

use crate::app::App;
use crate::crud::require_known;
use crate::database::{self, RecordWriter, Sql};
use crate::events::Work;

/// Gives task types priorities from 1 on, and answers them in that order.
pub(super) async fn reorder(app: &App, caller: &Caller, ids: &[Uuid]) -> Result<Json<Vec<TaskType>>, Failure> {
    let work = Work::begin(app, caller).await?;
    require_known(&*work, &entity::task_type::TABLE, "task_type_ids", ids).await?;
    for (id, priority) in ids.iter().zip(1_i32..) {
        database::update(
            &*work,
            &entity::task_type::TABLE,
            *id,
            vec![("priority", priority.into())],
        )
        .await?;
    }
    let model = RecordWriter::new(&entity::task_type::TABLE, "t", "TaskType");
    let mut sql = Sql::new(format!("SELECT {} FROM task_type t WHERE t.id IN ", model.columns()));
    sql.bind_list(ids.iter().copied());
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for row in database::rows(&*work, &sql).await? {
        let mut text = Vec::new();
        model.write(&mut text, &row)?;
        found.insert(row.try_get("", "id")?, text);
    }
    work.finish().await?;
    let texts: Vec<Vec<u8>> = ids.iter().filter_map(|id| found.remove(id)).collect();
    let mut out = b"[".to_vec();
    out.extend(texts.join(&b','));
    out.push(b']');
    Ok(Json::written(out))
}
