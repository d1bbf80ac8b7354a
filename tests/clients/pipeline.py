"""A pipeline developer's first evening: from a blank production to a published shot, by gazu alone.

Runs against DAILIES_URL as the administrator of DAILIES_EMAIL and DAILIES_PASSWORD. The production
gets a file tree of its own; a shot gets working files in two revisions, an output file baked from
the second one, and a picture and a movie to look at. A listener like those of pipelines is told of
the change of status meanwhile, and reads the task of which it heard.

The artist stays behind, the production is removed.
"""

import importlib.metadata
import pathlib
import queue
import subprocess
import tempfile
import threading

import gazu

from studio_day.day import EMAIL, PASSWORD, TAG, URL, by_id, picture, refused, size_of
from studio_day.movies import movie
from studio_day.releases import IS_NEWER, assign_task, create_tasks_of, wait_for_preview_file

HEARD_WITHIN = 10

# Where the studio keeps its files: a drive, the production, and the shot below its sequence.
TREE = {
    mode: {
        "mountpoint": "/mnt",
        "root": root,
        "folder_path": {
            "shot": "<Project>/<Sequence>/<Shot>/<TaskType>",
            "asset": "<Project>/<AssetType>/<Asset>/<TaskType>",
            "style": "lowercase",
        },
        "file_name": {
            "shot": f"<Sequence>_<Shot>_<TaskType>_{name}_v<Version>",
            "asset": f"<Asset>_<TaskType>_{name}_v<Version>",
            "style": "lowercase",
        },
    }
    for mode, root, name in (("working", "work", "<Name>"), ("output", "publish", "<OutputType>_<Name>"))
}


def listen():
    """A queue of the changes of status that gazu's event client tells of, and the client."""
    heard = queue.Queue()
    gazu.set_event_host(URL)
    client = gazu.events.init()
    gazu.events.add_listener(client, "task:status-changed", heard.put)
    threading.Thread(target=gazu.events.run_client, args=(client,), daemon=True).start()
    return heard, client


def blank_production():
    """A production with its tree, a shot, and an artist with a task on it."""
    project = gazu.project.new_project(f"Pipeline {TAG}", production_type="short")
    gazu.project.update_project({"id": project["id"], "resolution": "640x360"})
    broken = {"working": {"mountpoint": "/mnt", "root": "work", "folder_path": {"shot": "<Project>/<Wool>"}}}
    refused(lambda: gazu.files.update_project_file_tree(project, broken), "Wool", gazu.ParameterException)
    assert gazu.files.update_project_file_tree(project, TREE)["file_tree"] == TREE
    artist = gazu.person.new_person(
        "Pipe", f"Line {TAG}", f"pipe-{TAG}@example.com", password=f"pipe-{TAG}-line"
    )
    gazu.project.add_person_to_team(project, artist)
    sequence = gazu.shot.new_sequence(project, "SQ 01")
    shot = gazu.shot.new_shot(project, sequence, "SH 010", nb_frames=48)
    animation = gazu.task.get_task_type_by_name("Animation", "Shot")
    gazu.project.add_task_type(project, animation, 1)
    (task,) = create_tasks_of("shot", shot, [animation])
    assign_task(task, artist)
    mine = gazu.client.create_client(f"{URL}/api")
    gazu.log_in(artist["email"], f"pipe-{TAG}-line", client=mine)
    return project, shot, animation, task, mine


def save(task, mine, folder):
    """Two revisions of a scene file, the second one uploaded."""
    files = []
    for revision in (1, 2):
        path = gazu.files.build_working_file_path(task, revision=revision, client=mine)
        assert (
            path
            == f"/mnt/work/pipeline_{TAG}/sq_01/sh_010/animation/sq_01_sh_010_animation_main_v00{revision}"
        )
        row = gazu.files.new_working_file(task, comment=f"Save {revision}", client=mine)
        assert (row["revision"], row["path"]) == (revision, path), row
        files.append(row)
    scene, copy = folder / "scene.blend", folder / "copy.blend"
    scene.write_bytes(b"BLENDER" + bytes(200_000))
    gazu.files.upload_working_file(files[1], str(scene), client=mine)
    gazu.files.download_working_file(files[1], str(copy), client=mine)
    assert copy.read_bytes() == scene.read_bytes(), "the scene came back changed"
    assert gazu.files.get_last_working_files(task, client=mine)["main"]["id"] == files[1]["id"]
    return files[1]


