"""Scenes with their shots, and single appearances of assets in scenes, shots and other assets."""

import gazu

from studio_day import shapes
from studio_day.day import URL, answer, by_id
from studio_day.releases import switch_asset_instance
from studio_day.shapes import has_keys


def set_scenes(day):
    """A scene with a shot in it, found by what clients look for."""
    project, sequence = day.project, day.sequences["E01", "SQ01"]
    scene = gazu.scene.new_scene(project, sequence, "SC01")
    has_keys(scene, shapes.ENTITY, "a new scene")
    assert (scene["type"], scene["parent_id"]) == ("Scene", sequence["id"]), scene
    day.heard(day.event("scene:new", scene_id=scene["id"]))
    assert gazu.scene.new_scene(project, sequence, "SC01")["id"] == scene["id"], "a scene is not made twice"
    assert gazu.scene.get_scene_by_name(sequence, "SC01")["id"] == scene["id"]
    assert set(by_id(gazu.scene.all_scenes_for_project(project))) == {scene["id"]}
    assert set(by_id(gazu.scene.all_scenes_for_sequence(sequence))) == {scene["id"]}
    assert gazu.scene.get_sequence_from_scene(scene)["id"] == sequence["id"]
    read = gazu.scene.get_scene(scene["id"])
    assert (read["sequence_name"], read["episode_name"], read["project_name"]) == (
        "SQ01",
        "E01",
        project["name"],
    ), read
    day.heard()
    gazu.scene.update_scene({"id": scene["id"], "description": "By the lake"})
    day.heard(day.event("scene:update", scene_id=scene["id"]))

    shot = day.shots["E01", "SH010"]
    updated = day.event("shot:update", shot_id=shot["id"])
    together = {"scene_id": scene["id"], "shot_id": shot["id"]}
    assert gazu.scene.add_shot_to_scene(scene, shot)["source_id"] == scene["id"]
    day.heard(updated, day.event("shot:add-to-scene", **together))
    assert [row["id"] for row in gazu.scene.all_shots_for_scene(scene)] == [shot["id"]]
    gazu.scene.remove_shot_from_scene(scene, shot)
    day.heard(updated, day.event("shot:remove-from-scene", **together))
    assert gazu.scene.all_shots_for_scene(scene) == []
    day.scene = scene


def place_instances(day):
    """The same asset several times in a scene, in a shot and in another asset."""
    scene, shot = day.scene, day.shots["E01", "SH010"]
    rana, odo, lamp = (day.assets[name] for name in ("Rana", "Odo", "Lamp"))
    lamps = [gazu.scene.new_scene_asset_instance(scene, lamp, "On the table") for _ in range(2)]
    for number, instance in enumerate(lamps, 1):
        has_keys(instance, shapes.ASSET_INSTANCE, "an asset instance")
        assert (instance["number"], instance["name"]) == (number, f"Lamp_000{number}"), instance
    made = {"scene_id": scene["id"], "asset_id": lamp["id"]}
    day.heard(*(day.event("asset_instance:new", asset_instance_id=row["id"], **made) for row in lamps))
    first = lamps[0]
    ids = {instance["id"] for instance in lamps}
    assert set(by_id(gazu.scene.all_asset_instances_for_scene(scene)[lamp["id"]])) == ids
    assert set(by_id(gazu.asset.all_scene_asset_instances_for_asset(lamp)[scene["id"]])) == ids
    assert gazu.scene.get_asset_instance_by_name(scene, "Lamp_0002")["id"] == lamps[1]["id"]

    changed = day.event("asset-instance:update", asset_instance_id=first["id"])
    gazu.scene.update_asset_instance_name(first, "Night lamp")
    day.heard(changed)
    gazu.scene.update_asset_instance_data(first, {"bulb": "warm"})
    day.heard(changed)
    switch_asset_instance(first, active=False)
    day.heard(changed)
    read = gazu.asset.get_asset_instance(first["id"])
    assert (read["name"], read["data"], read["active"]) == ("Night lamp", {"bulb": "warm"}, False), read
    switch_asset_instance(first, active=True)
    day.heard(changed)

    placed = {"shot_id": shot["id"], "asset_instance_id": first["id"]}
    assert gazu.shot.add_asset_instance_to_shot(shot, first)["id"] == shot["id"]
    day.heard(day.event("asset_instance:add-to-shot", **placed))
    assert set(by_id(gazu.shot.all_asset_instances_for_shot(shot)[lamp["id"]])) == {first["id"]}
    assert set(by_id(gazu.asset.all_shot_asset_instances_for_asset(lamp)[shot["id"]])) == {first["id"]}
    day.instance = first

    inside = gazu.asset.new_asset_asset_instance(odo, rana, "As a shadow")
    assert (inside["target_asset_id"], inside["number"]) == (odo["id"], 1), inside
    made = {"asset_id": odo["id"], "asset_instantiated": rana["id"], "asset_instance_id": inside["id"]}
    day.heard(day.event("asset_instance:new", **made))
    assert set(by_id(gazu.asset.all_asset_instances_for_asset(odo)[rana["id"]])) == {inside["id"]}
    assert gazu.scene.all_camera_instances_for_scene(scene) == {}, "nobody has placed a camera"


def strike_scenes(day):
    """Appearances and scenes are taken away again."""
    scene, shot, lamp = day.scene, day.shots["E01", "SH010"], day.instance
    gazu.shot.remove_asset_instance_from_shot(shot, lamp)
    removed = {"shot_id": shot["id"], "asset_instance_id": lamp["id"]}
    day.heard(day.event("asset_instance:remove-from-shot", **removed))
    assert gazu.shot.all_asset_instances_for_shot(shot) == {}
    empty = gazu.scene.new_scene(day.project, day.sequences["E01", "SQ01"], "SC02")
    day.heard(day.event("scene:new", scene_id=empty["id"]))
    for row in (scene, empty):
        answer(day.http.delete(f"{URL}/data/scenes/{row['id']}"), 204)
        day.heard(day.event("scene:delete", scene_id=row["id"]))
    assert gazu.scene.get_scene(scene["id"])["canceled"] is True, "a scene with something in it is given up"
    answer(day.http.get(f"{URL}/data/scenes/{empty['id']}"), 404)
