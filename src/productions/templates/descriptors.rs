//! The metadata columns of a template, and its default background.

use std::collections::HashSet;

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::ProjectTemplate;
use entity::facts::{Kind, Table};
use sea_orm::Value as SqlValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::columns::ENTITY_TYPES;
use super::super::field_name::field_name;
use super::{answer, emit_template_update, missing, require};
use crate::app::App;
use crate::crud::require_known;
use crate::database::{self, Sql};
use crate::events::Work;

/// Choices that a column may have, and departments, as the contract says.
const MOST_TEXTS: usize = 1000;

/// Replaces the metadata columns of a template.
pub(super) async fn set(
    app: &App,
    access: &Admin,
    template_id: Uuid,
    body: Value,
) -> Result<Json<ProjectTemplate>, Failure> {
    let columns = read_descriptors(body)?;
    let mut work = Work::begin(app, access).await?;
    require_known_parts(&work, template_id, &columns).await?;
    let values = vec![("metadata_descriptors", SqlValue::Json(Some(Box::new(columns.into()))))];
    if !database::update(&*work, &entity::project_template::TABLE, template_id, values).await? {
        return Err(missing("Project template"));
    }
    emit_template_update(&mut work, template_id);
    work.finish().await?;
    answer(app, template_id).await
}

/// Ids of a kind that columns name.
type Named = fn(&Value) -> Vec<Uuid>;

/// Refuses columns for what does not exist. What the template says already may stay: applying it passes over what is gone.
async fn require_known_parts(work: &Work<'_>, template_id: Uuid, columns: &[Value]) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT metadata_descriptors FROM project_template WHERE id = $1",
        [template_id.into()],
    );
    let stored: Option<Value> = database::read_value::<Option<Value>>(&**work, &sql).await?.flatten();
    let stored = stored.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let parts: [(&str, &Table, Named); 2] = [
        ("departments", &entity::department::TABLE, departments),
        ("task_type_id", &entity::task_type::TABLE, |column| {
            id(&column["task_type_id"]).into_iter().collect()
        }),
    ];
    for (name, table, ids) in parts {
        let kept: HashSet<Uuid> = stored.iter().flat_map(ids).collect();
        let named: Vec<Uuid> = columns.iter().flat_map(ids).filter(|id| !kept.contains(id)).collect();
        require_known(&**work, table, name, &named).await?;
    }
    Ok(())
}

fn id(value: &Value) -> Option<Uuid> {
    value.as_str().and_then(parse_id)
}

/// The departments that a column of a template is for.
fn departments(column: &Value) -> Vec<Uuid> {
    column["departments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(id)
        .collect()
}

/// The columns of a body, which is a list or an object with one, each with every key.
fn read_descriptors(mut body: Value) -> Result<Vec<Value>, Failure> {
    let list = match &mut body {
        Value::Object(object) => object.remove("metadata_descriptors").unwrap_or_default(),
        other => other.take(),
    };
    match list {
        Value::Array(items) => items.iter().map(complete).collect(),
        Value::Null => Ok(Vec::new()),
        _ => Err(Failure::record("The metadata descriptors must be a list").naming("metadata_descriptors")),
    }
}

/// One column with every key.
fn complete(item: &Value) -> Result<Value, Failure> {
    if !item.is_object() {
        return Err(Failure::record("Each metadata descriptor must be an object").naming("metadata_descriptors"));
    }
    let name = text(item, "name")?;
    let key = key_of(item, name)?;
    let data_type = text(item, "data_type")?;
    let known = entity::metadata_descriptor::TABLE
        .column("data_type")
        .map_or(&[][..], |column| column.choices);
    if data_type.is_some_and(|data_type| !known.contains(&data_type)) {
        return Err(Failure::record("Invalid data_type"));
    }
    let entity_type = text(item, "entity_type")?;
    if entity_type.is_some_and(|entity_type| !ENTITY_TYPES.contains(&entity_type)) {
        return Err(Failure::record(
            "Wrong entity type. Please select Asset, Shot, Sequence, Episode, Edit, Project, or Task.",
        )
        .naming("entity_type"));
    }
    let position = position(item)?;
    let for_client = match &item["for_client"] {
        Value::Null => false,
        flag => flag.as_bool().ok_or_else(|| wrong("for_client"))?,
    };
    let task_type_id = text(item, "task_type_id")?;
    if task_type_id.is_some_and(|id| parse_id(id).is_none()) {
        return Err(wrong("task_type_id"));
    }
    Ok(json!({
        "name": name,
        "field_name": key,
        "entity_type": entity_type,
        "task_type_id": task_type_id,
        "data_type": data_type,
        "choices": texts(item, "choices", |_| true)?,
        "for_client": for_client,
        "departments": texts(item, "departments", |id| parse_id(id).is_some())?,
        "position": position,
    }))
}

/// The key of a column: the one that it names, or one that is made of its name.
fn key_of(item: &Value, name: Option<&str>) -> Result<Option<String>, Failure> {
    let given = text(item, "field_name")?.filter(|key| !key.is_empty());
    Ok(match (given, name) {
        (Some(key), _) => Some(key.to_owned()),
        (None, Some(name)) => field_name(name).ok(),
        (None, None) => None,
    })
}

/// The place of a column, where it says one.
fn position(item: &Value) -> Result<Option<i32>, Failure> {
    match &item["position"] {
        Value::Null => Ok(None),
        number => number
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| wrong("position")),
    }
}

