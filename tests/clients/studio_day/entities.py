"""Assets, episodes, sequences and shots."""

import uuid

import gazu

from studio_day import shapes
from studio_day.day import URL, answer, by_id, refused
from studio_day.shapes import has_keys


def create_assets(day):
    """Assets are created, read, listed, changed and removed."""
    project, hero, props = day.project, day.asset_types["Hero"], day.asset_types["Props"]
    day.assets = {}
    for name, asset_type, data in (
        ("Rana", hero, {"difficulty": "hard"}),
        ("Odo", hero, {}),
        ("Lamp", props, {}),
    ):
        asset = gazu.asset.new_asset(project, asset_type, name, f"{name} of the day", data)
        has_keys(asset, shapes.ENTITY, "a new asset")
        assert (
            asset["type"] == "Asset" and asset["data"] == data and asset["created_by"] == day.admin["id"]
        ), asset
        assert asset["canceled"] is False and asset["status"] == "running" and asset["source_id"] is None, (
            asset
        )
        day.heard(day.event("asset:new", asset_id=asset["id"], asset_type=asset_type["id"]))
        day.assets[name] = asset
    lamp = day.assets["Lamp"]
    assert gazu.asset.new_asset(project, props, "Lamp")["id"] == lamp["id"], "gazu finds an asset by its name"
    day.heard()

    read = gazu.asset.get_asset(lamp["id"])
    has_keys(read, shapes.ONE_ASSET, "one asset")
    assert (read["ready_for"], read["preview_file_id"], read["episode_id"]) == ("None", "", ""), (
        "the empty values"
    )
    assert read["asset_type_name"] == props["name"] and read["project_name"] == project["name"], read

    changed = gazu.asset.update_asset({**lamp, "description": "Lamp that flickers"})
    assert changed["description"] == "Lamp that flickers" and changed["type"] == "Asset", changed
    day.heard(day.event("asset:update", asset_id=lamp["id"]))
    gazu.asset.update_asset_data(day.assets["Rana"], {"contractor": "Comet"})
    day.heard(day.event("asset:update", asset_id=day.assets["Rana"]["id"]))
    merged = gazu.asset.get_asset(day.assets["Rana"]["id"])["data"]
    assert merged == {"difficulty": "hard", "contractor": "Comet"}, f"metadata is merged: {merged}"
    refused(
        lambda: gazu.asset.update_asset({"id": day.assets["Odo"]["id"], "name": "Rana"}),
        "already exists",
        gazu.ParameterException,
    )

    spare = gazu.asset.new_asset(project, props, "Spare")
    gazu.asset.remove_asset(spare)
    day.heard(
        day.event("asset:new", asset_id=spare["id"], asset_type=props["id"]),
        day.event("asset:delete", asset_id=spare["id"]),
    )
    answer(day.http.get(f"{URL}/data/assets/{spare['id']}"), 404)

    everything = {row["id"] for row in day.assets.values()}
    assert set(by_id(gazu.asset.all_assets_for_project(project))) == everything
    heroes = {day.assets[name]["id"] for name in ("Rana", "Odo")}
    assert set(by_id(gazu.asset.all_assets_for_project_and_type(project, hero))) == heroes
    assert gazu.asset.get_asset_by_name(project, "lamp")["id"] == lamp["id"]
    assert set(by_id(gazu.asset.all_asset_types_for_project(project))) == {hero["id"], props["id"]}
    refused(
        lambda: gazu.asset.new_asset(project, props, "Foreign", client=day.clients["artist"]),
        "",
        gazu.exception.NotAllowedException,
    )


