//! Entities of every kind, as they are stored. Assets, shots and the like have routes of their own beside these.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use entity::facts::{Kind, Table};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::Reach;
use crate::access::data_mask::DataMask;
use crate::access::entities::{self as access, READ, REMOVE, relation};
use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::crud::rules::given_id;
use crate::crud::{AskedUpdate, Changes, Extra, Record, Relation, Resource, Shape, WrittenRecord, given_by_server};
use crate::database::{self, Sql};
use crate::entities::{frame_rates, removal, versions};
use crate::events::{Work, payload};
use crate::readiness::counts::{Touched, recount};
use crate::vocabulary::kinds;

/// The collection `/data/entities`.
pub struct Entities;

static RELATIONS: [Relation; 4] = [
    Relation::links(
        "entities_out",
        &entity::entity_link::TABLE,
        "entity_in_id",
        "entity_out_id",
    ),
    Relation::links(
        "entities_in",
        &entity::entity_link::TABLE,
        "entity_out_id",
        "entity_in_id",
    ),
    Relation::links(
        "entity_concept_links",
        &entity::entity_concept_link::TABLE,
        "entity_in_id",
        "entity_out_id",
    ),
    Relation::links(
        "instance_casting",
        &entity::asset_instance_link::TABLE,
        "entity_id",
        "asset_instance_id",
    ),
];

/// Columns that decide whether castings show an asset, and whether it is ready for the tasks of the shots that cast it.
const READINESS: [&str; 3] = ["ready_for", "canceled", "is_shared"];

/// Words that stand for null in columns: a word of old, and what lists of assets and sequences answer, so that what was read
/// can be sent back.
const NOTHING: [(&str, &[&str]); 4] = [
    ("parent_id", &["", "null"]),
    ("preview_file_id", &[""]),
    ("ready_for", &["", "None"]),
    ("source_id", &["", "null"]),
];

/// The kind of an entity as its `type` on the wire.
const KIND: &str = "(SELECT CASE WHEN k.name IN ('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept', 'ConceptFolder') THEN k.name ELSE 'Asset' END \
                    FROM entity_type k WHERE k.id = t.entity_type_id)";

