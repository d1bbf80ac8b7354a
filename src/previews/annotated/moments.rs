//! Moments at which something was drawn on a preview, and the frames that they belong to.

use dailies_definitions::failure::Failure;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::previews::annotate;

/// Drawings at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DrawnMoment {
    /// In seconds.
    time: f64,
    pub(super) objects: Vec<Value>,
}

/// The annotations of a preview in their order; what is no annotation is passed over.
pub(super) async fn of_preview(app: &App, id: Uuid) -> Result<Vec<DrawnMoment>, Failure> {
    Ok(read_moments(annotate::stored(&app.database, id).await?))
}

fn read_moments(annotations: Value) -> Vec<DrawnMoment> {
    let Value::Array(entries) = annotations else {
        return Vec::new();
    };
    let moment = |mut entry: Value| {
        let time = entry["time"].as_f64()?;
        let objects = entry.pointer_mut("/drawing/objects").map(Value::take);
        Some(DrawnMoment {
            time,
            objects: objects
                .and_then(|objects| objects.as_array().cloned())
                .unwrap_or_default(),
        })
    };
    entries.into_iter().filter_map(moment).collect()
}

/// Drawings at each frame of a movie, in the order of time.
pub(super) fn by_frame(mut moments: Vec<DrawnMoment>, rate: f64) -> Vec<(i64, DrawnMoment)> {
    moments.sort_by(|one, other| one.time.total_cmp(&other.time));
    let mut frames: Vec<(i64, DrawnMoment)> = Vec::new();
    for moment in moments {
        let number = ((moment.time * rate).round() as i64).saturating_add(1).max(1);
        match frames.last_mut() {
            Some((last, before)) if *last == number => before.objects.extend(moment.objects),
            _ => frames.push((number, moment)),
        }
    }
    frames
}

/// All that was drawn at these moments, if there are any.
pub(super) fn together(mut moments: impl Iterator<Item = DrawnMoment>) -> Option<DrawnMoment> {
    let mut drawn = moments.next()?;
    drawn.objects.extend(moments.flat_map(|moment| moment.objects));
    Some(drawn)
}

/// True if something was drawn at that frame, or within half a frame of it.
pub(super) fn is_at(moment: &DrawnMoment, number: i64, rate: f64) -> bool {
    let wanted = (number - 1) as f64 / rate;
    (moment.time - wanted).abs() <= 0.5 / rate + 1e-6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotations_are_read_as_far_as_they_are_such() {
        let stored = json!([{"time": 1, "drawing": {"objects": [{"id": "a"}]}}, {"time": "x"}, 7, {"time": 0.5}]);
        let found = read_moments(stored);
        assert_eq!(
            found,
            [
                DrawnMoment {
                    time: 1.0,
                    objects: vec![json!({"id": "a"})]
                },
                DrawnMoment {
                    time: 0.5,
                    objects: Vec::new()
                }
            ]
        );
        assert!(read_moments(Value::Null).is_empty());
    }

    #[test]
    fn moments_of_one_frame_are_drawn_together() {
        let moment = |time: f64, id: &str| DrawnMoment {
            time,
            objects: vec![json!(id)],
        };
        let frames = by_frame(
            vec![moment(0.41, "c"), moment(-3.0, "x"), moment(0.0, "a"), moment(0.4, "b")],
            25.0,
        );
        assert_eq!(frames.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 11]);
        assert_eq!(frames[0].1.objects, [json!("x"), json!("a")]);
        assert_eq!(frames[1].1.objects, [json!("b"), json!("c")]);
    }

    #[test]
    fn half_a_frame_is_near_enough() {
        let moment = |time: f64| DrawnMoment {
            time,
            objects: Vec::new(),
        };
        assert!(is_at(&moment(1.64), 42, 25.0) && is_at(&moment(1.66), 42, 25.0) && is_at(&moment(0.0), 1, 24.0));
        assert!(!is_at(&moment(1.67), 42, 25.0) && !is_at(&moment(1.6), 42, 25.0));
    }
}
