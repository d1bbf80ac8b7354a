//! The state of a review room: its keys, and the effect of an update.

use serde_json::{Map, Value, json};

/// The state of a room, as clients see it.
pub(super) type RoomState = Map<String, Value>;

/// Effect of an update that leaves a key out.
#[derive(Clone, Copy)]
enum Absent {
    Nulls,
    Clears,
    Keeps,
}

/// The keys that clients may set, in the order they are shown, with what their absence means.
const KEYS: [(&str, Absent); 17] = [
    ("user_id", Absent::Nulls),
    ("local_id", Absent::Nulls),
    ("is_playing", Absent::Clears),
    ("current_entity_id", Absent::Nulls),
    ("current_entity_index", Absent::Nulls),
    ("current_preview_file_id", Absent::Nulls),
    ("current_preview_file_index", Absent::Nulls),
    ("current_frame", Absent::Keeps),
    ("is_repeating", Absent::Nulls),
    ("is_annotations_displayed", Absent::Clears),
    ("is_zoom_enabled", Absent::Clears),
    ("is_waveform_displayed", Absent::Clears),
    ("is_laser_mode", Absent::Nulls),
    ("handle_in", Absent::Nulls),
    ("handle_out", Absent::Nulls),
    ("speed", Absent::Keeps),
    ("comparing", Absent::Keeps),
];

fn blank_comparison() -> RoomState {
    let blank = json!({
        "enable": false,
        "task_type": null,
        "revision": null,
        "mode": "sidebyside",
        "comparison_preview_index": 0,
    });
    match blank {
        Value::Object(keys) => keys,
        _ => RoomState::new(),
    }
}

/// The state of a room that nobody has set anything in.
pub(super) fn blank_state() -> RoomState {
    KEYS.iter()
        .map(|(key, absent)| {
            let value = match (*key, absent) {
                ("current_frame", _) => json!(0),
                ("comparing", _) => Value::Object(blank_comparison()),
                (_, Absent::Clears) => json!(false),
                _ => Value::Null,
            };
            ((*key).to_owned(), value)
        })
        .collect()
}

/// The state after a client's update; keys that are no part of it are dropped.
pub(super) fn updated_state(mut state: RoomState, mut update: RoomState) -> RoomState {
    for (key, absent) in KEYS {
        let value = match (key, update.remove(key), absent) {
            ("speed", Some(value), _) if !value.is_number() => continue,
            ("comparing", Some(Value::Object(mut given)), _) => {
                let mut comparison = blank_comparison();
                for (key, value) in &mut comparison {
                    if let Some(given) = given.remove(key) {
                        *value = given;
                    }
                }
                Value::Object(comparison)
            }
            ("comparing", Some(_), _) | (_, None, Absent::Keeps) => continue,
            (_, Some(value), _) => value,
            (_, None, Absent::Nulls) => Value::Null,
            (_, None, Absent::Clears) => json!(false),
        };
        state.insert(key.to_owned(), value);
    }
    state
}
