//! OpenTimelineIO, as JSON.

use serde_json::Value;

use super::{Clip, Wrong, whole};

/// A moment or a length as so many frames of a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Time {
    value: f64,
    rate: f64,
}

impl Time {
    fn read(value: &Value) -> Option<Self> {
        let (value, rate) = (value["value"].as_f64()?, value["rate"].as_f64()?);
        (value.is_finite() && rate.is_finite() && rate > 0.0).then_some(Self { value, rate })
    }

    /// The same in frames of another rate.
    fn at(self, rate: f64) -> f64 {
        self.value * rate / self.rate
    }
}

/// A part of something: where it begins, and how long it is.
#[derive(Clone, Copy, Debug)]
struct Range {
    start: Time,
    duration: Time,
}

impl Range {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            start: Time::read(&value["start_time"])?,
            duration: Time::read(&value["duration"])?,
        })
    }
}

/// The kind of an object, without its version.
fn kind(object: &Value) -> &str {
    object["OTIO_SCHEMA"]
        .as_str()
        .unwrap_or_default()
        .split('.')
        .next()
        .unwrap_or_default()
}

fn children(object: &Value) -> &[Value] {
    object["children"].as_array().map_or(&[], Vec::as_slice)
}

/// The clips of a timeline.
///
/// # Errors
/// It is no timeline.
pub(super) fn read_clips(text: &str) -> Result<Vec<Clip>, Wrong> {
    let whole: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let mut clips = Vec::new();
    collect(&whole, &mut clips)?;
    Ok(clips)
}

/// The clips of what may stand at the top of a file.
fn collect(object: &Value, clips: &mut Vec<Clip>) -> Result<(), Wrong> {
    match kind(object) {
        "Timeline" => collect(&object["tracks"], clips),
        "Stack" | "SerializableCollection" => children(object).iter().try_for_each(|child| collect(child, clips)),
        "Track" => {
            let is_video = object["kind"].as_str().is_none_or(|kind| kind == "Video");
            if is_video {
                let name = object["name"].as_str().unwrap_or_default();
                track(object, rate_of(object), 0.0, clips).map_err(|wrong| format!("{wrong} (track '{name}')"))
            } else {
                Ok(())
            }
        }
        "Clip" => {
            let rate = rate_of(object);
            item(object, rate, 0.0, clips).map(|_| ())
        }
        "" => Err("it has no OTIO_SCHEMA".to_owned()),
        _ => Ok(()),
    }
}

/// The rate of the first thing that has one: the frames of a track are counted in it.
fn rate_of(object: &Value) -> f64 {
    let own = Range::read(&object["source_range"])
        .or_else(|| available(object))
        .map(|range| range.duration.rate);
    own.unwrap_or_else(|| {
        children(object)
            .iter()
            .map(rate_of)
            .find(|rate| *rate > 0.0)
            .unwrap_or_default()
    })
}

/// The clips of a track that begins at a frame.
fn track(object: &Value, rate: f64, start: f64, clips: &mut Vec<Clip>) -> Result<(), Wrong> {
    // The part that is cut off in front of a track lies before its beginning.
    let trimmed = Range::read(&object["source_range"]).map_or(0.0, |range| range.start.at(rate));
    let mut at = start - trimmed;
    for child in children(object) {
        at += item(child, rate, at, clips)?;
    }
    Ok(())
}

/// Collects the clips of a part of a track that begins at a frame, and gives its length in frames.
fn item(object: &Value, rate: f64, at: f64, clips: &mut Vec<Clip>) -> Result<f64, Wrong> {
    let own = Range::read(&object["source_range"]);
    match kind(object) {
        // It lies over its neighbours.
        "Transition" => Ok(0.0),
        "Gap" => own
            .map(|range| range.duration.at(rate))
            .ok_or_else(|| "a gap has no length".to_owned()),
        "Clip" => {
            let range = own
                .or_else(|| available(object))
                .ok_or_else(|| format!("the clip '{}' has no length", name(object)))?;
            let length = range.duration.at(rate);
            let first = whole(at);
            let last = (whole(at + length) - 1).max(first);
            clips.push(Clip {
                name: name(object),
                first,
                last,
                length: own.map(|range| whole(range.duration.value)),
                is_placed: true,
            });
            Ok(length)
        }
        "Track" => {
            let length = length_of(object, rate);
            track(object, rate, at, clips)?;
            Ok(length)
        }
        "Stack" => {
            let length = length_of(object, rate);
            for layer in children(object) {
                item(layer, rate, at, clips)?;
            }
            Ok(length)
        }
        other => Err(format!("'{other}' can't be in a track")),
    }
}

/// Length in frames of a part of a track.
fn length_of(object: &Value, rate: f64) -> f64 {
    if let Some(range) = Range::read(&object["source_range"]) {
        return range.duration.at(rate);
    }
    let parts = children(object).iter().map(|child| length_of(child, rate));
    match kind(object) {
        "Stack" => parts.fold(0.0, f64::max),
        "Track" => parts.sum(),
        "Transition" => 0.0,
        _ => available(object).map_or(0.0, |range| range.duration.at(rate)),
    }
}

