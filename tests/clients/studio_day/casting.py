"""Castings, and the assets that are ready."""

import gazu

from studio_day import shapes
from studio_day.day import SOME_ID, by_id, refused
from studio_day.releases import get_project_shots_casting
from studio_day.shapes import has_keys


def cast(day):
    """Casting of shots and assets, what follows from it for the episode, and who is ready."""
    project, shot = day.project, day.shots["E01", "SH010"]
    rana, odo, lamp = (day.assets[name]["id"] for name in ("Rana", "Odo", "Lamp"))
    casting = [
        {"asset_id": rana, "nb_occurences": 1},
        {"asset_id": lamp, "nb_occurences": 3, "label": "fixed"},
    ]
    assert gazu.casting.update_shot_casting(project, shot, casting) == casting, "the casting sent is answered"
    day.heard(
        *(
            event
            for item in casting
            for event in (
                day.event("asset:update", asset_id=item["asset_id"]),
                new_link(day, shot["id"], item),
            )
        ),
        casting_update(day, "shot", shot["id"], 2, added=[rana, lamp]),
    )
    read = gazu.casting.get_shot_casting(shot)
    for row in read:
        has_keys(row, shapes.CASTING, "a cast asset")
    assert [(row["asset_id"], row["nb_occurences"], row["label"]) for row in read] == [
        (rana, 1, ""),
        (lamp, 3, "fixed"),
    ], read
    episode = gazu.casting.get_episode_casting({"id": day.episodes["E01"]["id"], "project_id": project["id"]})
    assert {row["asset_id"] for row in episode} == {rana, lamp}, "the episode follows its shots"
    assert gazu.shot.get_shot(shot["id"])["nb_entities_out"] == 2

    for ready_for, task in (("layout", day.task), ("animation", day.animation)):
        gazu.asset.update_asset({"id": rana, "ready_for": day.task_types[ready_for]["id"]})
        counted = day.event("task:update-casting-stats", task_id=task["id"], nb_assets_ready=1)
        day.heard(day.event("asset:update", asset_id=rana), counted, any_order=True)

    fewer = [{"asset_id": odo, "nb_occurences": 1}, {"asset_id": rana, "nb_occurences": 2}]
    gazu.casting.update_shot_casting(project, shot, fewer)
    day.heard(
        day.event("asset:update", asset_id=odo),
        new_link(day, shot["id"], fewer[0]),
        day.event("entity-link:update", entity_link_id=SOME_ID, nb_occurences=2),
        casting_update(day, "shot", shot["id"], 2, added=[odo], removed=[lamp]),
        casting_update(day, "episode", day.episodes["E01"]["id"], 2, removed=[lamp]),
        day.event("asset:update", asset_id=lamp),
    )
    parts = [{"asset_id": lamp, "nb_occurences": 1}]
    gazu.casting.update_asset_casting(project, odo, parts)
    day.heard(new_link(day, odo, parts[0]), casting_update(day, "asset", odo, 1, added=[lamp]))
    assert [row["asset_id"] for row in gazu.casting.get_asset_casting(day.assets["Odo"])] == [lamp]

    everything = get_project_shots_casting(project)
    assert set(everything) == {shot["id"]}, "only shots with a casting are there"
    for row in everything[shot["id"]]:
        has_keys(row, shapes.SEQUENCE_CASTING, "a cast asset of a sequence")
    assert gazu.casting.get_sequence_casting(day.sequences["E01", "SQ01"]) == everything
    cast_in = gazu.casting.get_asset_cast_in(day.assets["Rana"])
    has_keys(cast_in[0], shapes.CAST_IN_SHOT, "where an asset is cast")
    assert [(row["shot_id"], row["nb_occurences"], row["episode_name"]) for row in cast_in] == [
        (shot["id"], 2, "E01")
    ]
    assert set(by_id(gazu.asset.all_assets_for_shot(shot))) == {rana, odo}
    refused(
        lambda: gazu.casting.update_shot_casting(project, shot, [], client=day.clients["artist"]),
        "",
        gazu.exception.NotAllowedException,
    )
    day.heard()


def new_link(day, container, item):
    """The announcement of one casting link."""
    return day.event(
        "entity-link:new",
        entity_link_id=SOME_ID,
        entity_in_id=container,
        entity_out_id=item["asset_id"],
        nb_occurences=item["nb_occurences"],
    )


def casting_update(day, kind, container, count, added=(), removed=()):
    """The announcement that a casting was replaced."""
    return day.event(
        f"{kind}:casting-update",
        **{f"{kind}_id": container},
        nb_entities_out=count,
        added_asset_ids=sorted(added),
        removed_asset_ids=sorted(removed),
    )
