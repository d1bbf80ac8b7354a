"""Publishes a picture as the next preview of a task: asks for a review with a comment, and waits until it can be seen.

    DAILIES_URL=http://127.0.0.1:5000 DAILIES_EMAIL=… DAILIES_PASSWORD=… python publish.py [PICTURE]

Without a picture it draws one. The task is the first open one that the person is assigned to, or any.
"""

import os
import pathlib
import struct
import sys
import tempfile
import zlib

import gazu


def drawn(path, width=320, height=180):
    """A grey picture in PNG, for who has none at hand."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes(x * 255 // width for x in range(width)) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


def some_task():
    """A task to publish on."""
    for task in gazu.user.all_tasks_to_do():
        return gazu.task.get_task(task["id"])
    for project in gazu.project.all_open_projects():
        for task in gazu.task.all_tasks_for_project(project):
            return gazu.task.get_task(task["id"])
    sys.exit("There is no task: `dailies demo` makes some.")


def main():
    """Signs in and publishes."""
    gazu.set_host(os.environ["DAILIES_URL"].rstrip("/") + "/api")
    gazu.log_in(os.environ["DAILIES_EMAIL"], os.environ["DAILIES_PASSWORD"])
    task = some_task()
    review = next(status for status in gazu.task.all_task_statuses() if status["is_feedback_request"])
    with tempfile.TemporaryDirectory() as folder:
        given = [pathlib.Path(name) for name in sys.argv[1:]]
        picture = given[0] if given else drawn(pathlib.Path(folder) / "picture.png")
        _comment, preview = gazu.task.publish_preview(task, review, comment="Ready for a look", preview_file_path=str(picture))
        ready = gazu.files.wait_for_preview_file(preview, timeout=60, poll_interval=0.5)
    print(f"revision {ready['revision']} of {task['entity']['name']}, {task['task_type']['name']}, is {ready['status']}")


if __name__ == "__main__":
    main()
