"""Functions of today's gazu, and their counterparts where an older release runs that lacks them, or calls routes that no
server has."""

import time

import gazu

# The first of them came with the newer of the two releases that the day is lived with.
IS_NEWER = hasattr(gazu.casting, "cast_asset")

# Exceptions for a value that does not fit its field.
VALIDATION_EXCEPTION = gazu.exception.ValidationException if IS_NEWER else gazu.exception.ParameterException


def columns_for(kind, project):
    """The metadata columns of a production for one kind of thing."""
    if IS_NEWER:
        return gazu.project.all_metadata_descriptors(project, entity_type=kind)
    return [column for column in gazu.project.all_metadata_descriptors(project) if column["entity_type"] == kind]


def create_tasks_of(kind, entity, task_types):
    """The tasks that a shot or an asset lacks. The functions for one kind of entity of the older release
    call routes that no server has."""
    name = f"create_{kind}_tasks" if IS_NEWER else "create_entity_tasks"
    return getattr(gazu.task, name)(entity, task_types)


def assign_task(task, person):
    """The task with one more assignee. The older release sends an id where a list of ids belongs."""
    return gazu.task.assign_task(task, person) if IS_NEWER else assign_tasks([task], person)


def assign_tasks(tasks, person):
    """Tasks with one more assignee. The older release calls a route that no server has."""
    if IS_NEWER:
        return gazu.task.assign_tasks_to_person(tasks, person)
    return gazu.client.put(f"actions/persons/{person['id']}/assign", {"task_ids": [task["id"] for task in tasks]})


def get_project_shots_casting(project):
    """The castings of all shots of a production, by shot."""
    if IS_NEWER:
        return gazu.casting.get_project_shots_casting(project)
    return gazu.client.get(f"data/projects/{project['id']}/sequences/all/casting")


def reply_to_comment(task, comment, text, client):
    """A reply to a comment of a task."""
    if IS_NEWER:
        return gazu.task.reply_to_comment(task, comment, text, client=client)
    route = f"data/tasks/{task['id']}/comments/{comment['id']}/reply"
    return gazu.client.post(route, {"text": text}, client=client)


def tasks_to_check(client):
    """Tasks that wait for somebody's feedback."""
    if IS_NEWER:
        return gazu.user.all_tasks_requiring_feedback(client=client)
    return gazu.client.get("data/user/tasks-to-check", client=client)


def switch_asset_instance(instance, active):
    """An asset instance that is used, or no longer."""
    if IS_NEWER:
        switch = gazu.asset.enable_asset_instance if active else gazu.asset.disable_asset_instance
        return switch(instance)
    return gazu.client.put(f"data/asset-instances/{instance['id']}", {"active": active})


def time_spents_on(date, client):
    """The time that somebody noted for a day."""
    if IS_NEWER:
        return gazu.user.get_time_spents_by_date(date, client=client)
    return gazu.client.get(f"data/user/time-spents?start_date={date}&end_date={date}", client=client)


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
