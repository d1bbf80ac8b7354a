"""The production, its team and its settings."""

import gazu

from studio_day import shapes
from studio_day.day import SOME_ID, TAG, URL, answer, by_id, refused
from studio_day.releases import VALIDATION_EXCEPTION, columns_for, update_team_member_role
from studio_day.shapes import has_keys


def create_production(day):
    """A TV show with its team and settings, as the web UI and gazu read them afterwards."""
    day.task_types = {
        "modeling": gazu.task.get_task_type_by_name("Modeling", "Asset"),
        "layout": gazu.task.get_task_type_by_name("Layout", "Shot"),
        "animation": gazu.task.get_task_type_by_name("Animation", "Shot"),
    }
    day.statuses = {
        name: gazu.task.get_task_status_by_short_name(name) for name in "todo wip wfa retake done".split()
    }
    absent = [name for name, row in {**day.task_types, **day.statuses}.items() if not row]
    assert not absent, f"the server's base data lacks {absent}"
    new_type = gazu.task.new_task_type(f"Lookdev {TAG}", "#64B5F6", "Asset")
    day.heard(("task-type:new", {"task_type_id": new_type["id"]}))
    day.task_types["lookdev"] = new_type

    day.asset_types = {}
    for name in ("Hero", "Props"):
        asset_type = gazu.asset.new_asset_type(f"{name} {TAG}")
        day.heard(("asset-type:new", {"asset_type_id": asset_type["id"]}))
        day.asset_types[name] = asset_type
    assert gazu.asset.get_asset_type(day.asset_types["Hero"]["id"])["type"] == "AssetType"
    assert {row["id"] for row in day.asset_types.values()} <= set(by_id(gazu.asset.all_asset_types()))

    project = gazu.project.new_project(
        f"Comet {TAG}",
        production_type="tvshow",
        team=[day.people["manager"]],
        asset_types=[day.asset_types["Hero"]],
        task_types=[day.task_types["layout"], day.task_types["modeling"]],
        task_statuses=[day.statuses["todo"], day.statuses["wip"]],
    )
    day.project = project
    has_keys(project, shapes.PROJECT | shapes.PROJECT_RELATIONS | {"first_episode_id"}, "a new production")
    for key, value in {
        "type": "Project",
        "fps": "25",
        "ratio": "16:9",
        "resolution": "1920x1080",
        "production_style": "2d3d",
        "homepage": "assets",
        "max_retakes": 0,
        "hd_bitrate_compression": None,
        "ld_bitrate_compression": None,
        "team": [day.people["manager"]["id"]],
        "asset_types": [day.asset_types["Hero"]["id"]],
    }.items():
        assert project[key] == value, f"a new production has {key} {project[key]!r}, not {value!r}"
    # Productions share their own custom fields: one is copied for each that others have.
    copied = columns_for("Project", project)
    day.heard(
        day.event("episode:new", episode_id=project["first_episode_id"]),
        *(day.event("metadata-descriptor:new", metadata_descriptor_id=SOME_ID) for _ in copied),
        day.event("project:new"),
    )
    day.episodes = {"E01": gazu.shot.get_episode_by_name(project, "E01")}
    assert day.episodes["E01"]["id"] == project["first_episode_id"], "a TV show starts with the episode E01"

    changed = gazu.project.update_project(
        {"id": project["id"], "fps": "24", "start_date": "2026-01-05", "end_date": "2026-12-18", "team": []}
    )
    has_keys(changed, shapes.PROJECT | {"first_episode_id"}, "a changed production")
    assert changed["fps"] == "24" and changed["start_date"] == "2026-01-05", changed
    day.heard(day.event("project:update"))
    gazu.project.update_project_data(project, {"client": "Comet Studio"})
    day.heard(day.event("project:update"))
    read = gazu.project.get_project(project["id"])
    has_keys(read, shapes.OPEN_PROJECT | {"first_episode_id", "project_status_name"}, "one production")
    assert read["data"] == {"client": "Comet Studio"} and read["project_status_name"] == "Open", read
    assert read["team"] == [day.people["manager"]["id"]], "the team changes by its own routes only"
    assert gazu.project.get_project_by_name(f"comet {TAG}")["id"] == project["id"], (
        "names are found in any case"
    )


