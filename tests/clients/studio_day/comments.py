"""Comments with their statuses, replies, acknowledgements and attachments."""

import gazu

from studio_day import shapes
from studio_day.day import SOME_ID, URL, answer, by_id, picture, refused, session
from studio_day.releases import reply_to_comment, tasks_to_check
from studio_day.shapes import has_keys, has_no_secrets


def comment(day):
    """Comments change statuses, notify, and get replies, acknowledgements and attachments."""
    task, artist, supervisor = day.task, day.people["artist"], day.people["supervisor"]
    wfa, retake, wip = day.statuses["wfa"], day.statuses["retake"], day.statuses["wip"]
    checklist = [{"text": "Check the horizon", "checked": False}]
    asked = gazu.task.add_comment(
        task, wfa, "Ready for a look", checklist=checklist, client=day.clients["artist"]
    )
    has_keys(asked, shapes.COMMENT | shapes.COMMENT_RELATIONS | {"task_status", "person"}, "a new comment")
    assert asked["checklist"] == checklist and asked["task_status"]["id"] == wfa["id"], asked
    assert shapes.SHORT_PERSON <= set(asked["person"]) and asked["person"]["id"] == artist["id"], asked[
        "person"
    ]
    has_no_secrets(asked, "a new comment")
    day.heard(*comment_events(day, asked, wip, author=artist, to_review=True))
    checks = by_id(tasks_to_check(day.clients["supervisor"]))
    assert task["id"] in checks and gazu.task.get_task(task["id"])["end_date"], (
        "the supervisor has it to check"
    )

    text = f"@{artist['full_name']} the pan is too fast"
    corrected = gazu.task.add_comment(task, retake, text, client=day.clients["supervisor"])
    assert corrected["mentions"] == [artist["id"]], corrected
    day.heard(*comment_events(day, corrected, wfa, author=supervisor, notified=(artist, artist)))
    after = gazu.task.get_task(task["id"])
    assert (after["retake_count"], after["end_date"]) == (1, None), after
    assert gazu.task.get_last_comment_for_task(task)["id"] == corrected["id"]

    reply = reply_to_comment(task, corrected, "Slower, then", day.clients["artist"])
    has_keys(reply, shapes.REPLY, "a reply")
    has_keys(reply["person"], shapes.SHORT_PERSON, "the author of a reply")
    day.heard(
        day.event("comment:reply", task_id=task["id"], comment_id=corrected["id"], reply_id=reply["id"]),
        day.event("notification:new", notification_id=SOME_ID, person_id=supervisor["id"]),
    )
    for name, holders in (("comment:acknowledge", [artist["id"]]), ("comment:unacknowledge", [])):
        acknowledged = gazu.task.acknowledge_comment(task, corrected, client=day.clients["artist"])
        assert acknowledged["acknowledgements"] == holders, acknowledged
        day.heard(day.event(name, comment_id=corrected["id"], person_id=artist["id"]))
    attachments(day)

    gazu.task.update_comment({"id": corrected["id"], "text": "The pan is too fast"})
    day.heard(
        day.event("comment:update", comment_id=corrected["id"], task_id=task["id"], **concerned(corrected)),
    )
    slip = gazu.task.add_comment(task, day.statuses["done"], "Oops")
    day.heard(*comment_events(day, slip, retake, author=day.admin, notified=(artist,)))
    gazu.task.remove_comment(slip)
    day.heard(
        day.event("news:delete", news_id=SOME_ID),
        day.event("comment:delete", comment_id=slip["id"], task_id=task["id"]),
        day.event("task:update", task_id=task["id"]),
        day.event(
            "task:status-changed",
            task_id=task["id"],
            new_task_status_id=retake["id"],
            previous_task_status_id=day.statuses["done"]["id"],
            person_id=day.admin["id"],
        ),
    )

    listed = gazu.task.all_comments_for_task(task)
    assert [row["id"] for row in listed][:3] == [day.attached["id"], corrected["id"], asked["id"]], (
        "newest first"
    )
    for row in listed:
        has_keys(row, shapes.LISTED_COMMENT, "a listed comment", optional={"editor"})
        has_keys(row["person"], shapes.SHORT_PERSON, "the author of a listed comment")
        has_keys(
            row["task_status"], set("id name short_name color".split()), "the status of a listed comment"
        )
    replies = listed[1]["replies"]
    assert [(row["text"], row["person"]["id"]) for row in replies] == [("Slower, then", artist["id"])], (
        replies
    )
    assert gazu.task.get_comment(corrected["id"])["text"] == "The pan is too fast"
    refused(
        lambda: gazu.task.add_comment(task, wip, "Hello", client=day.clients["outsider"]),
        "",
        gazu.exception.NotAllowedException,
    )