def bake(shot, animation, saved, mine):
    """An output file that knows the scene that it was baked from."""
    kind = gazu.files.new_output_type(f"Alembic {TAG}", "abc")
    assert gazu.files.get_next_entity_output_revision(shot, kind, animation, client=mine) == 1
    baked = gazu.files.new_entity_output_file(shot, kind, animation, "Baked", saved, client=mine)
    name = f"sq_01_sh_010_animation_alembic_{TAG}_main_v001"
    assert baked["path"] == f"/mnt/publish/pipeline_{TAG}/sq_01/sh_010/animation/{name}", baked["path"]
    assert baked["source_file"]["id"] == saved["id"], baked["source_file"]
    read = gazu.files.get_working_file(saved["id"], client=mine)
    assert read["outputs"] == [baked["id"]], read["outputs"]
    guessed = gazu.entity.guess_from_path(shot["project_id"], saved["path"].rsplit("/", 1)[0])
    found = {"Project": shot["project_id"], "Shot": shot["id"], "TaskType": animation["id"]}
    assert any(found.items() <= row.items() for row in guessed), guessed


def publish(task, mine, folder, heard):
    """A picture and a movie on a comment that asks for a review, of which the listener hears."""
    waiting = gazu.task.get_task_status_by_short_name("wfa")
    still, clip = picture(folder / "still.png", 640, 360), movie(folder / "clip.mov", seconds=2, rate="25")
    comment, shown = gazu.task.publish_preview(
        task, waiting, "Please look", preview_file_path=str(clip), client=mine
    )
    told = heard.get(timeout=HEARD_WITHIN)
    assert (told["task_id"], told["new_task_status_id"]) == (task["id"], waiting["id"]), told
    assert gazu.task.get_task(told["task_id"])["task_status"]["id"] == waiting["id"], (
        "it is so when it is told"
    )
    clip_preview = wait_for_preview_file(shown)
    assert (clip_preview["status"], clip_preview["extension"], clip_preview["revision"]) == (
        "ready",
        "mp4",
        1,
    )
    _, shown = gazu.task.publish_preview(
        task, waiting, "And a still", preview_file_path=str(still), set_thumbnail=True, client=mine
    )
    still_preview = wait_for_preview_file(shown)
    assert (still_preview["status"], still_preview["revision"]) == ("ready", 2), still_preview
    assert gazu.shot.get_shot(task["entity_id"])["preview_file_id"] == still_preview["id"]
    both = {clip_preview["id"], still_preview["id"]}
    assert set(by_id(gazu.files.get_all_preview_files_for_task(task, client=mine))) == both
    look_at(clip_preview, folder)
    return comment


def look_at(preview, folder):
    """The movie as it is downloaded, and single frames of it."""
    movies = (
        (gazu.files.download_preview_movie, "640x360"),
        (gazu.files.download_preview_lowdef_movie, "1280x720"),
    )
    for download, size in movies:
        path = folder / "downloaded.mp4"
        download(preview, str(path))
        command = "ffprobe -v error -count_frames -select_streams v -of csv=p=0".split()
        entries = ["-show_entries", "stream=width,height,nb_read_frames", str(path)]
        told = subprocess.run(command + entries, check=True, capture_output=True, text=True).stdout.strip()
        assert told == size.replace("x", ",") + ",50", f"{size}: {told}"
    frame, tiles = folder / "frame.png", folder / "tiles.png"
    gazu.files.extract_frame_from_preview(preview, 25, str(frame))
    assert size_of(frame.read_bytes()) == (640, 360)
    if not IS_NEWER:
        return
    gazu.files.extract_tile_from_preview(preview, str(tiles))
    assert size_of(tiles.read_bytes()) == (8 * 178, 7 * 100)


def review(task, heard):
    """The status that a reviewer sets is heard, with the one before."""
    retake = gazu.task.get_task_status_by_short_name("retake")
    gazu.task.add_comment(task, retake, "The lamp flickers")
    told = heard.get(timeout=HEARD_WITHIN)
    waiting = gazu.task.get_task_status_by_short_name("wfa")
    assert (told["new_task_status_id"], told["previous_task_status_id"]) == (retake["id"], waiting["id"]), (
        told
    )
    assert heard.empty(), "nothing is told twice"


def main():
    """Goes the whole way once."""
    gazu.set_host(f"{URL}/api")
    gazu.log_in(EMAIL, PASSWORD)
    heard, client = listen()
    with tempfile.TemporaryDirectory(prefix="dailies-pipeline-") as name:
        folder = pathlib.Path(name)
        project, shot, animation, task, mine = blank_production()
        try:
            saved = save(task, mine, folder)
            bake(shot, animation, saved, mine)
            publish(task, mine, folder, heard)
            review(task, heard)
        finally:
            client.disconnect()
            gazu.project.close_project(gazu.project.get_project(project["id"]))
            gazu.project.remove_project(project, force=True)
    release = importlib.metadata.version("gazu")
    print(
        f"pipeline with gazu {release}: a blank production got files, outputs, previews, and was told of reviews"
    )


if __name__ == "__main__":
    main()
