"""Calls that only the newer gazu has functions for."""

import gazu
import requests

from studio_day.day import SOME_ID, URL, answer, by_id


def cast_one(day):
    """One asset is cast in several shots at once, beside what is cast there."""
    lamp = day.assets["Lamp"]["id"]
    first, second = day.shots["E01", "SH010"], day.shots["E01", "SH020"]
    before = {row["asset_id"] for row in gazu.casting.get_shot_casting(first)}
    cast = gazu.casting.cast_asset(day.project, [first, second], lamp, nb_occurences=2, label="fixed")
    assert set(cast) == {first["id"], second["id"]}, cast
    assert {row["asset_id"] for row in cast[first["id"]]} == before | {lamp}, cast
    day.stream.caught_up()
    assert [row["nb_occurences"] for row in gazu.casting.get_shot_casting(second)] == [2]
    gazu.casting.uncast_asset(day.project, [first, second], lamp)
    day.stream.caught_up()
    assert {row["asset_id"] for row in gazu.casting.get_shot_casting(first)} == before
    assert gazu.casting.get_shot_casting(second) == []


def move_comment(day):
    """A comment that was written on the wrong task of a shot goes to the right one."""
    stray = gazu.task.add_comment(day.animation, day.statuses["retake"], "About the layout")
    day.stream.caught_up()
    gazu.task.move_comment_to_task(day.animation, stray, day.task)
    day.stream.caught_up()
    assert stray["id"] in by_id(gazu.task.all_comments_for_task(day.task))
    assert stray["id"] not in by_id(gazu.task.all_comments_for_task(day.animation))
    assert gazu.task.get_task(day.task["id"])["task_status_id"] == day.statuses["retake"]["id"]


def share(day):
    """A link to the playlist opens it with its password, until it is withdrawn."""
    link = gazu.playlist.new_share_link(day.playlist, "2099-12-31", can_comment=False, password="a long one")
    assert link["has_password"] and not link["can_comment"] and "password" not in link, link
    assert [row["token"] for row in gazu.playlist.all_share_links_for_playlist(day.playlist)] == [
        link["token"]
    ]
    url = f"{URL}/shared/playlists/{link['token']}"
    answer(requests.get(url), 404)
    shown = answer(requests.get(url, params={"password": "a long one"}), 200)
    assert [row["preview_file_id"] for row in shown["shots"]] == [day.preview["id"]], shown
    gazu.playlist.remove_share_link(day.playlist, link["token"])
    answer(requests.get(url, params={"password": "a long one"}), 404)
    day.stream.caught_up()


def arrange(day):
    """Columns in another order, several entities removed at once, and who signed in last."""
    project = day.project
    made = [gazu.project.add_metadata_descriptor(project, name, "Shot") for name in ("Lens", "Weather")]
    day.heard(*(day.event("metadata-descriptor:new", metadata_descriptor_id=row["id"]) for row in made))
    ids = [row["id"] for row in gazu.project.all_metadata_descriptors(project, entity_type="Shot")]
    reversed_ids = list(reversed(ids))
    arranged = gazu.project.reorder_metadata_descriptors(project, "Shot", reversed_ids)
    assert [row["id"] for row in arranged] == reversed_ids, arranged
    day.stream.caught_up()
    spare = [gazu.asset.new_asset(project, day.asset_types["Props"], f"Spare {at}") for at in (1, 2)]
    day.stream.caught_up()
    removed = gazu.entity.remove_entities(project, spare)
    assert set(removed) == {row["id"] for row in spare}, removed
    day.heard(*(day.event("asset:delete", asset_id=row["id"]) for row in spare), any_order=True)
    logs = gazu.events.get_last_login_logs(limit=5, person_ids=[day.people["artist"]])
    assert {row["person_id"] for row in logs} == {day.people["artist"]["id"]}, logs