def concerned(comment):
    """Parts of events that say whom a comment concerns."""
    return {"person_id": comment["person_id"], "for_client": comment["for_client"]}


def comment_events(day, comment, previous, author, notified=(), to_review=False):
    """Events of a comment that is posted, where a status change is one with a previous status."""
    task_id, status_id = comment["object_id"], comment["task_status_id"]
    task = gazu.client.fetch_one("tasks", task_id)
    change = {"new_task_status_id": status_id, "person_id": author["id"], "task_id": task_id}
    events = [
        day.event(
            "comment:new",
            comment_id=comment["id"],
            task_id=task_id,
            task_status_id=status_id,
            **concerned(comment),
        ),
        day.event("task:update", task_id=task_id),
    ]
    if previous:
        change["previous_task_status_id"] = previous["id"]
        events.append(day.event("task:status-changed", **change))
    if to_review:
        events.append(day.event("task:to-review", comment_id=comment["id"], **change))
    for person in notified:
        events.append(day.event("notification:new", notification_id=SOME_ID, person_id=person["id"]))
    events.append(
        day.event("news:new", news_id=SOME_ID, task_status_id=status_id, task_type_id=task["task_type_id"])
    )
    return events


def attachments(day):
    """Files on a comment come back as they were, and only pictures are shown inline."""
    note = day.folder / "notes of the day.txt"
    note.write_text("Mind the lamp.\n")
    still = picture(day.folder / "still.png", 32, 20)
    sent = gazu.task.add_comment(
        day.task,
        day.statuses["retake"],
        "With notes",
        attachments=[str(note)],
        client=day.clients["supervisor"],
    )
    day.attached = sent
    supervisor, artist = day.people["supervisor"], day.people["artist"]
    day.heard(*comment_events(day, sent, None, author=supervisor, notified=(artist,)))
    added = gazu.task.add_attachment_files_to_comment(
        day.task, sent, [str(still)], client=day.clients["supervisor"]
    )
    assert [row["name"] for row in added] == ["still.png"], added
    files = {row["name"]: row for row in sent["attachment_files"] + added}
    day.heard()
    for path, kind in ((note, "attachment"), (still, "inline")):
        row = files[path.name]
        has_keys(row, set("id name extension size".split()), "an attachment")
        assert (row["extension"], row["size"]) == (path.suffix[1:], path.stat().st_size), row
        copy = day.folder / "copy"
        gazu.files.download_attachment_file(row, str(copy), client=day.clients["artist"])
        assert copy.read_bytes() == path.read_bytes(), f"{path.name} came back changed"
        got = day.http.get(f"{URL}/data/attachment-files/{row['id']}/file/{path.name}")
        assert got.headers["Content-Disposition"].startswith(kind), got.headers["Content-Disposition"]
    removed = (
        f"{URL}/data/tasks/{day.task['id']}/comments/{sent['id']}/attachments/{files['still.png']['id']}"
    )
    answer(day.http.delete(removed), 204)
    answer(
        session(day.clients["outsider"].access_token).get(
            f"{URL}/data/attachment-files/{files[note.name]['id']}/file/x"
        ),
        403,
    )
