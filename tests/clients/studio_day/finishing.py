"""The work is approved, and the production is closed and removed."""

import gazu

from studio_day.comments import comment_events
from studio_day.day import SOME_ID, URL, answer, by_id, refused


def finish(day):
    """The task is done, a shot is cancelled and restored, and the production is closed and removed."""
    task, artist = day.task, day.people["artist"]
    done = gazu.task.add_comment(task, day.statuses["done"], "Approved")
    day.heard(*comment_events(day, done, day.statuses["retake"], author=day.admin, notified=(artist,)))
    assert task["id"] in by_id(gazu.user.all_done_tasks(client=day.clients["artist"]))
    assert task["id"] not in by_id(gazu.user.all_tasks_to_do(client=day.clients["artist"]))
    assert gazu.task.get_task(task["id"])["done_date"]

    shot = day.shots["E01", "SH020"]
    update = day.event("shot:update", shot_id=shot["id"])
    gazu.shot.remove_shot(shot)
    assert gazu.shot.get_shot(shot["id"])["canceled"] is True, "a shot with tasks is cancelled"
    day.heard(update)
    gazu.shot.restore_shot(shot)
    assert gazu.shot.get_shot(shot["id"])["canceled"] is False
    day.heard(update)
    gazu.shot.remove_shot(shot, force=True)
    answer(day.http.get(f"{URL}/data/shots/{shot['id']}"), 404)
    layout = day.layout[shot["id"]]
    day.heard(
        day.event(
            "task:delete",
            task_id=layout["id"],
            entity_id=shot["id"],
            task_type_id=day.task_types["layout"]["id"],
        ),
        day.event("shot:delete", shot_id=shot["id"]),
    )

    rest = gazu.task.all_tasks_for_project(day.project)
    refused(
        lambda: gazu.project.remove_project(day.project),
        "Only closed projects can be deleted",
        gazu.ParameterException,
    )
    gazu.project.close_project(gazu.project.get_project(day.project["id"]))
    day.heard(day.event("project:update"))
    assert day.project["id"] not in by_id(gazu.project.all_open_projects())
    gazu.project.remove_project(day.project, force=True)
    answer(day.http.get(f"{URL}/data/projects/{day.project['id']}"), 404)
    answer(day.http.get(f"{URL}/pictures/originals/preview-files/{day.preview['id']}.png"), 404)
    # The team is gone with the production, so only the administrator is sure to hear of it.
    day.stream.keep(day.stream.listeners[0])
    removed = (
        day.event(
            "task:delete", task_id=row["id"], entity_id=row["entity_id"], task_type_id=row["task_type_id"]
        )
        for row in rest
    )
    # Whoever noted time on its tasks was there last on another day.
    seen = ("person:update", {"person_id": SOME_ID})
    day.heard(*removed, seen, day.event("project:delete"), any_order=True)
