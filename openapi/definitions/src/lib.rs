//! Demands of the contract on a server, as Rust: a handler trait and a poem-openapi API for each tag, a type for each
//! schema, and the few types that the generated code and the handlers share. Nothing here knows how the server works.

pub mod access;
pub mod call;
pub mod describe;
pub mod facts;
pub mod failure;
pub mod payload;
pub mod query;
mod reading;
pub mod submission;
mod validate;

include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// The completed contract, OpenAPI 3.0.3, as JSON.
pub const CONTRACT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Names that every generated file uses.
mod prelude {
    pub(crate) use std::sync::{Arc, LazyLock};

    pub(crate) use async_trait::async_trait;
    pub(crate) use chrono::{NaiveDate, NaiveDateTime};
    pub(crate) use poem::http::Method;
    pub(crate) use serde_json::Value;
    pub(crate) use uuid::Uuid;

    pub(crate) use crate::access::*;
    pub(crate) use crate::call::{Crud, RouteTable, Visitor, granted, route};
    pub(crate) use crate::describe::schema;
    pub(crate) use crate::failure::Failure;
    pub(crate) use crate::payload::{Json, Media, NoContent};
    pub(crate) use crate::query::Query;
    pub(crate) use crate::rules::{Collection, Guard, RecordRule, Rule};
    pub(crate) use crate::submission::Submission;
}
