"""The hours that people book on tasks."""

import gazu

from studio_day import shapes
from studio_day.day import SOME_ID, URL, answer, refused
from studio_day.releases import time_spents_on
from studio_day.shapes import has_keys


def spend_time(day):
    """The artist's hours add up on the task; nobody else's can be booked there."""
    task, artist = day.task, day.people["artist"]
    booked = gazu.task.set_time_spent(task, artist, "2026-01-05", 120, client=day.clients["artist"])
    has_keys(booked, shapes.TIME_SPENT, "time spent")
    assert booked["duration"] == 120.0 and booked["date"] == "2026-01-05" and booked["type"] == "TimeSpent", (
        booked
    )
    updated = day.event("task:update", task_id=task["id"])
    day.heard(
        ("person:update", {"person_id": artist["id"]}),
        day.event("time-spent:new", time_spent_id=booked["id"]),
        updated,
    )
    added = gazu.task.add_time_spent(task, artist, "2026-01-05", 30, client=day.clients["artist"])
    assert (added["id"], added["duration"]) == (booked["id"], 150.0), added
    day.heard(day.event("time-spent:update", time_spent_id=booked["id"]), updated)
    gazu.task.set_time_spent(task, artist, "2026-01-06", 60)
    day.heard(
        ("person:update", {"person_id": artist["id"]}),
        day.event("time-spent:new", time_spent_id=SOME_ID),
        updated,
    )
    total = gazu.task.get_time_spent(task)
    assert set(total) == {"total", artist["id"]} and total["total"] == 210, total
    assert gazu.task.get_task(task["id"])["duration"] == 210.0
    mine = time_spents_on("2026-01-05", day.clients["artist"])
    assert [row["id"] for row in mine] == [booked["id"]], mine
    gone = answer(
        day.http.delete(f"{URL}/actions/tasks/{task['id']}/time-spents/2026-01-06/persons/{artist['id']}"),
        201,
    )
    assert gone["duration"] == 0, gone
    # The day of the last hours is another one now.
    seen = ("person:update", {"person_id": artist["id"]})
    day.heard(seen, day.event("time-spent:delete", time_spent_id=gone["id"]), updated)
    refused(
        lambda: gazu.task.set_time_spent(task, day.people["manager"], "2026-01-05", 10),
        "",
        gazu.exception.NotAllowedException,
    )
    day.heard()
