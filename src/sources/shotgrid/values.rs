//! Values of columns that follow from several fields of a record, or from a part of one.

use serde_json::{Value, json};

use super::Record;
use super::reading::RecordReading;
use crate::people::checks::address;

/// An address that ShotGrid gives to those who have none.
const NO_ADDRESS: &str = "changeme@email.com";

/// The address in the form that is stored; none for those who have none.
pub(super) fn email(reading: &RecordReading<'_>) -> Value {
    let text = reading.text("email").trim();
    if text.eq_ignore_ascii_case(NO_ADDRESS) {
        Value::Null
    } else {
        address(text).map_or(Value::Null, Value::from)
    }
}

pub(super) fn role(reading: &RecordReading<'_>) -> Value {
    match reading.text("permission_rule_set.name") {
        "Manager" => "manager",
        "Admin" => "admin",
        _ => "user",
    }
    .into()
}

/// The name of a department: steps are called after it.
pub(super) fn first_word(record: &Record) -> Option<Value> {
    record.get("code")?.as_str()?.split_whitespace().next().map(Value::from)
}

/// The values of a shot that have no columns: first and last frame, and what studios add.
pub(super) fn frames(reading: &RecordReading<'_>) -> Value {
    let mut data = reading.own_fields(&["sg_cut_in", "sg_cut_out", "sg_sequence"]);
    let number = |field: &str| reading.at(field).and_then(Value::as_i64);
    let first = number("sg_cut_in");
    let last = first.map(|first| first.saturating_add(number("sg_cut_duration").unwrap_or_default()));
    data.insert("frame_in".into(), json!(first));
    data.insert("frame_out".into(), json!(last));
    data.into()
}

/// Entity of a task; none where it is of a kind that has no tasks here.
pub(super) fn entity_of_task(reading: &RecordReading<'_>) -> Value {
    let found = ["asset", "shot", "scene", "sequence", "episode"]
        .into_iter()
        .find_map(|lookup| reading.found(lookup));
    found.map_or(Value::Null, |id| id.to_string().into())
}

/// A moment without its zone, which is dropped and not converted.
pub(super) fn moment(reading: &RecordReading<'_>) -> Value {
    reading
        .at("created_at")
        .and_then(Value::as_str)
        .map_or(Value::Null, |text| text.get(..19).unwrap_or(text).into())
}
