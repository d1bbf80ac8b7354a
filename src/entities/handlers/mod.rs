//! Handlers of the operations of the contract, one file for each tag.

mod assets;
mod concepts;
mod edits;
mod entities;
mod episodes;
mod scenes;
mod sequences;
mod shots;

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use dailies_definitions::query::Query;
use poem::Body;

pub use assets::AssetsHandlers;
pub use concepts::ConceptsHandlers;
pub use edits::EditsHandlers;
pub use entities::EntitiesHandlers;
pub use episodes::EpisodesHandlers;
pub use scenes::ScenesHandlers;
pub use sequences::SequencesHandlers;
pub use shots::ShotsHandlers;

use super::cells::RowForm;
use super::with_tasks::Listing;

/// A switch that only `true` in small letters turns on.
fn is_on(query: &Query, name: &str) -> bool {
    query.get(name) == Some("true")
}

/// The form of rows that a query asks for.
fn form(query: &Query) -> RowForm {
    if is_on(query, "compact") {
        RowForm::Compact
    } else {
        RowForm::Plain
    }
}

/// A listing in the way that a query asks for: one document, or lines.
async fn answer(listing: Listing, query: &Query) -> Result<Media, Failure> {
    if is_on(query, "stream") {
        Ok(Media::content(
            "application/x-ndjson",
            Body::from(listing.into_lines().await?),
        ))
    } else {
        Ok(Media::content(
            "application/json",
            Body::from(listing.into_document().await?),
        ))
    }
}