def create_shots(day):
    """Episodes, sequences and shots: created once however often they are asked for."""
    project = day.project
    episode = gazu.shot.new_episode(project, "E02")
    has_keys(episode, shapes.ENTITY, "a new episode")
    day.heard(day.event("episode:new", episode_id=episode["id"]))
    day.episodes["E02"] = episode
    day.sequences = {}
    for name, parent in (("SQ01", "E01"), ("SQ02", "E01"), ("SQ01", "E02")):
        sequence = gazu.shot.new_sequence(project, name, day.episodes[parent])
        assert sequence["parent_id"] == day.episodes[parent]["id"] and sequence["type"] == "Sequence", (
            sequence
        )
        day.heard(day.event("sequence:new", sequence_id=sequence["id"]))
        day.sequences[parent, name] = sequence

    day.shots = {}
    first = day.sequences["E01", "SQ01"]
    for name, parent in (("SH010", first), ("SH020", first), ("SH010", day.sequences["E02", "SQ01"])):
        shot = gazu.shot.new_shot(
            project,
            parent,
            name,
            nb_frames=48,
            frame_in=101,
            frame_out=148,
            description="Pan",
            data={"lens": 35},
        )
        has_keys(shot, shapes.ENTITY, "a new shot")
        assert shot["data"] == {"lens": 35, "frame_in": 101, "frame_out": 148} and shot["nb_frames"] == 48, (
            shot
        )
        day.heard(day.event("shot:new", shot_id=shot["id"], episode_id=parent["parent_id"]))
        day.shots["E01" if parent is first else "E02", name] = shot
    shot = day.shots["E01", "SH010"]
    body = {"name": "SH010", "sequence_id": first["id"]}
    again = answer(day.http.post(f"{URL}/data/projects/{project['id']}/shots", json=body), 201)
    assert again["id"] == shot["id"], "the same shot is not made twice"
    day.heard()
    body["sequence_id"] = str(uuid.uuid4())
    answer(day.http.post(f"{URL}/data/projects/{project['id']}/shots", json=body), 404)

    read = gazu.shot.get_shot(shot["id"])
    has_keys(read, shapes.ONE_SHOT, "one shot")
    assert (read["sequence_name"], read["episode_name"], read["frame_in"]) == ("SQ01", "E01", 101), read
    assert gazu.shot.get_sequence(first["id"])["episode_name"] == "E01"
    assert gazu.shot.get_episode(episode["id"])["project_name"] == project["name"]
    assert gazu.shot.get_shot_by_name(first, "SH020")["id"] == day.shots["E01", "SH020"]["id"]
    assert (
        gazu.shot.get_sequence_by_name(project, "SQ02", day.episodes["E01"])["id"]
        == day.sequences["E01", "SQ02"]["id"]
    )
    assert gazu.shot.get_sequence_from_shot(shot)["id"] == first["id"]
    assert gazu.shot.get_episode_from_sequence(first)["id"] == day.episodes["E01"]["id"]
    assert len(gazu.shot.all_shots_for_project(project)) == 3
    assert len(gazu.shot.all_shots_for_sequence(first)) == 2
    assert len(gazu.shot.all_shots_for_episode(day.episodes["E02"])) == 1
    assert len(gazu.shot.all_sequences_for_project(project)) == 3
    assert len(gazu.shot.all_sequences_for_episode(day.episodes["E01"])) == 2
    assert [row["name"] for row in gazu.shot.all_episodes_for_project(project)] == ["E01", "E02"]

    gazu.shot.update_shot({"id": shot["id"], "nb_frames": 50})
    day.heard(day.event("shot:update", shot_id=shot["id"]))
    gazu.shot.update_shot_data(shot, {"lens": 50})
    day.heard(day.event("shot:update", shot_id=shot["id"]))
    read = gazu.shot.get_shot(shot["id"])
    assert read["nb_frames"] == 50 and read["data"] == {"lens": 50, "frame_in": 101, "frame_out": 148}, read
    gazu.shot.update_sequence({"id": first["id"], "description": "The arrival"})
    day.heard(day.event("sequence:update", sequence_id=first["id"]))
    gazu.shot.update_episode({"id": episode["id"], "description": "Later"})
    day.heard(day.event("episode:update", episode_id=episode["id"]))
