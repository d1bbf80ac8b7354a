//! Draft of a comment, read from the fields of a body or form.

use chrono::NaiveDateTime;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attachments::Attachment;

/// A comment that is about to be posted.
#[derive(Clone, Debug)]
pub struct Draft {
    pub task_id: Uuid,
    /// Status that the task gets.
    pub task_status_id: Option<Uuid>,
    pub text: String,
    /// A JSON list.
    pub checklist: Value,
    pub links: Vec<String>,
    pub author_id: Uuid,
    /// Moment at which it was written, where that is not now.
    pub created_at: Option<NaiveDateTime>,
    pub for_client: bool,
    pub attachments: Vec<Attachment>,
}

impl Draft {
    /// A comment of now that has a text alone, and is not for clients.
    #[must_use]
    pub fn new(task_id: Uuid, task_status_id: Option<Uuid>, text: String, author_id: Uuid) -> Self {
        Self {
            task_id,
            task_status_id,
            text,
            checklist: Value::Array(Vec::new()),
            links: Vec::new(),
            author_id,
            created_at: None,
            for_client: false,
            attachments: Vec::new(),
        }
    }
}

/// The fields of a comment, before it is known who may set which.
#[derive(Clone, Debug)]
pub struct Fields {
    pub task_status_id: Uuid,
    pub text: String,
    pub checklist: Value,
    pub links: Vec<String>,
    /// The author as it was given.
    pub person_id: Option<String>,
    pub created_at: Option<NaiveDateTime>,
    pub for_client: bool,
}

impl Fields {
    /// Fields of a single comment, which needs no text.
    ///
    /// # Errors
    /// 400 for fields that are missing or of the wrong kind.
    pub fn of_comment(fields: &Map<String, Value>) -> Result<Self, Failure> {
        Self::read(fields, "comment", false)
    }

    /// Fields of an entry of a batch, which needs a text.
    ///
    /// # Errors
    /// 400 for fields that are missing or of the wrong kind.
    pub fn of_batch_entry(fields: &Map<String, Value>) -> Result<Self, Failure> {
        Self::read(fields, "text", true)
    }

    /// Reads fields; `text_key` is the one that holds the text, and `required` says that it must be there.
    fn read(fields: &Map<String, Value>, text_key: &str, required: bool) -> Result<Self, Failure> {
        let status =
            text(fields, "task_status_id")?.ok_or_else(|| Failure::field("task_status_id", "Field required"))?;
        let wrong_id = || {
            Failure::field(
                "task_status_id",
                "Input should be a valid UUID, 36 characters with hyphens",
            )
        };
        let words = text(fields, text_key)?;
        if required && words.is_none() {
            return Err(Failure::field(text_key, "Field required"));
        }
        let links = list(fields, "links")?.into_iter().map(|link| match link {
            Value::String(link) => Ok(link),
            _ => Err(Failure::field("links", "Input should be a valid string")),
        });
        Ok(Self {
            task_status_id: parse_id(&status).ok_or_else(wrong_id)?,
            text: words.unwrap_or_default(),
            checklist: list(fields, "checklist")?.into(),
            links: links.collect::<Result<_, _>>()?,
            person_id: text(fields, "person_id")?.filter(|id| !id.is_empty()),
            created_at: text(fields, "created_at")?.as_deref().and_then(moment),
            for_client: flag(fields, "for_client")?,
        })
    }

    /// A draft of this on a task. Author, date and whether clients see it are heeded for those who manage the production.
    ///
    /// # Errors
    /// 404 for an author who can't exist.
    pub fn draft(self, task_id: Uuid, caller: Uuid, manages: bool) -> Result<Draft, Failure> {
        let author = self
            .person_id
            .filter(|_| manages)
            .map(|id| parse_id(&id).ok_or_else(|| Failure::not_found().naming("person_id")))
            .transpose()?;
        Ok(Draft {
            task_id,
            task_status_id: Some(self.task_status_id),
            text: self.text,
            checklist: self.checklist,
            links: self.links,
            author_id: author.unwrap_or(caller),
            created_at: self.created_at.filter(|_| manages),
            for_client: self.for_client && manages,
            attachments: Vec::new(),
        })
    }
}