/// The file that a clip shows.
fn media(clip: &Value) -> &Value {
    let active = clip["active_media_reference_key"].as_str().unwrap_or("DEFAULT_MEDIA");
    clip["media_references"].get(active).unwrap_or(&clip["media_reference"])
}

/// All that there is of a clip.
fn available(clip: &Value) -> Option<Range> {
    Range::read(&media(clip)["available_range"])
}

/// The name of a clip, or that of its file.
fn name(clip: &Value) -> String {
    let media = media(clip);
    let named = |text: &Value| text.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let file = || named(&media["target_url"]).map(|url| url.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
    named(&clip["name"])
        .or_else(|| named(&media["name_prefix"]))
        .or_else(file)
        .or_else(|| named(&media["name"]))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn range(start: f64, duration: f64, rate: f64) -> Value {
        json!({"OTIO_SCHEMA": "TimeRange.1", "start_time": {"value": start, "rate": rate}, "duration": {"value": duration, "rate": rate}})
    }

    fn clip(name: &str, range: Value) -> Value {
        json!({"OTIO_SCHEMA": "Clip.2", "name": name, "source_range": range, "media_references": {"DEFAULT_MEDIA": null}})
    }

    fn timeline(kind: &str, children: Value) -> Value {
        let track = json!({"OTIO_SCHEMA": "Track.1", "kind": kind, "children": children});
        json!({"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [track]}})
    }

    fn ranges(timeline: &Value) -> Vec<(String, i64, i64, Option<i64>)> {
        read_clips(&timeline.to_string())
            .unwrap()
            .into_iter()
            .map(|clip| (clip.name, clip.first, clip.last, clip.length))
            .collect()
    }

    fn found(name: &str, first: i64, last: i64, length: Option<i64>) -> (String, i64, i64, Option<i64>) {
        (name.to_owned(), first, last, length)
    }

    #[test]
    fn clips_follow_one_another() {
        let gap = json!({"OTIO_SCHEMA": "Gap.1", "source_range": range(0.0, 10.0, 25.0)});
        let transition = json!({"OTIO_SCHEMA": "Transition.1", "in_offset": {"value": 5, "rate": 25}, "out_offset": {"value": 5, "rate": 25}});
        let children = json!([
            clip("a.mov", range(100.0, 130.0, 25.0)),
            transition,
            clip("b.mov", range(0.0, 73.0, 25.0)),
            gap,
            clip("c.mov", range(0.0, 1.0, 25.0))
        ]);
        let wanted = [
            found("a.mov", 0, 129, Some(130)),
            found("b.mov", 130, 202, Some(73)),
            found("c.mov", 213, 213, Some(1)),
        ];
        assert_eq!(ranges(&timeline("Video", children.clone())), wanted);
        assert!(ranges(&timeline("Audio", children)).is_empty());
    }

    #[test]
    fn lengths_of_other_rates_and_of_files_count() {
        let file = json!({"OTIO_SCHEMA": "ImageSequenceReference.1", "name_prefix": "sh010.", "available_range": range(0.0, 48.0, 24.0)});
        let nameless = json!({"OTIO_SCHEMA": "Clip.1", "name": "", "source_range": null, "media_reference": file});
        let ranges = ranges(&timeline(
            "Video",
            json!([
                clip("a", range(0.0, 24.0, 24.0)),
                clip("b", range(0.0, 25.0, 25.0)),
                nameless
            ]),
        ));
        assert_eq!(
            ranges,
            [
                found("a", 0, 23, Some(24)),
                found("b", 24, 47, Some(25)),
                found("sh010.", 48, 95, None)
            ]
        );
    }

    #[test]
    fn tracks_may_lie_in_tracks() {
        let inner = json!({"OTIO_SCHEMA": "Track.1", "kind": "Video", "source_range": range(10.0, 20.0, 25.0), "children": [clip("a", range(0.0, 10.0, 25.0)), clip("b", range(0.0, 30.0, 25.0))]});
        let stack = json!({"OTIO_SCHEMA": "Stack.1", "children": [inner]});
        let ranges = ranges(&timeline("Video", json!([stack, clip("c", range(0.0, 5.0, 25.0))])));
        assert_eq!(
            ranges.iter().map(|clip| (clip.0.as_str(), clip.1)).collect::<Vec<_>>(),
            [("a", -10), ("b", 0), ("c", 20)]
        );
    }

    #[test]
    fn what_is_no_timeline_is_refused() {
        for text in ["", "{}", "[1]", r#"{"OTIO_SCHEMA": "Clip.2"}"#, "TITLE: X"] {
            assert!(read_clips(text).is_err(), "{text}");
        }
        assert!(read_clips(&timeline("Video", json!([{"OTIO_SCHEMA": "Sheep.1"}])).to_string()).is_err());
    }
}
