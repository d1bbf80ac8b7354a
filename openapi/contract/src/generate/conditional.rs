//! Writes the routes of operations whose answer may be there already.

use std::fmt::Write;

use super::operations::placed;
use crate::conditional::Conditional;
use crate::model::{Operation, Place};

/// Parts of the route of an operation whose answer the client may have.
pub(super) struct ConditionalRoute<'a> {
    /// Owners of the rows that the answer shows.
    pub(super) owners: Conditional,
    /// Name of the caller, and of the proof that the access rule makes of it.
    pub(super) caller: &'a str,
    /// True if the proof knows the production.
    pub(super) of_production: bool,
    /// Lines that ask the access rule and read the query.
    pub(super) reads: String,
    /// The call of the handler.
    pub(super) call: String,
    pub(super) status: u16,
}

/// Says what is asked, and how it is answered, where the answer is not there already.
pub(super) fn conditional(text: &mut String, operation: &Operation, route: &ConditionalRoute) {
    let ConditionalRoute {
        owners,
        caller,
        of_production,
        reads,
        call,
        status,
    } = route;
    let named = |place| placed(operation, place).any(|parameter| parameter.name == "project_id");
    let _ = writeln!(
        text,
        "            let asked = call.asked({:?}, &{caller});\n            let api = &*api;",
        operation.id
    );
    let role = if *of_production {
        format!("Some({caller}.role())")
    } else {
        "None".to_owned()
    };
    let production = match owners {
        Conditional::Everything => "None".to_owned(),
        Conditional::Production if *of_production => format!("Some({caller}.project_id())"),
        Conditional::Production if named(Place::Path) => "Some(project_id)".to_owned(),
        Conditional::Production if named(Place::Query) => {
            text.push_str("            let production = call.asked_production();\n");
            "production".to_owned()
        }
        Conditional::Production => "None".to_owned(),
    };
    let _ = writeln!(
        text,
        "            api.guard.conditional(asked, Box::pin(async move {{\n{reads}            \
         granted({role}, {production}, async move {{ Ok(api.{call}.await?.into_response({status})) }})\n            \
         }})).await"
    );
}