#[async_trait]
impl Resource for Entities {
    fn table(&self) -> &'static Table {
        &entity::entity::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Entity"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn extras(&self) -> Vec<Extra> {
        vec![Extra {
            key: "type",
            expression: KIND,
            kind: Kind::Text { max: None },
        }]
    }

    fn protected(&self) -> &'static [&'static str] {
        &[
            "entities_in",
            "entities_out",
            "instance_casting",
            "shotgun_id",
            "created_by",
        ]
    }

    fn update_answers_relations(&self) -> bool {
        true
    }

    /// The answer to a creation says `Entity`, whatever the kind.
    fn written_shape(&self, written: &WrittenRecord<'_>) -> Shape {
        let mut shape = self.full_shape();
        if written.created {
            shape.extras.retain(|extra| extra.key != "type");
        }
        shape
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        let reach = Reach::open_teams(&app.database, caller).await?;
        READ.restrict(sql, &reach, &access::Entities { table: "t", kind: None });
        Ok(())
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Entity(Some(record.id))
    }

    async fn mask(&self, app: &App, caller: &Caller) -> Result<Option<DataMask>, Failure> {
        Ok(DataMask::of(&app.database, caller).await?)
    }

    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        _id: Uuid,
        _query: &Query,
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        if let Some(mask) = DataMask::of(&app.database, caller).await? {
            mask.apply(&mut text, 0);
        }
        Ok(text)
    }

    async fn enrich_written(
        &self,
        app: &App,
        caller: &Caller,
        written: &WrittenRecord<'_>,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        self.enrich(app, caller, written.id, &Query::default(), text).await
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let project_id = given_id(body, "project_id")?;
        require_record(&app.database, caller, rule, RecordSubject::Production(Some(project_id)))
            .await
            .map_err(|failure| failure.naming_unknown("project_id"))
    }

    /// Whoever may remove an entity changes everything, supervisors the metadata that they look after.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let AskedUpdate { rule, record, body } = *update;
        let relation = relation(&**work, caller, record.id).await?;
        if relation.allows(&REMOVE) {
            return Ok(());
        }
        require_record(&**work, caller, rule, self.subject(record)).await?;
        let only_data = body.contains_key("data") && body.keys().all(|key| key == "data" || given_by_server(key));
        if only_data && supervises_fields(work, caller, record, body).await? {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(status) = body.get("status") {
            let column = self.table().column("status");
            if !column.is_some_and(|column| status.as_str().is_some_and(|status| column.choices.contains(&status))) {
                return Err(Failure::parameter("Invalid status"));
            }
        }
        // The server counts.
        body.remove("nb_entities_out");
        for (key, words) in NOTHING {
            if body
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| words.contains(&text))
            {
                body.insert(key.into(), Value::Null);
            }
        }
        let stored = record
            .and_then(|record| record.values.get("data"))
            .and_then(Value::as_object);
        frame_rates::check(body.get("data").and_then(Value::as_object), stored)?;
        let Some(record) = record else {
            body.remove("created_by");
            return Ok(());
        };
        merge_data(record, body);
        refuse_taken_name(work, record, body).await
    }

    async fn before_write(
        &self,
        _work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        if record.is_none() {
            changes.set("created_by", caller.person.id);
        }
        Ok(())
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if !body.contains_key("entities_in") && !body.contains_key("entities_out") {
            return Ok(());
        }
        // The count of the new entity is told with it.
        recount(work, &[id]).await?;
        let touched = Touched::links_of(&**work, &[id]).await?;
        touched.and(Touched::by(&**work, &[id]).await?).settle(work).await
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        match kind_word(work, before).await? {
            "shot" => versions::keep(work, caller, before, body).await?,
            "asset"
                if READINESS.iter().any(|key| {
                    body.get(*key)
                        .is_some_and(|value| Some(value) != before.values.get(*key))
                }) =>
            {
                Touched::by(&**work, &[before.id]).await?.settle(work).await?;
            }
            _ => {}
        }
        let place = |value: Option<&Value>| value.and_then(Value::as_str).and_then(parse_id);
        let (was, is) = (before.id_of("parent_id"), place(body.get("parent_id")));
        if body.contains_key("parent_id") && was != is {
            let groups: Vec<Uuid> = [was, is].into_iter().flatten().collect();
            Touched::within(&**work, &groups).await?.settle(work).await?;
        }
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        let word = kind_word(work, record).await?;
        let touched = Touched::by(&**work, &[record.id]).await?;
        removal::remove_links(work, record.id).await?;
        self.remove_row(work, record).await?;
        emit_entity(work, word, "delete", record);
        touched.settle(work).await
    }

    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        _id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        let word = kind_word(work, record).await?;
        emit_entity(work, word, what, record);
        Ok(())
    }
}

fn emit_entity(work: &mut Work<'_>, word: &str, what: &str, record: &Record) {
    let key = format!("{}_id", word.replace('-', "_"));
    work.emit_in(
        record.id_of("project_id"),
        format!("{word}:{what}"),
        payload([(key.as_str(), record.id)]),
    );
}

