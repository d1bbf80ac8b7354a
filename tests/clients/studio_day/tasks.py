"""Tasks in bulk, assigned, started, to review, and on todo lists."""

import gazu

from studio_day import shapes
from studio_day.comments import comment_events
from studio_day.day import SOME_ID, URL, answer, by_id, refused
from studio_day.listeners import Some
from studio_day.releases import assign_task, assign_tasks, create_tasks_of, tasks_to_check
from studio_day.shapes import has_keys, has_no_secrets


def create_tasks(day):
    """Tasks in bulk, assigned, started, sent to review, and seen by the people who do them."""
    project = day.project
    shots = [day.shots["E01", "SH010"], day.shots["E01", "SH020"], day.shots["E02", "SH010"]]
    route = f"actions/projects/{project['id']}/task-types/{day.task_types['layout']['id']}/shots/create-tasks"
    layouts = gazu.client.post(route, [shot["id"] for shot in shots])
    assert [task["entity_id"] for task in layouts] == [shot["id"] for shot in shots], "a task for each shot"
    for task in layouts:
        has_keys(task, shapes.CREATED_TASK, "a task made in bulk")
        assert (
            task["name"] == "main" and task["assignees"] == [] and task["assigner_id"] == day.admin["id"]
        ), task
    day.heard(*(day.event("task:new", task_id=task["id"]) for task in layouts))
    assert gazu.client.post(route, [shot["id"] for shot in shots]) == [], "tasks are made once"
    day.heard()
    refused(
        lambda: gazu.client.post(route, [day.assets["Lamp"]["id"]]),
        "",
        gazu.exception.RouteNotFoundException,
    )

    day.layout = {shot["id"]: task for shot, task in zip(shots, layouts, strict=True)}
    animations = create_tasks_of("shot", shots[0], [day.task_types["layout"], day.task_types["animation"]])
    assert [task["task_type_id"] for task in animations] == [day.task_types["animation"]["id"]], (
        "only what is missing"
    )
    day.animation = animations[0]
    day.heard(day.event("task:new", task_id=day.animation["id"]))
    modelings = []
    for name in ("Rana", "Lamp"):
        modelings += create_tasks_of("asset", day.assets[name], [day.task_types["modeling"]])
        day.heard(day.event("task:new", task_id=modelings[-1]["id"]))
    day.modeling = modelings[0]
    single = gazu.task.new_task(
        day.assets["Rana"], day.task_types["lookdev"], task_status=day.statuses["todo"], assigner=day.admin
    )
    day.heard(day.event("task:new", task_id=single["id"]))
    assert gazu.task.get_task_by_entity(day.assets["Rana"], day.task_types["lookdev"])["id"] == single["id"]

    artist = day.people["artist"]
    day.task = day.layout[shots[0]["id"]]
    for task in (day.task, day.animation):
        assigned = assign_task(task, artist)
        assert assigned, "gazu assigns"
        day.heard(*assignment(day, task, artist))
    direct = f"{URL}/actions/tasks/{day.modeling['id']}/assign"
    task = answer(day.http.put(direct, json={"person_id": artist["id"]}), 200)
    has_keys(task, shapes.TASK | {"assignees"}, "an assigned task")
    assert task["assignees"] == [artist["id"]] and task["assigner_id"] == day.admin["id"], task
    day.heard(*assignment(day, day.modeling, artist))
    assert gazu.task.clear_assignations([day.modeling], artist) == [day.modeling["id"]]
    day.heard(
        day.event("task:unassign", person_id=artist["id"], task_id=day.modeling["id"]),
        day.event("task:update", task_id=day.modeling["id"]),
    )
    assign_tasks([day.layout[shots[1]["id"]], day.layout[shots[2]["id"]]], artist)
    day.heard(
        *assignment(day, day.layout[shots[1]["id"]], artist),
        *assignment(day, day.layout[shots[2]["id"]], artist),
    )
    gazu.task.update_task(
        {"id": day.task["id"], "estimation": 480, "start_date": "2026-01-05", "due_date": "2026-01-09"}
    )
    day.heard(day.event("task:update", task_id=day.task["id"]))

    started = gazu.task.start_task(day.task, client=day.clients["artist"])
    assert started["task_status_id"] == day.statuses["wip"]["id"] and started["person_id"] == artist["id"], (
        started
    )
    day.heard(*comment_events(day, started, day.statuses["todo"], author=artist))
    full = gazu.task.get_task(day.task["id"])
    has_keys(full, shapes.FULL_TASK, "the full view of a task")
    has_no_secrets(full, "the full view of a task")
    assert (
        full["real_start_date"]
        and full["estimation"] == 480.0
        and full["start_date"] == "2026-01-05T00:00:00"
    ), full
    assert full["task_status"]["short_name"] == "wip" and full["sequence"]["name"] == "SQ01", full
    assert full["episode"]["name"] == "E01" and full["assigner"]["id"] == day.admin["id"], full
    assert [person["id"] for person in full["persons"]] == [artist["id"]] and full[
        "is_subscribed"
    ] is False, full

    to_review(day)
    todo_lists(day)


def assignment(day, task, person):
    """Events of an assignment."""
    return (
        day.event("task:assign", task_id=task["id"], person_id=person["id"]),
        day.event("task:update", task_id=task["id"]),
        day.event("notification:new", notification_id=SOME_ID, person_id=person["id"]),
    )


def to_review(day):
    """The action that sends a task to review without a comment."""
    existing = gazu.task.get_task_status_by_name("To review")
    task = day.layout[day.shots["E01", "SH020"]["id"]]
    body = {"person_id": day.people["artist"]["id"], "comment": "Please look"}
    reviewed = answer(day.http.put(f"{URL}/actions/tasks/{task['id']}/to-review", json=body), 200)
    has_keys(reviewed, shapes.TASK_TO_REVIEW, "a task to review", optional={"assignees"})
    status = gazu.task.get_task_status_by_name("To review")
    assert reviewed["task_status_id"] == status["id"], "the task waits for its review"
    payload = {
        "task_id": task["id"],
        "task_shotgun_id": None,
        "entity_type_name": "Shot",
        "previous_task_status_id": task["task_status_id"],
        "entity_shotgun_id": None,
        "project_shotgun_id": None,
        "person_shotgun_id": None,
        "comment": "Please look",
        "preview_path": Some("two paths", lambda value: set(value) == {"folder_path", "file_name"}),
        "change_status": True,
    }
    made = [] if existing else [("task-status:new", {"task_status_id": status["id"]})]
    day.heard(*made, day.event("task:to-review", **payload))


def todo_lists(day):
    """Tasks of the artist, as the artist and as a manager see them."""
    rows = by_id(gazu.user.all_tasks_to_do(client=day.clients["artist"]))
    mine = {day.animation["id"], *(task["id"] for task in day.layout.values())}
    assert set(rows) == mine, "the artist's list holds the assigned tasks"
    for row in rows.values():
        has_keys(row, shapes.TODO, "a row of a todo list", optional={"episode_ids", "episode_names"})
    row = rows[day.task["id"]]
    assert (row["entity_name"], row["sequence_name"], row["episode_name"]) == ("SH010", "SQ01", "E01"), row
    assert row["task_status_short_name"] == "wip" and row["entity_preview_file_id"] == "", row
    assert row["last_comment"]["person_id"] == day.people["artist"]["id"], row["last_comment"]
    assert set(by_id(gazu.task.all_tasks_for_person(day.people["artist"]))) >= mine
    assert gazu.user.all_done_tasks(client=day.clients["artist"]) == []
    assert tasks_to_check(day.clients["artist"]) == [], "artists check nothing"