/// A text; null is as good as nothing, since batches send it.
fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, Failure> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text.clone())),
        Some(_) => Err(Failure::field(key, "Input should be a valid string")),
    }
}

/// A list, which forms send as JSON text. Nothing, or empty text, is an empty one.
fn list(fields: &Map<String, Value>, key: &str) -> Result<Vec<Value>, Failure> {
    let wrong = || Failure::field(key, "Input should be a valid list");
    let items = match fields.get(key) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) if text.trim().is_empty() => Vec::new(),
        Some(Value::String(text)) => match serde_json::from_str(text).map_err(|_| wrong())? {
            Value::Null => Vec::new(),
            Value::Array(items) => items,
            _ => return Err(wrong()),
        },
        Some(_) => return Err(wrong()),
    };
    // No database takes NUL characters.
    if items.iter().any(has_nul) {
        Err(Failure::field(key, "Input should be a valid string"))
    } else {
        Ok(items)
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn flag(fields: &Map<String, Value>, key: &str) -> Result<bool, Failure> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(yes)) => Ok(*yes),
        Some(Value::String(word)) => match word.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "t" | "y" => Ok(true),
            "false" | "0" | "no" | "off" | "f" | "n" | "" => Ok(false),
            _ => Err(Failure::field(
                key,
                "Input should be a valid boolean, unable to interpret input",
            )),
        },
        Some(_) => Err(Failure::field(key, "Input should be a valid boolean")),
    }
}

/// A moment with a `T` or a blank in the middle; anything else stands for now.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"));
    // No client can read years outside of these.
    moment
        .ok()
        .filter(|moment| (1970..=9999).contains(&chrono::Datelike::year(moment)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Result<Fields, Failure> {
        Fields::of_comment(value.as_object().expect("an object"))
    }

    #[test]
    fn forms_and_json_say_the_same() {
        let status = Uuid::new_v4();
        let sent = json!({"task_status_id": status, "comment": "Hi", "checklist": [{"text": "a", "done": 1}], "links": ["x"], "for_client": true});
        let form = json!({
            "task_status_id": status, "comment": "Hi", "checklist": "[{\"text\": \"a\", \"done\": 1}]", "links": "[\"x\"]", "for_client": "true",
        });
        for value in [sent, form] {
            let read = fields(value).expect("fields");
            assert_eq!((read.text.as_str(), read.links.len(), read.for_client), ("Hi", 1, true));
            assert_eq!(read.checklist, json!([{"text": "a", "done": 1}]));
        }
    }

    #[test]
    fn wrong_fields_of_a_comment_are_refused() {
        let status = Uuid::new_v4();
        for value in [
            json!({}),
            json!({"task_status_id": "x"}),
            json!({"task_status_id": status, "checklist": "{"}),
            json!({"task_status_id": status, "checklist": [{"text": "\u{0}"}]}),
            json!({"task_status_id": status, "links": [1]}),
            json!({"task_status_id": status, "for_client": "perhaps"}),
        ] {
            assert!(fields(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn only_managers_write_for_others() {
        let (status, caller, other) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let sent = json!({"task_status_id": status, "person_id": other, "created_at": "2026-03-02 10:00:00", "for_client": true});
        let read = fields(sent).expect("fields");
        let draft = read.clone().draft(Uuid::new_v4(), caller, false).expect("a draft");
        assert_eq!(
            (draft.author_id, draft.created_at, draft.for_client),
            (caller, None, false)
        );
        let draft = read.draft(Uuid::new_v4(), caller, true).expect("a draft");
        assert_eq!((draft.author_id, draft.for_client), (other, true));
        assert!(draft.created_at.is_some());
    }

    #[test]
    fn moments_in_other_forms_stand_for_now() {
        assert!(moment("2026-03-02T10:00:00").is_some());
        assert!(moment("2026-03-02 10:00").is_none());
        assert!(moment("").is_none());
    }
}
