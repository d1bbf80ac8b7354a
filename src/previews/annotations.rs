//! Merges what several people draw on one preview. Objects are told apart by their ids, moments by their exact time.

use std::collections::HashSet;

use dailies_definitions::failure::{Failure, FieldProblem};
use dailies_definitions::schemas::{AnnotationChanges, AnnotationDeletion};
use serde_json::{Map, Value, json};
use uuid::Uuid;

type Object = Map<String, Value>;

/// The annotations of one moment, with all that clients keep beside the drawing.
#[derive(Debug)]
struct AnnotatedMoment {
    time: f64,
    /// The entry without its objects.
    entry: Object,
    objects: Vec<Object>,
}

/// The annotations after the changes.
///
/// # Errors
/// 400 when an addition or update is no annotation.
pub(super) fn merge(stored: Value, changes: AnnotationChanges) -> Result<Vec<Value>, Failure> {
    let mut problems = Vec::new();
    let additions = read_moments(changes.additions, "additions", &mut problems);
    let updates = read_moments(changes.updates, "updates", &mut problems);
    if !problems.is_empty() {
        return Err(Failure::fields(&problems));
    }
    let stored = if let Value::Array(entries) = stored {
        entries
    } else {
        Vec::new()
    };
    // Imported data may lack any part. An entry without objects is no annotation, and is dropped.
    let mut moments: Vec<AnnotatedMoment> = stored
        .into_iter()
        .filter_map(|entry| AnnotatedMoment::read(entry).ok())
        .collect();
    moments.iter_mut().flat_map(|moment| &mut moment.objects).for_each(name);
    for addition in additions {
        add(&mut moments, addition);
    }
    for update in updates {
        if let Some(moment) = find(&mut moments, update.time) {
            replace(moment, update.objects);
        }
    }
    for AnnotationDeletion { time, objects } in changes.deletions.into_iter().flatten() {
        if let Some(moment) = find(&mut moments, time) {
            let gone = objects.unwrap_or_default();
            moment.objects.retain(|object| {
                !object
                    .get("id")
                    .and_then(Value::as_str)
                    .is_some_and(|id| gone.iter().any(|gone| gone == id))
            });
        }
    }
    Ok(moments
        .into_iter()
        .filter(|moment| !moment.objects.is_empty())
        .map(AnnotatedMoment::into_value)
        .collect())
}

/// Key of the person who drew an object.
const OWNER: &str = "createdBy";

/// Makes changes those of somebody who may only change what they drew themself: new objects are noted as theirs, and objects
/// of others are left out.
pub(super) fn keep_own(stored: &Value, person_id: Uuid, changes: &mut AnnotationChanges) {
    let own = own_objects(stored, person_id);
    for entry in changes.additions.iter_mut().flatten() {
        for object in objects(entry) {
            object.insert(OWNER.into(), json!(person_id));
        }
    }
    for entry in changes.updates.iter_mut().flatten() {
        let Some(list) = entry
            .get_mut("drawing")
            .and_then(|drawing| drawing.get_mut("objects"))
            .and_then(Value::as_array_mut)
        else {
            continue;
        };
        list.retain(|object| {
            object
                .get("id")
                .and_then(Value::as_str)
                .is_some_and(|id| own.contains(id))
        });
        for object in objects(entry) {
            object.insert(OWNER.into(), json!(person_id));
        }
    }
    for deletion in changes.deletions.iter_mut().flatten() {
        deletion
            .objects
            .iter_mut()
            .for_each(|ids| ids.retain(|id| own.contains(id.as_str())));
    }
}

/// Ids of the objects that a person drew. An id that somebody else uses, too, is nobody's.
fn own_objects(stored: &Value, person_id: Uuid) -> HashSet<&str> {
    let person = person_id.to_string();
    let entries = stored.as_array().into_iter().flatten();
    let objects = entries.flat_map(|entry| entry["drawing"]["objects"].as_array().into_iter().flatten());
    let (mut own, mut others) = (HashSet::new(), HashSet::new());
    for object in objects {
        let Some(id) = object["id"].as_str() else { continue };
        if object[OWNER].as_str() == Some(&person) {
            &mut own
        } else {
            &mut others
        }
        .insert(id);
    }
    own.retain(|id| !others.contains(id));
    own
}

