"""A playlist for the review, made and read by what gazu has for it."""

import io
import zipfile

import gazu

from studio_day.day import by_id, refused


def line_up(day):
    """Entries with previews in their order, a playlist that is not kept, and the archive of its files."""
    project, shot, preview = day.project, day.shots["E01", "SH010"], day.preview
    playlist = gazu.playlist.new_playlist(project, "Dailies of Monday", day.episodes["E01"])
    day.heard(day.event("playlist:new", playlist_id=playlist["id"]))
    playlist["shots"] = playlist["shots"] or []
    assert gazu.playlist.new_playlist(project, "Dailies of Monday")["id"] == playlist["id"], (
        "found by its name"
    )
    assert gazu.playlist.get_playlist_by_name(project, "Dailies of Monday")["id"] == playlist["id"]
    gazu.playlist.add_entity_to_playlist(playlist, shot)
    added = {"playlist_id": playlist["id"], "entity_id": shot["id"], "preview_file_id": preview["id"]}
    day.heard(day.event("playlist:add_entity", **added))
    read = gazu.playlist.get_playlist(playlist)
    assert [(row["entity_id"], row["preview_file_id"]) for row in read["shots"]] == [
        (shot["id"], preview["id"])
    ]
    assert playlist["id"] in by_id(gazu.playlist.all_playlists_for_project(project))
    assert playlist["id"] in by_id(gazu.playlist.all_playlists_for_episode(day.episodes["E01"]))
    previews = gazu.playlist.get_entity_preview_files(shot)
    assert previews[day.task_types["layout"]["id"]][0]["id"] == preview["id"], previews
    passing = gazu.playlist.generate_temp_playlist(project, {"task_ids": [day.task["id"]]})
    assert [row["preview_file_id"] for row in passing] == [preview["id"]], passing
    archive = day.folder / "playlist.zip"
    gazu.playlist.download_playlist_zip(playlist, str(archive))
    names = zipfile.ZipFile(io.BytesIO(archive.read_bytes())).namelist()
    assert len(names) == 2, f"both files of the revision are in the archive: {names}"
    gazu.playlist.update_playlist({"id": playlist["id"], "for_client": True})
    day.heard(day.event("playlist:update", playlist_id=playlist["id"]))
    assert playlist["id"] in by_id(
        gazu.playlist.all_playlists_for_project(project, client=day.clients["client"])
    ), "clients see what is made for them"
    refused(
        lambda: gazu.playlist.new_playlist(project, "Mine", client=day.clients["artist"]),
        "",
        gazu.exception.NotAllowedException,
    )
    day.playlist = playlist


def clear_away(day):
    """The playlist is removed."""
    gazu.playlist.delete_playlist(day.playlist)
    day.heard(day.event("playlist:delete", playlist_id=day.playlist["id"]))