fn wrong(key: &str) -> Failure {
    Failure::record(format!("Wrong value for {key} of a metadata descriptor"))
}

/// A text that fits into the column that it is for.
fn text<'a>(item: &'a Value, key: &str) -> Result<Option<&'a str>, Failure> {
    let max = match entity::metadata_descriptor::TABLE.column(key).map(|column| column.kind) {
        Some(Kind::Text { max: Some(max) }) => usize::from(max),
        _ => usize::MAX,
    };
    match &item[key] {
        Value::Null => Ok(None),
        Value::String(text) if !text.contains('\0') && text.chars().count() <= max => Ok(Some(text)),
        _ => Err(wrong(key)),
    }
}

fn texts<'a>(item: &'a Value, key: &str, is_good: impl Fn(&str) -> bool) -> Result<Vec<&'a str>, Failure> {
    let list = match &item[key] {
        Value::Null => return Ok(Vec::new()),
        list => list.as_array().ok_or_else(|| wrong(key))?,
    };
    if list.len() > MOST_TEXTS {
        return Err(wrong(key));
    }
    list.iter()
        .map(|text| {
            text.as_str()
                .filter(|text| !text.contains('\0') && is_good(text))
                .ok_or_else(|| wrong(key))
        })
        .collect()
}

/// Chooses the default background of a template, or none.
pub(super) async fn set_default_background(
    app: &App,
    access: &Admin,
    template_id: Uuid,
    background_id: Option<Uuid>,
) -> Result<Json<ProjectTemplate>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, template_id).await?;
    if let Some(background_id) = background_id {
        let sql = Sql::with(
            "SELECT 1 FROM project_template_preview_background_file_link WHERE project_template_id = $1 AND preview_background_file_id = $2",
            [template_id.into(), background_id.into()],
        );
        if database::row(&*work, &sql).await?.is_none() {
            return Err(
                Failure::record("Preview background file is not linked to this template")
                    .naming("default_preview_background_file_id"),
            );
        }
    }
    let values = vec![("default_preview_background_file_id", background_id.into())];
    database::update(&*work, &entity::project_template::TABLE, template_id, values).await?;
    emit_template_update(&mut work, template_id);
    work.finish().await?;
    answer(app, template_id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_columns_are_completed_with_every_key() {
        let column = json!({"name": "Équipe A / é", "entity_type": "Asset", "data_type": "list", "choices": ["a"]});
        let complete = json!({"name": "Équipe A / é", "field_name": "equipe_a_e", "entity_type": "Asset", "task_type_id": null,
            "data_type": "list", "choices": ["a"], "for_client": false, "departments": [], "position": null});
        for body in [json!([column]), json!({"metadata_descriptors": [column]})] {
            assert_eq!(read_descriptors(body).ok(), Some(vec![complete.clone()]));
        }
        for body in [json!({}), json!([]), Value::Null, json!({"metadata_descriptors": null})] {
            assert_eq!(read_descriptors(body).ok(), Some(Vec::new()));
        }
    }

    #[test]
    fn malformed_columns_are_refused() {
        for body in [
            json!("all"),
            json!([1]),
            json!([{"name": 1}]),
            json!([{"name": "A", "data_type": "poem"}]),
            json!([{"name": "A", "entity_type": "Planet"}]),
            json!([{"name": "A", "departments": ["x"]}]),
            json!([{"name": "A", "position": "first"}]),
        ] {
            assert!(read_descriptors(body.clone()).is_err(), "{body}");
        }
    }
}