async fn kind_word(work: &Work<'_>, record: &Record) -> Result<&'static str, Failure> {
    let sql = Sql::with(
        "SELECT name FROM entity_type WHERE id = $1",
        [record.id_of("entity_type_id").into()],
    );
    let name: String = database::read_value(&**work, &sql).await?.unwrap_or_default();
    Ok(kinds::kind_word(&name))
}

/// New values are added to the stored ones; a key can be set to null but not removed.
fn merge_data(record: &Record, body: &mut Map<String, Value>) {
    match body.remove("data") {
        Some(Value::Object(new)) if new.is_empty() => {}
        Some(Value::Object(new)) => {
            let mut merged = record
                .values
                .get("data")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            merged.extend(new);
            body.insert("data".into(), merged.into());
        }
        Some(Value::Null) | None => {}
        Some(other) => {
            body.insert("data".into(), other);
        }
    }
}

async fn refuse_taken_name(work: &Work<'_>, record: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    const KEYS: [&str; 4] = ["name", "project_id", "entity_type_id", "parent_id"];
    let wanted = |key: &str| {
        if key == "project_id" { None } else { body.get(key) }
            .or_else(|| record.values.get(key))
            .cloned()
            .unwrap_or_default()
    };
    if KEYS.iter().all(|key| Some(&wanted(key)) == record.values.get(*key)) {
        return Ok(());
    }
    let id = |key: &str| wanted(key).as_str().and_then(parse_id);
    let name = wanted("name");
    let name = name.as_str().unwrap_or_default();
    let mut sql = Sql::new("SELECT 1 FROM entity WHERE name = ");
    sql.bind(name)
        .push(" AND project_id = ")
        .bind(id("project_id"))
        .push(" AND entity_type_id = ")
        .bind(id("entity_type_id"));
    match id("parent_id") {
        Some(parent) => sql.push(" AND parent_id = ").bind(parent),
        None => sql.push(" AND parent_id IS NULL"),
    };
    sql.push(" AND id <> ").bind(record.id);
    if database::row(&**work, &sql).await?.is_some() {
        let [project, kind, parent] =
            ["project_id", "entity_type_id", "parent_id"].map(|key| id(key).map_or("None".into(), |id| id.to_string()));
        return Err(Failure::refused(format!(
            "An entity with name '{name}', project_id '{project}', entity_type_id '{kind}', and parent_id '{parent}' already exists. \
             The combination of these fields must be unique."
        )));
    }
    Ok(())
}

/// True if a supervisor looks after every metadata column that gets another value: one without departments does, another
/// one shares a department with each of the columns. gazu sends those along that stay as they are.
async fn supervises_fields(
    work: &Work<'_>,
    caller: &Caller,
    record: &Record,
    body: &Map<String, Value>,
) -> Result<bool, Failure> {
    let departments = &caller.person.departments;
    if departments.is_empty() {
        return Ok(true);
    }
    let Some(fields) = body
        .get("data")
        .and_then(Value::as_object)
        .filter(|fields| !fields.is_empty())
    else {
        return Ok(false);
    };
    let stored = record.values.get("data").and_then(Value::as_object);
    let changed: Vec<String> = fields
        .iter()
        .filter(|(key, value)| stored.and_then(|stored| stored.get(key.as_str())) != Some(*value))
        .map(|(key, _)| key.clone())
        .collect();
    if changed.is_empty() {
        return Ok(true);
    }
    let kind = match kind_word(work, record).await? {
        "shot" => "Shot",
        "edit" => "Edit",
        _ => "Asset",
    };
    let mut sql = Sql::new(
        "SELECT DISTINCT d.field_name FROM metadata_descriptor d JOIN department_metadata_descriptor_link l ON l.metadata_descriptor_id = d.id \
         WHERE d.entity_type = ",
    );
    sql.bind(kind)
        .push(" AND d.project_id = ")
        .bind(record.id_of("project_id"))
        .push(" AND l.department_id IN ");
    sql.bind_list(departments.iter().copied())
        .push(" AND d.field_name IN ")
        .bind_list(changed.iter().cloned());
    Ok(database::rows(&**work, &sql).await?.len() == changed.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_is_added_to_what_is_there() {
        let record = Record {
            id: Uuid::nil(),
            values: json!({"data": {"a": 1, "b": 2}})
                .as_object()
                .cloned()
                .unwrap_or_default(),
        };
        let mut body = json!({"data": {"b": null, "c": 3}})
            .as_object()
            .cloned()
            .unwrap_or_default();
        merge_data(&record, &mut body);
        assert_eq!(body["data"], json!({"a": 1, "b": null, "c": 3}));
        let mut nothing = json!({"data": null}).as_object().cloned().unwrap_or_default();
        merge_data(&record, &mut nothing);
        assert!(nothing.is_empty());
    }
}