/// The objects of an entry, as far as they are such.
fn objects(entry: &mut Object) -> impl Iterator<Item = &mut Object> {
    let list = entry
        .get_mut("drawing")
        .and_then(|drawing| drawing.get_mut("objects"))
        .and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn read_moments(entries: Option<Vec<Object>>, field: &str, problems: &mut Vec<FieldProblem>) -> Vec<AnnotatedMoment> {
    let mut moments = Vec::new();
    for (at, entry) in entries.into_iter().flatten().enumerate() {
        match AnnotatedMoment::read(entry.into()) {
            Ok(moment) => moments.push(moment),
            Err((place, message)) => problems.push(FieldProblem {
                field: format!("{field}.{at}{place}"),
                message: message.into(),
            }),
        }
    }
    moments
}

impl AnnotatedMoment {
    /// Reads an entry; the error is the field that is wrong with what is wrong.
    fn read(entry: Value) -> Result<Self, (&'static str, &'static str)> {
        let Value::Object(mut entry) = entry else {
            return Err(("", "Input should be a valid dictionary"));
        };
        let time = entry.get("time").ok_or((".time", "Field required"))?;
        let time = time.as_f64().ok_or((".time", "Input should be a valid number"))?;
        let drawing = entry.get_mut("drawing").ok_or((".drawing", "Field required"))?;
        let drawing = drawing
            .as_object_mut()
            .ok_or((".drawing", "Input should be a valid dictionary"))?;
        let objects = drawing
            .get_mut("objects")
            .ok_or((".drawing.objects", "Field required"))?;
        let objects = objects
            .as_array_mut()
            .ok_or((".drawing.objects", "Input should be a valid list"))?;
        let mut read = Vec::new();
        for object in std::mem::take(objects) {
            let Value::Object(object) = object else {
                return Err((".drawing.objects", "Input should be a list of dictionaries"));
            };
            read.push(object);
        }
        Ok(Self {
            time,
            entry,
            objects: read,
        })
    }

    fn into_value(self) -> Value {
        let Self { mut entry, objects, .. } = self;
        entry["drawing"]["objects"] = objects.into_iter().map(Value::Object).collect();
        entry.into()
    }

    fn holds(&self, id: Option<&Value>) -> bool {
        self.objects.iter().any(|object| object.get("id") == id)
    }
}

/// The moment of exactly that time.
fn find(moments: &mut [AnnotatedMoment], time: f64) -> Option<&mut AnnotatedMoment> {
    moments.iter_mut().find(|moment| moment.time == time)
}

/// Gives an id to an object that has none.
fn name(object: &mut Object) {
    if object.get("id").is_none_or(|id| id.is_null() || *id == "") {
        object.insert("id".into(), json!(Uuid::new_v4()));
    }
}

fn add(moments: &mut Vec<AnnotatedMoment>, mut addition: AnnotatedMoment) {
    addition.objects.iter_mut().for_each(name);
    let Some(moment) = find(moments, addition.time) else {
        moments.push(addition);
        return;
    };
    for object in addition.objects {
        if !moment.holds(object.get("id")) {
            moment.objects.push(object);
        }
    }
}

/// Objects that take the place of others go to the front of the picture, which is the end of the list.
fn replace(moment: &mut AnnotatedMoment, objects: Vec<Object>) {
    for object in objects {
        let id = object.get("id").cloned();
        if id.is_some() && moment.holds(id.as_ref()) {
            moment.objects.retain(|old| old.get("id") != id.as_ref());
            moment.objects.push(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(value: Value) -> AnnotationChanges {
        serde_json::from_value(value).expect("changes")
    }

    fn ids(entries: &[Value]) -> Vec<String> {
        let objects = entries
            .iter()
            .flat_map(|entry| entry["drawing"]["objects"].as_array().expect("objects"));
        objects
            .map(|object| object["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    fn drawn(time: f64, objects: Value) -> Value {
        json!({"time": time, "drawing": {"objects": objects}})
    }

    #[test]
    fn objects_are_added_replaced_and_taken_away() {
        let first =
            json!({"additions": [{"time": 0, "drawing": {"objects": [{"type": "path"}, {"id": "a"}]}, "frame": 1}]});
        let stored = merge(Value::Null, changes(first)).expect("merged");
        assert_eq!(stored.len(), 1);
        assert_eq!((&stored[0]["time"], &stored[0]["frame"]), (&json!(0), &json!(1)));
        let made_up = ids(&stored)[0].clone();
        assert_eq!(made_up.len(), 36);

        let stored = merge(
            stored.into(),
            changes(json!({"additions": [drawn(0.0, json!([{"id": "a", "x": 2}, {"id": "b"}]))]})),
        )
        .expect("merged");
        assert_eq!(ids(&stored), [made_up.as_str(), "a", "b"]);
        assert_eq!(stored[0]["drawing"]["objects"][1], json!({"id": "a"}));

        let stored = merge(
            stored.into(),
            changes(json!({"updates": [drawn(0.0, json!([{"id": "a", "x": 9}, {"id": "zz"}]))]})),
        )
        .expect("merged");
        assert_eq!(ids(&stored), [made_up.as_str(), "b", "a"]);
        assert_eq!(stored[0]["drawing"]["objects"][2]["x"], 9);

        let stored = merge(
            stored.into(),
            changes(json!({"deletions": [{"time": 0, "objects": ["b"]}]})),
        )
        .expect("merged");
        assert_eq!(ids(&stored), [made_up.as_str(), "a"]);
    }

    #[test]
    fn guests_change_what_they_drew_themselves() {
        let (guest, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let stored = json!([
            drawn(
                1.0,
                json!([
                    {"id": "mine", "createdBy": guest}, {"id": "theirs", "createdBy": other}, {"id": "nobodys"}, {"id": "both", "createdBy": guest}
                ])
            ),
            drawn(2.0, json!([{"id": "both"}]))
        ]);
        let mut sent = changes(json!({
            "additions": [drawn(1.0, json!([{"id": "new", "createdBy": other}]))],
            "updates": [drawn(1.0, json!([{"id": "mine", "x": 1}, {"id": "theirs", "x": 1}, {"id": "nobodys", "x": 1}]))],
            "deletions": [{"time": 1, "objects": ["theirs", "nobodys", "both"]}],
        }));
        keep_own(&stored, guest, &mut sent);
        let merged = merge(stored, sent).expect("merged");
        assert_eq!(ids(&merged), ["theirs", "nobodys", "both", "new", "mine", "both"]);
        let objects = merged[0]["drawing"]["objects"].as_array().expect("objects");
        assert_eq!(objects[0], json!({"id": "theirs", "createdBy": other}));
        assert_eq!(objects[3], json!({"id": "new", "createdBy": guest}));
        assert_eq!(objects[4], json!({"id": "mine", "x": 1, "createdBy": guest}));
    }

    #[test]
    fn moments_without_objects_disappear() {
        let stored = json!([drawn(1.0, json!([{"id": "a"}])), {"time": 3}]);
        let left = merge(
            stored,
            changes(json!({"deletions": [{"time": 1, "objects": ["a"]}], "additions": [drawn(2.0, json!([]))]})),
        );
        assert_eq!(left.expect("merged"), Vec::<Value>::new());
    }

    #[test]
    fn a_moment_that_is_added_twice_is_one() {
        let twice = json!({"additions": [drawn(1.5, json!([{"id": "a"}])), drawn(1.5, json!([{"id": "b"}]))], "updates": [drawn(9.0, json!([{"id": "a"}]))]});
        let stored = merge(Value::Null, changes(twice)).expect("merged");
        assert_eq!((stored.len(), ids(&stored)), (1, vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_is_no_annotation_is_refused() {
        for wrong in [
            json!({"drawing": {"objects": []}}),
            json!({"time": "x", "drawing": {"objects": []}}),
            json!({"time": 1}),
            drawn(1.0, json!([1])),
        ] {
            let refused = merge(Value::Null, changes(json!({"additions": [wrong]})));
            assert_eq!(refused.expect_err("refused").status(), 400, "{wrong}");
        }
    }
}
