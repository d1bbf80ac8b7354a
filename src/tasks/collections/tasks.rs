//! Tasks as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::Reach;
use crate::access::data_mask::DataMask;
use crate::access::entities;
use crate::access::plans::PlanMask;
use crate::access::records::{RecordSubject, require_record};
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{self as access, VisibleTasks};
use crate::app::App;
use crate::crud::{AskedUpdate, Changes, Record, Relation, Resource, given_by_server, ids};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::readiness;
use crate::tasks::rows::restrict_to_episode;
use crate::tasks::{assignment, removal};
use crate::vocabulary::kinds::EntityKind;

/// The collection `/data/tasks`.
pub struct Tasks;

/// The column of the newest preview.
const LAST_PREVIEW: &str = "last_preview_file_id";

static RELATIONS: [Relation; 1] = [Relation::links(
    "assignees",
    &entity::task_person_link::TABLE,
    "task_id",
    "person_id",
)];

/// Columns that a supervisor may change.
const SUPERVISED: [&str; 6] = ["priority", "start_date", "due_date", "estimation", "difficulty", "data"];

/// Further columns that a supervisor may give a new task.
const GIVEN: [&str; 6] = [
    "name",
    "project_id",
    "entity_id",
    "task_type_id",
    "task_status_id",
    "assignees",
];

#[async_trait]
impl Resource for Tasks {
    fn table(&self) -> &'static Table {
        &entity::task::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Task"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn special_filter(
        &self,
        sql: &mut Sql,
        _caller: &Caller,
        _query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        if key != "episode_id" {
            return Ok(false);
        }
        let wrong = || Failure::parameter(format!("Invalid UUID format for episode_id: {value}"));
        restrict_to_episode(sql, parse_id(value).ok_or_else(wrong)?);
        Ok(true)
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        let reach = Reach::open_teams(&app.database, caller).await?;
        VisibleTasks::new(reach, access::LISTED).restrict(sql, "t");
        Ok(())
    }

    async fn mask(&self, app: &App, caller: &Caller) -> Result<Option<DataMask>, Failure> {
        Ok(DataMask::of(&app.database, caller).await?)
    }

    async fn plans(&self, app: &App, caller: &Caller) -> Result<Option<PlanMask>, Failure> {
        Ok(PlanMask::of(&Reach::teams(&app.database, caller).await?))
    }

    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        _id: Uuid,
        _query: &Query,
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        TaskMask::in_teams(&app.database, caller).await?.apply(&mut text, 0);
        Ok(text)
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Task(Some(record.id))
    }

    /// Whoever manages the production of the entity may create its tasks, and supervisors those of types that they lead.
    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        _rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let task_type_id = needed(body, "task_type_id")?;
        let entity_id = needed(body, "entity_id")?;
        if body
            .get("assignees")
            .is_some_and(|persons| !persons.is_null() && !persons.is_array())
        {
            return Err(Failure::parameter("assignees must be a list."));
        }
        if caller.is_admin() {
            return Ok(());
        }
        let relation = entities::relation(&app.database, caller, entity_id)
            .await
            .map_err(|failure| failure.naming_unknown("entity_id"))?;
        if relation.role.is_manager() {
            return Ok(());
        }
        if !body.iter().all(|(key, value)| is_given(caller, key, value)) {
            return Err(Failure::forbidden());
        }
        access::require_lead_of_type(&app.database, caller, Some(relation.project_id), Some(task_type_id)).await
    }

    /// Managers change everything, others who lead the task a part.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let AskedUpdate { rule, record, body } = *update;
        let part = body.keys().all(|key| is_supervised(key));
        require_record(
            &**work,
            caller,
            if part { rule } else { RecordRule::ProductionManager },
            self.subject(record),
        )
        .await
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        // The server counts.
        body.remove("nb_assets_ready");
        // So tasks are answered with assets and shots, and may be sent back.
        if body.get(LAST_PREVIEW).and_then(Value::as_str) == Some("") {
            body.insert(LAST_PREVIEW.into(), Value::Null);
        }
        if let Some(record) = record {
            merge_data(record, body);
            return require_fit(work, record, body).await;
        }
        if body.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
            body.insert("name".into(), "main".into());
        }
        let project_id = fitting_project(work, body, "task_type_id").await?;
        body.insert("project_id".into(), json!(project_id));
        refuse_twin(work, body).await
    }

    /// People who join or leave a task are told.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let persons = changes.relations.remove("assignees");
        if let Some(record) = record
            && let Some(persons) = persons
            && assignment::replace(work, caller, record.id, record.id_of("project_id"), &persons).await?
        {
            changes.set("updated_at", database::now());
        }
        Ok(())
    }

    /// So are those whom a new task is given to.
    async fn after_create(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(persons) = body.get("assignees") {
            let project_id = body.get("project_id").and_then(Value::as_str).and_then(parse_id);
            let persons = ids("assignees", persons)?;
            assignment::replace(work, caller, id, project_id, &persons).await?;
            assignment::require_assigner(work, caller, id, &persons).await?;
        }
        let entity_id = needed(body, "entity_id")?;
        readiness::shots_changed(work, &[entity_id]).await
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        if query.flag("force")?.unwrap_or_default() {
            let unneeded = removal::take_away(work, &[record.id]).await?;
            work.afterwards(|app| Box::pin(unneeded.discard(app)));
            return Ok(());
        }
        self.remove_row(work, record).await?;
        removal::emit_task_delete(
            work,
            record.id,
            record.id_of("entity_id"),
            record.id_of("task_type_id"),
            record.id_of("project_id"),
        );
        Ok(())
    }
}

