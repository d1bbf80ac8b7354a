//! Subjects of the measurements: the calls, and where the records come from that they name. A new call is a new line.

/// A call that changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub name: &'static str,
    pub method: &'static str,
    /// Path and query, with places of [`PLACES`] in braces.
    pub path: &'static str,
    /// JSON, with places in double braces, since it has braces of its own.
    pub body: &'static str,
    /// True if the caller has the answer, and asks whether it still holds.
    pub known: bool,
}

const fn get(name: &'static str, path: &'static str) -> Reading {
    Reading {
        name,
        method: "GET",
        path,
        body: "",
        known: false,
    }
}

const fn known(name: &'static str, path: &'static str) -> Reading {
    Reading {
        known: true,
        ..get(name, path)
    }
}

const fn ask(name: &'static str, path: &'static str, body: &'static str) -> Reading {
    Reading {
        method: "POST",
        body,
        ..get(name, path)
    }
}

/// A call that changes something: one of the bench's own records.
#[derive(Clone, Copy, Debug)]
pub struct Writing {
    pub name: &'static str,
    pub method: &'static str,
    /// Path, with places of the bench's own production in braces. Each client has a task and an asset of its own.
    pub path: &'static str,
    /// Bodies by turns, so that each call changes what the one before it has set. Places are in double braces.
    pub bodies: [&'static str; 2],
    /// True if a picture is published with the comment that the call writes.
    pub picture: bool,
}

const fn put(name: &'static str, path: &'static str, bodies: [&'static str; 2]) -> Writing {
    Writing {
        name,
        method: "PUT",
        path,
        bodies,
        picture: false,
    }
}

const fn post(name: &'static str, path: &'static str, bodies: [&'static str; 2]) -> Writing {
    Writing {
        method: "POST",
        ..put(name, path, bodies)
    }
}

/// Places of values: a name, a path to ask, and a pointer into the answer. Later ones may name earlier ones.
pub const PLACES: [(&str, &str, &str); 16] = [
    ("person", "/auth/authenticated", "/user/id"),
    ("project", "/data/projects/open", "/0/id"),
    ("shot", "/data/projects/{project}/shots", "/0/id"),
    ("sequence", "/data/projects/{project}/sequences", "/0/id"),
    ("episode", "/data/projects/{project}/episodes", "/0/id"),
    ("asset", "/data/projects/{project}/assets", "/0/id"),
    ("asset_type", "/data/projects/{project}/asset-types", "/0/id"),
    ("task", "/data/shots/{shot}/tasks", "/0/id"),
    ("task_type", "/data/shots/{shot}/tasks", "/0/task_type_id"),
    ("task_status", "/data/shots/{shot}/tasks", "/0/task_status_id"),
    ("preview", "/data/preview-files?page=1", "/data/0/id"),
    ("comment", "/data/projects/{project}/comments?page=1", "/data/0/id"),
    (
        "commented",
        "/data/projects/{project}/comments?page=1",
        "/data/0/object_id",
    ),
    ("playlist", "/data/projects/{project}/playlists", "/0/id"),
    ("department", "/data/departments", "/0/id"),
    ("news", "/data/projects/{project}/news", "/data/0/id"),
];

/// Every call that changes nothing, in the order of the table.
pub const READINGS: &[Reading] = &[
    ask(
        "sign in",
        "/auth/login",
        r#"{"email": "{{email}}", "password": "{{password}}"}"#,
    ),
    get("who am I", "/auth/authenticated"),
    get("status", "/status"),
    get("context of a person", "/data/user/context"),
    get("shots with tasks", "/data/shots/with-tasks?project_id={project}"),
    get(
        "shots with tasks, compact",
        "/data/shots/with-tasks?project_id={project}&compact=true",
    ),
    get("assets with tasks", "/data/assets/with-tasks?project_id={project}"),
    get(
        "sequences with tasks",
        "/data/sequences/with-tasks?project_id={project}",
    ),
    get("shots of a production", "/data/projects/{project}/shots"),
    get("assets of a production", "/data/projects/{project}/assets"),
    get("tasks of a production", "/data/projects/{project}/tasks"),
    get("tasks of a production, a page", "/data/projects/{project}/tasks?page=1"),
    get(
        "casting of a sequence",
        "/data/projects/{project}/sequences/{sequence}/casting",
    ),
    get("casting of all shots", "/data/projects/{project}/sequences/all/casting"),
    get("export of shots", "/export/csv/projects/{project}/shots.csv"),
    get("export of tasks", "/export/csv/tasks.csv"),
    get("one shot", "/data/shots/{shot}"),
    get("one asset", "/data/assets/{asset}"),
    get("one sequence", "/data/sequences/{sequence}"),
    get("one episode", "/data/episodes/{episode}"),
    get("one task, full", "/data/tasks/{commented}/full"),
    get("comments of a task", "/data/tasks/{commented}/comments"),
    get("previews of a task", "/data/tasks/{commented}/previews"),
    get(
        "thumbnail of a preview",
        "/pictures/thumbnails/preview-files/{preview}.png",
    ),
    get(
        "square thumbnail of a preview",
        "/pictures/thumbnails-square/preview-files/{preview}.png",
    ),
    get("open tasks", "/data/tasks/open-tasks"),
    get("to do", "/data/user/tasks"),
    get("done", "/data/user/done-tasks"),
    get("notifications", "/data/user/notifications"),
    get("last events", "/data/events/last?limit=100"),
    get("news of a production", "/data/projects/{project}/news"),
    get("playlists of a production", "/data/projects/{project}/playlists"),
    get("open productions", "/data/projects/open"),
    get("all productions", "/data/projects/all"),
    get("team", "/data/projects/{project}/team"),
    get("task types of a production", "/data/projects/{project}/task-types"),
    get(
        "task statuses of a production",
        "/data/projects/{project}/settings/task-status",
    ),
    get("metadata descriptors", "/data/projects/{project}/metadata-descriptors"),
    get("schedule items", "/data/projects/{project}/schedule-items"),
    get("milestones", "/data/projects/{project}/milestones"),
    get("budgets", "/data/projects/{project}/budgets"),
    get("time spents of a production", "/data/projects/{project}/time-spents"),
    get("time by month", "/data/persons/time-spents/month-table/2026"),
    get("time by day", "/data/persons/time-spents/day-table/2026/3"),
    get("time by week", "/data/persons/time-spents/week-table/2026"),
    get("persons", "/data/persons"),
    get("one person", "/data/persons/{person}"),
    get("CRUD list of tasks, a page", "/data/tasks?page=1"),
    get(
        "CRUD list of tasks of a type",
        "/data/tasks?project_id={project}&task_type_id={task_type}",
    ),
    get("CRUD one task", "/data/tasks/{task}"),
    get("CRUD one entity", "/data/entities/{shot}"),
    get("CRUD one production", "/data/projects/{project}"),
    get("CRUD one comment", "/data/comments/{comment}"),
    get("CRUD one preview file", "/data/preview-files/{preview}"),
    get("CRUD one task type", "/data/task-types/{task_type}"),
    get("CRUD list of departments", "/data/departments"),
    get("CRUD list of task types", "/data/task-types"),
    get("page of preview files", "/data/preview-files?page=1"),
    get(
        "page of tasks of a production",
        "/data/tasks?project_id={project}&page=1",
    ),
    get(
        "page of entities of a production",
        "/data/entities?project_id={project}&page=1",
    ),
    get("page of comments", "/data/comments?page=1"),
    get(
        "page of comments of a production",
        "/data/projects/{project}/comments?page=1",
    ),
    get(
        "page of preview files of a task",
        "/data/preview-files?task_id={commented}&page=1",
    ),
    get("page of time spents", "/data/time-spents?page=1"),
    get("page of notifications", "/data/notifications?page=1"),
    get("page of news", "/data/news?page=1"),
    get("page of events", "/data/events?page=1"),
    get("page of persons", "/data/persons?page=1"),
    known("context of a person, known", "/data/user/context"),
    known("shots with tasks, known", "/data/shots/with-tasks?project_id={project}"),
    known(
        "assets with tasks, known",
        "/data/assets/with-tasks?project_id={project}",
    ),
    known("tasks of a production, known", "/data/projects/{project}/tasks"),
    known(
        "casting of all shots, known",
        "/data/projects/{project}/sequences/all/casting",
    ),
    known(
        "page of tasks of a production, known",
        "/data/tasks?project_id={project}&page=1",
    ),
    known("task types, known", "/data/task-types"),
    ask("search", "/data/search", r#"{"query": "SQ10 SH01", "limit": 20}"#),
    ask(
        "search in a production",
        "/data/search",
        r#"{"query": "SQ10 SH01", "project_id": "{{project}}", "limit": 20}"#,
    ),
    ask("search with a mistake", "/data/search", r#"{"query": "enviromnet"}"#),
];

/// Comments that set one status after the other.
const COMMENTS: [&str; 2] = [
    r#"{"task_status_id": "{{other_status}}", "comment": "Measured."}"#,
    r#"{"task_status_id": "{{own_status}}", "comment": "Measured."}"#,
];

/// Every call that changes a record, in the order of the table.
pub const WRITINGS: &[Writing] = &[
    put(
        "update of a task",
        "/data/tasks/{own_task}",
        [r#"{"priority": 1}"#, r#"{"priority": 2}"#],
    ),
    put(
        "update of an asset",
        "/data/entities/{own_asset}",
        [
            r#"{"description": "Measured."}"#,
            r#"{"description": "Measured again."}"#,
        ],
    ),
    post("comment with status", "/actions/tasks/{own_task}/comment", COMMENTS),
    Writing {
        picture: true,
        ..post(
            "upload of a preview with its comment",
            "/actions/tasks/{own_task}/comment",
            COMMENTS,
        )
    },
    post(
        "time spent",
        "/actions/tasks/{own_task}/time-spents/2026-03-02/persons/{own_member}",
        [r#"{"duration": 60}"#, r#"{"duration": 90}"#],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Places of the bench's own production.
    const OWN: [&str; 5] = ["own_task", "own_asset", "own_status", "other_status", "own_member"];

    /// Names of the places in a path, or between double braces in a body.
    fn places(text: &str) -> impl Iterator<Item = &str> {
        let (open, close) = if text.starts_with('/') {
            ("{", "}")
        } else {
            ("{{", "}}")
        };
        text.split(open)
            .skip(1)
            .filter_map(move |rest| rest.split_once(close))
            .map(|(place, _)| place)
    }

    #[test]
    fn names_are_unique_and_places_are_known() {
        let names: HashSet<&str> = READINGS
            .iter()
            .map(|reading| reading.name)
            .chain(WRITINGS.iter().map(|writing| writing.name))
            .collect();
        assert_eq!(names.len(), READINGS.len() + WRITINGS.len());
        // Those of whoever signs in are set before.
        let known: HashSet<&str> = PLACES
            .iter()
            .map(|(name, ..)| *name)
            .chain(["email", "password"])
            .collect();
        let asked = PLACES.iter().map(|(_, path, _)| *path);
        for text in READINGS
            .iter()
            .flat_map(|reading| [reading.path, reading.body])
            .chain(asked)
        {
            assert!(places(text).all(|place| known.contains(place)), "{text}");
        }
    }

    #[test]
    fn what_writes_names_nothing_but_own_records() {
        for writing in WRITINGS {
            assert!(places(writing.path).next().is_some(), "{}", writing.name);
            for text in [writing.path, writing.bodies[0], writing.bodies[1]] {
                assert!(
                    places(text).all(|place| OWN.contains(&place)),
                    "{}: {text}",
                    writing.name
                );
            }
            assert_ne!(writing.bodies[0], writing.bodies[1], "{} changes nothing", writing.name);
        }
    }
}
