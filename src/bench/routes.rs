//! Subjects of the measurements: the calls, and where the records come from that they name. A new route is a new line.

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// Path and query, with places of [`PLACES`] in braces.
    pub(super) path: &'static str,
    /// JSON, with places in double braces, since it has braces of its own.
    pub(super) body: &'static str,
    /// Whether the call changes something: then it names the bench's own records.
    pub(super) writes: bool,
    /// Whether the caller has the answer, and asks whether it still holds.
    pub(super) known: bool,
}

const fn get(name: &'static str, path: &'static str) -> Route {
    Route { name, method: "GET", path, body: "", writes: false, known: false }
}

const fn known(name: &'static str, path: &'static str) -> Route {
    Route { known: true, ..get(name, path) }
}

const fn ask(name: &'static str, path: &'static str, body: &'static str) -> Route {
    Route { method: "POST", body, ..get(name, path) }
}

const fn put(name: &'static str, path: &'static str, body: &'static str) -> Route {
    Route { method: "PUT", body, writes: true, ..get(name, path) }
}

const fn post(name: &'static str, path: &'static str, body: &'static str) -> Route {
    Route { method: "POST", body, writes: true, ..get(name, path) }
}

/// Places of values: a name, a path to ask, and a pointer into the answer. Later ones may name earlier ones.
pub(super) const PLACES: [(&str, &str, &str); 17] = [
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
    ("commented", "/data/projects/{project}/comments?page=1", "/data/0/object_id"),
    ("playlist", "/data/projects/{project}/playlists", "/0/id"),
    ("member", "/data/projects/{project}/team", "/0/id"),
    ("department", "/data/departments", "/0/id"),
    ("news", "/data/projects/{project}/news", "/data/0/id"),
];

/// Every measured call, in the order of the table.
pub(super) const ROUTES: &[Route] = &[
    ask("sign in", "/auth/login", r#"{"email": "{{email}}", "password": "{{password}}"}"#),
    get("who am I", "/auth/authenticated"),
    get("status", "/status"),
    get("context of a person", "/data/user/context"),
    get("shots with tasks", "/data/shots/with-tasks?project_id={project}"),
    get("shots with tasks, compact", "/data/shots/with-tasks?project_id={project}&compact=true"),
    get("assets with tasks", "/data/assets/with-tasks?project_id={project}"),
    get("sequences with tasks", "/data/sequences/with-tasks?project_id={project}"),
    get("shots of a production", "/data/projects/{project}/shots"),
    get("assets of a production", "/data/projects/{project}/assets"),
    get("tasks of a production", "/data/projects/{project}/tasks"),
    get("tasks of a production, a page", "/data/projects/{project}/tasks?page=1"),
    get("casting of a sequence", "/data/projects/{project}/sequences/{sequence}/casting"),
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
    get("thumbnail of a preview", "/pictures/thumbnails/preview-files/{preview}.png"),
    get("square thumbnail of a preview", "/pictures/thumbnails-square/preview-files/{preview}.png"),
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
    get("task statuses of a production", "/data/projects/{project}/settings/task-status"),
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
    get("CRUD list of tasks of a type", "/data/tasks?project_id={project}&task_type_id={task_type}"),
    get("CRUD one task", "/data/tasks/{task}"),
    get("CRUD one entity", "/data/entities/{shot}"),
    get("CRUD one production", "/data/projects/{project}"),
    get("CRUD one comment", "/data/comments/{comment}"),
    get("CRUD one preview file", "/data/preview-files/{preview}"),
    get("CRUD one task type", "/data/task-types/{task_type}"),
    get("CRUD list of departments", "/data/departments"),
    get("CRUD list of task types", "/data/task-types"),
    get("page of preview files", "/data/preview-files?page=1"),
    get("page of tasks of a production", "/data/tasks?project_id={project}&page=1"),
    get("page of entities of a production", "/data/entities?project_id={project}&page=1"),
    get("page of comments", "/data/comments?page=1"),
    get("page of comments of a production", "/data/projects/{project}/comments?page=1"),
    get("page of preview files of a task", "/data/preview-files?task_id={commented}&page=1"),
    get("page of time spents", "/data/time-spents?page=1"),
    get("page of notifications", "/data/notifications?page=1"),
    get("page of news", "/data/news?page=1"),
    get("page of events", "/data/events?page=1"),
    get("page of persons", "/data/persons?page=1"),
    known("context of a person, known", "/data/user/context"),
    known("shots with tasks, known", "/data/shots/with-tasks?project_id={project}"),
    known("assets with tasks, known", "/data/assets/with-tasks?project_id={project}"),
    known("tasks of a production, known", "/data/projects/{project}/tasks"),
    known("casting of all shots, known", "/data/projects/{project}/sequences/all/casting"),
    known("page of tasks of a production, known", "/data/tasks?project_id={project}&page=1"),
    known("task types, known", "/data/task-types"),
    ask("search", "/data/search", r#"{"query": "SQ10 SH01", "limit": 20}"#),
    ask("search with a mistake", "/data/search", r#"{"query": "enviromnet"}"#),
    put("CRUD update of a task", "/data/tasks/{own_task}", r#"{"priority": 1}"#),
    put("CRUD update of an entity", "/data/entities/{own_asset}", r#"{"description": "Measured."}"#),
    post("comment on a task", "/actions/tasks/{own_task}/comment", r#"{"task_status_id": "{{own_status}}", "comment": "Measured."}"#),
    post("time spent", "/actions/tasks/{own_task}/time-spents/2026-03-02/persons/{member}", r#"{"duration": 60}"#),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Places of the bench's own production, which it makes for calls that write.
    const OWN: [&str; 3] = ["own_task", "own_asset", "own_status"];

    #[test]
    fn names_are_unique_and_places_are_known() {
        let names: HashSet<&str> = ROUTES.iter().map(|route| route.name).collect();
        assert_eq!(names.len(), ROUTES.len());
        let known: HashSet<&str> = PLACES.iter().map(|(name, ..)| *name).chain(OWN).collect();
        for text in ROUTES.iter().map(|route| route.path).chain(PLACES.iter().map(|(_, path, _)| *path)) {
            for place in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                assert!(known.contains(place.0), "{text}");
            }
        }
    }

    #[test]
    fn what_writes_names_nothing_but_own_records() {
        for route in ROUTES {
            let own = OWN.iter().any(|place| route.path.contains(&format!("{{{place}}}")));
            assert_eq!(route.writes, own, "{}", route.name);
        }
    }
}
