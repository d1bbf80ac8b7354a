//! Events: what is told of a change, to whom, and whether the log keeps it.

use std::borrow::Cow;

use sea_orm::DbErr;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, json};
use uuid::Uuid;

use crate::realtime::Audience;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `task:update`.
    pub name: Cow<'static, str>,
    /// Subject of the event, by key.
    pub payload: Payload,
    /// The production that it happened in; added to the payload as `project_id`.
    pub project_id: Option<Uuid>,
    /// True if it is kept in the log, besides being announced.
    pub kept: bool,
    /// Persons who are told.
    pub audience: Audience,
    /// True if `person_id` says who did it, which clients of the production are not told.
    pub signed: bool,
}

impl Event {
    /// Event that the log keeps, in a production and for its team; in none, for administrators alone.
    pub(super) fn of_team(project_id: Option<Uuid>, name: impl Into<Cow<'static, str>>, payload: Payload) -> Self {
        Self {
            name: name.into(),
            payload,
            project_id,
            kept: true,
            audience: team(project_id),
            signed: false,
        }
    }

    /// Event that the log keeps, outside of productions, for administrators alone.
    pub(super) fn of_none(name: impl Into<Cow<'static, str>>, payload: Payload) -> Self {
        Self::of_team(None, name, payload)
    }

    /// The event for another audience.
    pub(super) fn to(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// The event without the person of `person_id` for clients.
    pub(super) fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    /// The event without a row in the log.
    pub(super) fn not_kept(self) -> Self {
        Self { kept: false, ..self }
    }
}

/// Subject of an event, by key.
pub type Payload = Map<String, serde_json::Value>;

/// A payload of ids.
pub fn payload<const N: usize>(keys: [(&str, Uuid); N]) -> Payload {
    keys.into_iter().map(|(key, id)| (key.to_owned(), json!(id))).collect()
}

/// A payload as it is announced.
pub(super) fn written(payload: &Payload) -> Result<Box<RawValue>, DbErr> {
    to_raw_value(payload).map_err(|error| DbErr::Json(error.to_string()))
}

/// A payload that does not say who did it.
pub(super) fn unsigned(payload: &Payload) -> Payload {
    payload
        .iter()
        .filter(|(key, _)| *key != "person_id")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The team of a production; of none, administrators alone.
pub(super) fn team(project_id: Option<Uuid>) -> Audience {
    project_id.map_or_else(|| Audience::Team(Vec::new()), Audience::Project)
}