def set_up_production(day):
    """Team and settings by their own routes, then what open productions tell clients."""
    project = day.project
    for name in ("artist", "supervisor", "client"):
        has_keys(
            gazu.project.add_person_to_team(project, day.people[name]),
            shapes.PROJECT,
            "a production with a team",
        )
        day.heard(day.event("project:update"))
    gazu.project.add_person_to_team(project, day.people["artist"])
    day.heard()
    update_team_member_role(project, day.people["client"], "vendor")
    day.heard(day.event("project:update"))
    update_team_member_role(project, day.people["client"], None)
    day.heard(day.event("project:update"))
    refused(
        lambda: update_team_member_role(project, day.people["artist"], "admin"),
        "Validation error.",
        gazu.ParameterException,
        VALIDATION_EXCEPTION,
    )
    team = by_id(gazu.project.get_team(project))
    assert set(team) == {day.people[name]["id"] for name in ("artist", "supervisor", "manager", "client")}, (
        set(team)
    )
    for person in team.values():
        has_keys(person, shapes.PERSON | {"departments", "project_role"}, "a team member")
        assert person["project_role"] is None, "no role of its own on this production"

    gazu.project.add_task_type(project, day.task_types["layout"], 1)
    gazu.project.add_task_type(project, day.task_types["animation"], 2)
    gazu.project.add_task_type(project, day.task_types["lookdev"], 3)
    day.heard(*[day.event("project:update")] * 2)
    for name in ("wfa", "retake", "done"):
        has_keys(
            gazu.project.add_task_status(project, day.statuses[name]),
            shapes.PROJECT,
            "a production's settings",
        )
        day.heard(day.event("project:update"))
    gazu.project.remove_task_status(project, day.statuses["done"])
    day.heard(day.event("project:update"))
    settings = {
        "task_types": [
            {"task_type_id": day.task_types[name]["id"], "priority": rank}
            for name, rank in (("modeling", 1), ("lookdev", 2), ("layout", 1), ("animation", 2))
        ],
        "task_status_ids": [day.statuses["done"]["id"]],
        "asset_type_ids": [row["id"] for row in day.asset_types.values()],
    }
    gazu.client.post(f"data/projects/{project['id']}/settings/batch", settings)
    day.heard(day.event("project:update"))
    assert set(by_id(gazu.task.all_task_types_for_project(project))) == {
        row["id"] for row in day.task_types.values()
    }
    linked = set(by_id(gazu.project.get_project_task_statuses(project)))
    assert linked == {row["id"] for row in day.statuses.values()}, linked
    assert gazu.project.all_status_automations(project) == []
    wrong_method = answer(day.http.get(f"{URL}/data/projects/{project['id']}/settings/task-types"), 405)
    assert wrong_method["message"] == "The method is not allowed for the requested URL.", wrong_method

    descriptor = gazu.client.create(
        "metadata-descriptors",
        {
            "project_id": project["id"],
            "entity_type": "Asset",
            "name": "Difficulty",
            "field_name": "difficulty",
            "data_type": "list",
            "choices": ["easy", "hard"],
        },
    )
    day.heard(day.event("metadata-descriptor:new", metadata_descriptor_id=descriptor["id"]))

    open_project = by_id(gazu.project.all_open_projects())[project["id"]]
    has_keys(open_project, shapes.OPEN_PROJECT | {"first_episode_id"}, "an open production")
    for row in open_project["descriptors"]:
        has_keys(row, shapes.DESCRIPTOR_OF_OPEN_PROJECT, "a descriptor of an open production")
    assert descriptor["id"] in by_id(open_project["descriptors"])
    assert open_project["task_types_priority"] == {
        day.task_types[name]["id"]: rank
        for name, rank in (("modeling", 1), ("lookdev", 2), ("layout", 1), ("animation", 2))
    }, open_project["task_types_priority"]
    assert set(open_project["task_statuses_link"]) == linked
    for link in open_project["task_statuses_link"].values():
        assert set(link) == {"priority", "roles_for_board", "is_client_allowed"}, link
