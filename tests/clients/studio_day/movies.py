"""Movies that ffmpeg makes, and previews published in one go."""

import subprocess

import gazu

from studio_day.comments import comment_events, concerned
from studio_day.releases import wait_for_preview_file


def movie(path, seconds, rate):
    """Writes a small movie with a moving picture."""
    picture = f"testsrc=size=320x180:rate={rate}:duration={seconds}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path


def publish(day, task, path, text, extension):
    """A comment with a preview by gazu's own function, on a task with nobody on it."""
    status = day.statuses["wfa"]
    before = gazu.task.get_task(task["id"])["task_status"]
    comment, uploaded = gazu.task.publish_preview(
        task, status, text, preview_file_path=str(path), set_thumbnail=True
    )
    preview = wait_for_preview_file(uploaded)
    assert preview["task_id"] == task["id"] and preview["revision"] == 1, preview
    assert comment["text"] == text and preview["extension"] == extension, preview
    kind = gazu.entity.get_entity(task["entity_id"])["type"].lower()
    written = comment_events(day, comment, before, author=day.admin, to_review=True)
    if kind == "concept":
        written.pop()  # Concepts are no news.
    updated = day.event("comment:update", comment_id=comment["id"], task_id=task["id"], **concerned(comment))
    day.heard(
        *written,
        day.event("preview-file:new", preview_file_id=preview["id"], comment_id=comment["id"]),
        updated,
        *[day.event("preview-file:update", preview_file_id=preview["id"], status="ready")]
        * (2 if extension == "mp4" else 1),
        updated,
        day.event(
            "preview-file:add-file",
            comment_id=comment["id"],
            task_id=task["id"],
            preview_file_id=preview["id"],
            revision=1,
            extension=extension,
            status="ready",
        ),
        day.event(
            "preview-file:set-main",
            entity_id=task["entity_id"],
            preview_file_id=preview["id"],
            preview_file_status="ready",
        ),
        day.event(f"{kind}:update", **{f"{kind}_id": task["entity_id"]}),
    )
    assert gazu.entity.get_entity(task["entity_id"])["preview_file_id"] == preview["id"]
    return preview
