//! What answers the operations of the contract, one file for each tag.

mod assets;
mod entities;
mod episodes;
mod sequences;
mod shots;

use dailies_definitions::payload::Media;
use dailies_definitions::query::Query;

pub use assets::AssetsHandlers;
pub use entities::EntitiesHandlers;
pub use episodes::EpisodesHandlers;
pub use sequences::SequencesHandlers;
pub use shots::ShotsHandlers;

use super::cells::Form;
use super::with_tasks::{Listing, body};

/// A switch that only `true` in small letters turns on.
fn is_on(query: &Query, name: &str) -> bool {
    query.get(name) == Some("true")
}

/// The form of rows that a query asks for.
fn form(query: &Query) -> Form {
    if is_on(query, "compact") { Form::Compact } else { Form::Plain }
}

/// A listing in the way that a query asks for: one document, or lines.
fn answer(listing: Listing, query: &Query) -> Media {
    if is_on(query, "stream") {
        Media::content("application/x-ndjson", body(listing.into_lines()))
    } else {
        Media::content("application/json", body(listing.into_document()))
    }
}
