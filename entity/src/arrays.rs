//! Array columns, native on PostgreSQL and a JSON list in a text column on SQLite.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::sqlx::Row;
use sea_orm::{ColIdx, DbErr, QueryResult, RuntimeErr, TryGetError, TryGetable, Value};
use serde_json::Value as Json;

/// Makes a newtype of a list that is written as a native array and read from either database.
///
/// Null items, which neither clients nor the server write, are left out when read. The last
/// argument turns an item of the JSON list into one of the array.
macro_rules! array {
    ($(#[$doc:meta])* $array:ident, $item:ty, $stored:ty, $convert:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $array(pub Vec<$item>);

        impl From<Vec<$item>> for $array {
            fn from(items: Vec<$item>) -> Self {
                Self(items)
            }
        }

        impl From<$array> for Value {
            fn from(array: $array) -> Self {
                array.0.into()
            }
        }

        impl Nullable for $array {
            fn null() -> Value {
                <Vec<$item> as Nullable>::null()
            }
        }

        impl ValueType for $array {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                <Vec<$item> as ValueType>::try_from(value).map(Self)
            }

            fn type_name() -> String {
                stringify!($array).to_owned()
            }

            fn array_type() -> ArrayType {
                <Vec<$item> as ValueType>::array_type()
            }

            fn column_type() -> ColumnType {
                <Vec<$item> as ValueType>::column_type()
            }
        }

        impl TryGetable for $array {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let Some(native) = row.try_as_pg_row() else {
                    let text = String::try_get_by(row, index)?;
                    let items: Vec<Option<$stored>> =
                        serde_json::from_str(&text).map_err(|error| DbErr::Json(error.to_string()))?;
                    return Ok(Self(items.into_iter().flatten().map($convert).collect()));
                };
                let items: Option<Vec<Option<$item>>> = native
                    .try_get(index.as_sqlx_postgres_index())
                    .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))?;
                match items {
                    Some(items) => Ok(Self(items.into_iter().flatten().collect())),
                    None => Err(TryGetError::Null(format!("{index:?}"))),
                }
            }
        }
    };
}

array!(
    /// A list of texts.
    TextArray, String, String, |text| text
);
array!(
    /// A list of JSON values.
    JsonArray, Json, Json, |json| json
);
array!(
    /// A list of byte strings; on SQLite each is stored as its UTF-8 text.
    BytesArray, Vec<u8>, String, String::into_bytes
);

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database, DbErr, QueryResult};
    use serde_json::json;

    use super::*;

    async fn sqlite_row(sql: &str) -> Result<QueryResult, DbErr> {
        let database = Database::connect("sqlite::memory:").await?;
        let row = database.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql));
        Ok(row.await?.expect("one row"))
    }

    #[tokio::test]
    async fn lists_are_read_from_json_text() -> Result<(), DbErr> {
        let row = sqlite_row(r#"SELECT '["a","é",null]' AS texts, '[{"id":1},"x"]' AS documents, '["$2b$"]' AS bytes"#)
            .await?;
        assert_eq!(
            row.try_get::<TextArray>("", "texts")?,
            TextArray(vec!["a".to_owned(), "é".to_owned()])
        );
        assert_eq!(
            row.try_get::<JsonArray>("", "documents")?,
            JsonArray(vec![json!({"id": 1}), json!("x")])
        );
        assert_eq!(
            row.try_get::<BytesArray>("", "bytes")?,
            BytesArray(vec![b"$2b$".to_vec()])
        );
        Ok(())
    }

    #[tokio::test]
    async fn null_is_no_list_and_other_text_is_an_error() -> Result<(), DbErr> {
        let row = sqlite_row("SELECT NULL AS empty, 'a,b' AS text").await?;
        assert_eq!(row.try_get::<Option<TextArray>>("", "empty")?, None);
        assert!(row.try_get::<TextArray>("", "empty").is_err());
        assert!(row.try_get::<Option<TextArray>>("", "text").is_err());
        Ok(())
    }

    #[test]
    fn lists_become_native_arrays() {
        let texts = TextArray(vec!["a".to_owned()]);
        let value = Value::from(texts.clone());
        assert!(matches!(&value, Value::Array(ArrayType::String, Some(items)) if items.len() == 1));
        assert_eq!(<TextArray as ValueType>::try_from(value).ok(), Some(texts));
        assert!(matches!(
            Value::from(BytesArray(vec![vec![1]])),
            Value::Array(ArrayType::Bytes, Some(_))
        ));
        assert!(matches!(
            Value::from(None::<JsonArray>),
            Value::Array(ArrayType::Json, None)
        ));
        assert!(matches!(TextArray::column_type(), ColumnType::Array(_)));
    }
}
