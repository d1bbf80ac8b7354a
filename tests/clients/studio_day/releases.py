"""Functions of today's gazu, and their counterparts where an older release runs that lacks them."""

import time

import gazu

# The first of them came with the newer of the two releases that the day is lived with.
IS_NEWER = hasattr(gazu.casting, "cast_asset")


def create_tasks_of(kind, entity, task_types):
    """The tasks that a shot or an asset lacks. The functions for one kind of entity of the older release
    call routes that no server has."""
    name = f"create_{kind}_tasks" if IS_NEWER else "create_entity_tasks"
    return getattr(gazu.task, name)(entity, task_types)


def add_extra_preview(task, comment, preview, path):
    """One more file for the revision of a preview."""
    if IS_NEWER:
        return gazu.task.add_extra_preview(task, comment, preview, path)
    route = f"actions/tasks/{task['id']}/comments/{comment['id']}/preview-files/{preview['id']}"
    return gazu.task.upload_preview_file(gazu.client.post(route, {}), path)


def update_team_member_role(project, person, role):
    """The role of a person in one production."""
    if IS_NEWER:
        return gazu.project.update_team_member_role(project, person, role)
    return gazu.client.put(f"data/projects/{project['id']}/team/{person['id']}", {"role": role})


def wait_for_preview_file(preview):
    """A preview once its file has been worked on."""
    if IS_NEWER:
        return gazu.files.wait_for_preview_file(preview, timeout=30, poll_interval=0.2)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        read = gazu.files.get_preview_file(preview["id"])
        if read["status"] != "processing":
            return read
        time.sleep(0.2)
    raise AssertionError(f"preview {preview['id']} is processed for ever")
