//! Frame rates in the metadata of entities.

use dailies_definitions::failure::Failure;
use serde_json::{Map, Value};

use crate::crud::require_frame_rate;

/// Refuses a frame rate in metadata that is none. One that is stored already can be sent back.
///
/// # Errors
/// 400 that names the field.
pub fn check(data: Option<&Map<String, Value>>, stored: Option<&Map<String, Value>>) -> Result<(), Failure> {
    match data.and_then(|data| data.get("fps")) {
        Some(rate) if stored.and_then(|stored| stored.get("fps")) != Some(rate) => require_frame_rate("data.fps", rate),
        _ => Ok(()),
    }
}
