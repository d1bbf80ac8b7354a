//! Entities that get tasks: those that a body names, or those that a query keeps.

use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::tasks::NewTaskFilter;
use sea_orm::Value as SqlValue;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::database::Sql;
use crate::vocabulary::kinds::EntityKind;

/// The entities that get tasks.
pub enum Selection {
    /// Named in the body, in that order.
    Named(Vec<Uuid>),
    /// All that have these values in these columns of `entity`.
    Matching(Vec<(&'static str, SqlValue)>),
}

impl Selection {
    /// The entities that a body names, or else those that the query keeps.
    ///
    /// # Errors
    /// 400 for a body that is no list of ids.
    pub fn read(body: &Value, query: &Query, filter: NewTaskFilter) -> Result<Self, Failure> {
        Ok(match named(body, query)? {
            Some(ids) => Self::Named(ids),
            None => matching([
                ("id", filter.id.map(Into::into)),
                ("name", filter.name.map(Into::into)),
                ("parent_id", filter.parent_id.map(Into::into)),
                ("entity_type_id", filter.entity_type_id.map(Into::into)),
                ("source_id", filter.source_id.map(Into::into)),
            ]),
        })
    }

    /// The entities that a body names, or else those in an episode, where one is given.
    ///
    /// # Errors
    /// 400 for a body that is no list of ids.
    pub fn in_episode(body: &Value, query: &Query, episode_id: Option<Uuid>) -> Result<Self, Failure> {
        Ok(match named(body, query)? {
            Some(ids) => Self::Named(ids),
            None => matching([("parent_id", episode_id.map(Into::into))]),
        })
    }
}

/// Entities that a route is about.
pub enum Among {
    Kind(EntityKind),
    /// Entities of the type with this id.
    Type(Uuid),
}

impl Among {
    /// Entities of the type with a name, whose first letter is a capital.
    ///
    /// # Errors
    /// 404 when there is no such type.
    pub async fn of_type(app: &App, name: &str) -> Result<Self, Failure> {
        let mut letters = name.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let name: String = first.chain(letters.flat_map(char::to_lowercase)).collect();
        let sql = Sql::with("SELECT id FROM entity_type WHERE name = $1", [name.into()]);
        let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        Ok(Self::Type(row.try_get("", "id")?))
    }
}

/// Ids in a body, or nothing when the body leaves the choice to the query.
///
/// # Errors
/// 400 for anything else than a list of ids.
fn named(body: &Value, query: &Query) -> Result<Option<Vec<Uuid>>, Failure> {
    match body {
        Value::Null => Ok(None),
        // Without a body, the parameters of the query stand for one.
        Value::Object(fields) if fields.keys().all(|key| query.get(key).is_some()) => Ok(None),
        Value::Array(items) if items.is_empty() => Ok(None),
        Value::Array(items) => {
            let ids: Option<Vec<Uuid>> = items.iter().map(|item| item.as_str().and_then(parse_id)).collect();
            ids.map(Some)
                .ok_or_else(|| Failure::parameter("Request body must only contain valid UUIDs."))
        }
        _ => Err(Failure::parameter("Request body must be a JSON array.")),
    }
}

/// The criteria of a query, for the columns that are given.
fn matching(criteria: impl IntoIterator<Item = (&'static str, Option<SqlValue>)>) -> Selection {
    Selection::Matching(
        criteria
            .into_iter()
            .filter_map(|(column, value)| value.map(|value| (column, value)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_body_leaves_the_choice_to_the_query() {
        let query = Query::parse("id=x");
        for body in [json!(null), json!([]), json!({}), json!({"id": "x"})] {
            assert!(matches!(named(&body, &query), Ok(None)), "{body}");
        }
        for body in [json!({"ids": []}), json!("x"), json!(["x"]), json!([1])] {
            assert!(named(&body, &query).is_err(), "{body}");
        }
        let id = Uuid::new_v4();
        assert_eq!(named(&json!([id]), &query).ok(), Some(Some(vec![id])));
    }
}
