//! Security keys as they are stored in the account: a name, the make, the name that the key has for itself, and its public
//! half; and how often it was used, as the key counts. The reference server writes bytes as large numbers, which are read here
//! and kept as they are.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::keys::{PublicKey, bytes};
use super::webauthn::NewKey;
use crate::app::App;
use crate::database::dialect::{bind_json_texts, json_text};
use crate::database::{self, Sql, Writes};

/// A security key of somebody.
#[derive(Clone, Debug)]
pub(in crate::auth) struct SecurityKey {
    pub name: String,
    /// The name that the key has for itself, without zeros in front, which numbers don't have.
    id: Vec<u8>,
    /// None when it can't be read.
    pub(super) public_key: Option<PublicKey>,
    /// Count of the key when it was used last; 0 for one that does not count, or was not used here.
    counter: u32,
    /// Stored text.
    pub text: String,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    device_name: String,
    credential_id: Box<RawValue>,
    public_key: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    sign_count: u32,
}

impl SecurityKey {
    /// A key that was just made.
    pub(super) fn new(name: &str, key: &NewKey) -> Self {
        let text = json!({
            "device_name": name,
            "aaguid": URL_SAFE_NO_PAD.encode(&key.make),
            "credential_id": URL_SAFE_NO_PAD.encode(&key.id),
            "public_key": key.public_key.to_stored(),
            "sign_count": key.counter,
        });
        Self {
            name: name.to_owned(),
            id: key.id.clone(),
            public_key: Some(key.public_key.clone()),
            counter: key.counter,
            text: text.to_string(),
        }
    }

    /// Key of a stored text. One that can't be read stays stored, under a name at most, and opens nothing.
    fn read(text: &RawValue) -> Self {
        let text = text.get().to_owned();
        match serde_json::from_str::<Record>(&text) {
            Ok(record) => Self {
                name: record.device_name,
                id: bytes(&record.credential_id).unwrap_or_default(),
                public_key: PublicKey::from_stored(&record.public_key),
                counter: record.sign_count,
                text,
            },
            Err(_) => Self {
                name: String::new(),
                id: Vec::new(),
                public_key: None,
                counter: 0,
                text,
            },
        }
    }

    /// The name that the key has for itself, as browsers know it.
    pub(super) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    /// True if the key has that name for itself.
    pub(super) fn is_called(&self, id: &[u8]) -> bool {
        let significant = |id: &[u8]| id.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
        !self.id.is_empty() && significant(&self.id) == significant(id)
    }

    /// True if a use with that counter comes after the last one. A copy of the key counts for itself, and falls behind or
    /// makes the key fall behind. Some keys don't count.
    pub(super) fn goes_on_at(&self, counter: u32) -> bool {
        counter > self.counter || (counter == 0 && self.counter == 0)
    }

    /// Stored text after a use with that counter. Everything else stays as it was written.
    pub(super) fn text_at(&self, counter: u32) -> Result<String, serde_json::Error> {
        let mut record: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&self.text)?;
        record.insert("sign_count".into(), RawValue::from_string(counter.to_string())?);
        serde_json::to_string(&record)
    }
}

/// The keys of a person.
///
/// # Errors
/// The database does not answer.
pub(in crate::auth) async fn keys_of(app: &App, person_id: Uuid) -> Result<Vec<SecurityKey>, DbErr> {
    keys_in(&app.database, person_id).await
}

/// The keys of a person, as a connection sees them.
///
/// # Errors
/// The database does not answer.
pub(super) async fn keys_in(connection: &impl ConnectionTrait, person_id: Uuid) -> Result<Vec<SecurityKey>, DbErr> {
    let list = json_text(connection.get_database_backend(), "fido_credentials");
    let row = database::row(
        connection,
        &Sql::with(
            format!("SELECT {list} AS list FROM person WHERE id = $1"),
            [person_id.into()],
        ),
    )
    .await?;
    let list = row
        .map(|row| row.try_get::<String>("", "list"))
        .transpose()?
        .unwrap_or_else(|| "[]".to_owned());
    let list: Vec<Box<RawValue>> = serde_json::from_str(&list).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(list.iter().map(|text| SecurityKey::read(text)).collect())
}

/// Stores the keys of a person in place of those from before.
///
/// # Errors
/// The database refuses.
pub(in crate::auth) async fn store(
    app: &App,
    transaction: &impl Writes,
    person_id: Uuid,
    texts: &[String],
) -> Result<(), DbErr> {
    let mut sql = Sql::new("UPDATE person SET fido_credentials = ");
    bind_json_texts(app.database.backend(), &mut sql, texts);
    sql.push(" WHERE id = ").bind(person_id);
    database::execute(transaction, &sql).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SecurityKey {
        SecurityKey::read(&RawValue::from_string(text.to_owned()).expect("JSON"))
    }

    #[test]
    fn both_ways_to_write_bytes_are_read() {
        let ours = read(r#"{"device_name": "blue", "aaguid": "AA", "credential_id": "AAEC", "public_key": {"1": 2}}"#);
        assert_eq!((ours.name.as_str(), ours.id().as_str()), ("blue", "AAEC"));
        assert!(ours.is_called(&[0, 1, 2]) && ours.is_called(&[1, 2]) && !ours.is_called(&[1, 3]));
        let long = "340282366920938463463374607431768211457";
        let theirs = read(&format!(
            r#"{{"device_name": "red", "aaguid": 0, "credential_id": {long}, "public_key": {{"-2": {long}}}}}"#
        ));
        assert!(theirs.is_called(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
        assert!(theirs.text.contains(long));
    }

    #[test]
    fn the_counter_of_a_key_only_grows() {
        let fresh = read(
            r#"{"device_name": "blue", "credential_id": 340282366920938463463374607431768211457, "public_key": {"1": 2}}"#,
        );
        assert!(fresh.goes_on_at(0) && fresh.goes_on_at(1));
        let used = read(&fresh.text_at(5).expect("JSON"));
        assert!(used.goes_on_at(6) && used.goes_on_at(u32::MAX));
        assert!(!used.goes_on_at(5) && !used.goes_on_at(4) && !used.goes_on_at(0));
        assert!(used.text.contains("340282366920938463463374607431768211457") && used.is_called(&fresh.id));
    }

    #[test]
    fn what_can_not_be_read_opens_nothing() {
        for text in [
            "null",
            "{}",
            "[1]",
            r#"{"device_name": "x", "credential_id": -1, "public_key": {"a": true}}"#,
        ] {
            let key = read(text);
            assert!(
                key.public_key.is_none() && !key.is_called(&[]) && !key.is_called(&[0]),
                "{text}"
            );
            assert_eq!(key.text, text);
        }
    }
}