/// True if a supervisor may have this key in a body: the server passes over what it gives itself, and gazu sends the id.
fn is_supervised(key: &str) -> bool {
    SUPERVISED.contains(&key) || given_by_server(key)
}

/// True if a supervisor may give a new task this value: nobody but themself is its assigner.
fn is_given(caller: &Caller, key: &str, value: &Value) -> bool {
    let own = || value.as_str().and_then(parse_id) == Some(caller.person.id);
    is_supervised(key) || GIVEN.contains(&key) || (key == "assigner_id" && (value.is_null() || own()))
}

/// An id that a new task can't be without.
fn needed(body: &Map<String, Value>, key: &str) -> Result<Uuid, Failure> {
    let id = body.get(key).and_then(Value::as_str).and_then(parse_id);
    id.ok_or_else(|| Failure::parameter(format!("A valid {key} is required.")))
}

/// The production of the entity that a task is for, once its task type fits the entity. `changed` is the field that is at
/// fault where it does not.
async fn fitting_project(work: &Work<'_>, body: &Map<String, Value>, changed: &str) -> Result<Uuid, Failure> {
    let sql = Sql::with(
        "SELECT for_entity FROM task_type WHERE id = $1",
        [needed(body, "task_type_id")?.into()],
    );
    let unknown = |key: &'static str| move || Failure::not_found().naming(key);
    let row = database::row(&**work, &sql)
        .await?
        .ok_or_else(unknown("task_type_id"))?;
    let for_entity: String = row
        .try_get::<Option<String>>("", "for_entity")?
        .unwrap_or_else(|| "Asset".into());
    let sql = Sql::with(
        "SELECT e.project_id, k.name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1",
        [needed(body, "entity_id")?.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(unknown("entity_id"))?;
    let kind = EntityKind::of_type(&row.try_get::<String>("", "name")?);
    if !for_entity.eq_ignore_ascii_case(kind.type_name()) {
        return Err(Failure::refused("Task type of the task does not match entity type.").naming(changed));
    }
    Ok(row.try_get("", "project_id")?)
}

/// Refuses another task type or entity that does not fit what stays. Whether the entity is one of the same production is
/// asked elsewhere.
async fn require_fit(work: &Work<'_>, record: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    let changes = |key: &str| body.get(key).is_some_and(|new| Some(new) != record.values.get(key));
    if !changes("task_type_id") && !changes("entity_id") {
        return Ok(());
    }
    let after = |key: &str| {
        Some((
            key.to_owned(),
            body.get(key).or_else(|| record.values.get(key))?.clone(),
        ))
    };
    let after: Map<String, Value> = ["task_type_id", "entity_id"].into_iter().filter_map(after).collect();
    let sql = Sql::with(
        "SELECT project_id FROM entity WHERE id = $1",
        [needed(&after, "entity_id")?.into()],
    );
    match database::read_value::<Uuid>(&**work, &sql).await? {
        Some(project_id) if Some(project_id) == record.id_of("project_id") => {
            let changed = if changes("task_type_id") {
                "task_type_id"
            } else {
                "entity_id"
            };
            fitting_project(work, &after, changed).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn refuse_twin(work: &Work<'_>, body: &Map<String, Value>) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM task WHERE name = $1 AND task_type_id = $2 AND entity_id = $3",
        [
            body.get("name").and_then(Value::as_str).unwrap_or_default().into(),
            needed(body, "task_type_id")?.into(),
            needed(body, "entity_id")?.into(),
        ],
    );
    if database::row(&**work, &sql).await?.is_some() {
        Err(Failure::record("Task already exists.").naming("name"))
    } else {
        Ok(())
    }
}

/// New values are added to the stored ones; an empty object clears them.
fn merge_data(record: &Record, body: &mut Map<String, Value>) {
    if let Some(new) = body
        .get("data")
        .and_then(Value::as_object)
        .filter(|new| !new.is_empty())
    {
        let mut merged = record
            .values
            .get("data")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        merged.extend(new.clone());
        body.insert("data".into(), merged.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_added_or_cleared() {
        let record = Record {
            id: Uuid::nil(),
            values: json!({"data": {"a": 1}}).as_object().cloned().unwrap_or_default(),
        };
        let mut more = json!({"data": {"b": 2}}).as_object().cloned().unwrap_or_default();
        merge_data(&record, &mut more);
        assert_eq!(more["data"], json!({"a": 1, "b": 2}));
        let mut none = json!({"data": {}}).as_object().cloned().unwrap_or_default();
        merge_data(&record, &mut none);
        assert_eq!(none["data"], json!({}));
    }
}
