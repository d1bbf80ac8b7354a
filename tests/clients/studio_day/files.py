"""Working files and output files, and where the file tree puts them."""

import concurrent.futures
import uuid

import gazu
import requests

from studio_day import shapes
from studio_day.day import SOME_ID, TAG, URL, answer, by_id, refused, session
from studio_day.releases import IS_NEWER
from studio_day.shapes import has_keys


def keep_working_files(day):
    """Revisions of a working file, at the paths of the production's tree, uploaded and read in parts."""
    project, task, artist = day.project, day.animation, day.people["artist"]
    tree = {"tree_name": "simple"}
    changed = answer(day.http.post(f"{URL}/actions/projects/{project['id']}/set-file-tree", json=tree), 200)
    assert set(changed["file_tree"]) == {"working", "output", "preview"}, changed["file_tree"]
    day.heard(day.event("project:update"))
    software = gazu.files.new_software(f"Wool {TAG}", "wool", ".wool", ["wl"])
    day.heard(("software:new", {"software_id": software["id"]}))
    assert gazu.files.new_software(f"Wool {TAG}", "wool", ".wool")["id"] == software["id"]
    assert gazu.files.get_software_by_name(f"Wool {TAG}")["file_extension"] == ".wool"

    name = f"comet_{TAG}_sq01_sh010_animation_main_v001"
    folder = f"/simple/productions/comet_{TAG}/shots/sq01/sh010/animation/wool_{TAG}"
    assert gazu.files.build_working_file_path(task, software=software) == f"{folder}/{name}"
    files = [
        gazu.files.new_working_file(task, software=software, comment=f"Take {take}", person=artist)
        for take in (1, 2)
    ]
    for revision, row in enumerate(files, 1):
        has_keys(row, shapes.WORKING_FILE, "a working file")
        assert (row["revision"], row["path"]) == (revision, f"{folder}/{name[:-1]}{revision}"), row
    assigned = (
        day.event("task:assign", task_id=task["id"], person_id=day.admin["id"]),
        day.event("task:update", task_id=task["id"]),
    )
    day.heard(
        *assigned,
        day.event("working-file:new", working_file_id=files[0]["id"]),
        day.event("working-file:new", working_file_id=files[1]["id"]),
    )
    refused(
        lambda: gazu.files.new_working_file(task, software=software, revision=2),
        "The given working file already exists.",
        gazu.ParameterException,
    )
    with concurrent.futures.ThreadPoolExecutor(4) as at_once:
        clients = [gazu.client.create_client(f"{URL}/api") for _ in range(4)]
        for client in clients:
            client.tokens = gazu.client.default_client.tokens
        made = list(
            at_once.map(lambda client: gazu.files.new_working_file(task, "crowd", software=software, client=client), clients)
        )
    assert sorted(row["revision"] for row in made) == [1, 2, 3, 4], "everybody gets a revision of their own"
    day.heard(*(day.event("working-file:new", working_file_id=row["id"]) for row in made), any_order=True)

    last = files[1]
    assert gazu.files.get_last_working_file_revision(task)["id"] == last["id"]
    assert {key: row["revision"] for key, row in gazu.files.get_last_working_files(task).items()} == {
        "main": 2,
        "crowd": 4,
    }
    assert [row["id"] for row in gazu.files.get_working_files_for_task(task) if row["name"] == "main"] == [
        last["id"],
        files[0]["id"],
    ]
    of_shot = gazu.files.get_all_working_files_for_entity(task["entity_id"], task, "main")
    assert set(by_id(of_shot)) == {row["id"] for row in files}
    assert gazu.files.update_comment(last, "Take two, slower")["comment"] == "Take two, slower"
    before = gazu.files.get_working_file(last["id"])["updated_at"]
    assert gazu.files.update_modification_date(last)["updated_at"] >= before
    content(day, last)
    day.working_file = last
    day.heard()


def content(day, row):
    """The content of a working file, for the team only."""
    path, copy = day.folder / "shot.wool", day.folder / "copy.wool"
    path.write_bytes(bytes(range(256)) * 400)
    url = f"{URL}/data/working-files/{row['id']}/file"
    answer(day.http.get(url), 404)
    has_keys(
        gazu.files.upload_working_file(row, str(path)), shapes.WORKING_FILE | {"outputs"}, "an uploaded file"
    )
    gazu.files.download_working_file(row, str(copy))
    assert copy.read_bytes() == path.read_bytes(), "the working file came back changed"
    rest = day.http.get(url, headers={"Range": "bytes=100000-"})
    assert rest.status_code == 206 and rest.content == path.read_bytes()[100000:], rest.status_code
    answer(requests.get(url), 401)
    answer(session(day.clients["outsider"].access_token).get(url), 403)


def publish_outputs(day):
    """Output files of a shot and of an asset's appearance in it, with what is found of them."""
    shot, animation = day.shots["E01", "SH010"], day.task_types["animation"]
    kind = gazu.files.new_output_type(f"Cache {TAG}", "cache")
    assert gazu.files.new_output_type(f"Cache {TAG}", "cache")["id"] == kind["id"]
    status = gazu.files.new_file_status(f"Checked {TAG}", "#00FF00")
    day.heard(
        ("output-type:new", {"output_type_id": kind["id"]}),
        ("file-status:new", {"file_status_id": status["id"]}),
    )
    name = f"comet_{TAG}_sq01_sh010_animation_cache_{TAG}_main_v00"
    folder = f"/simple/productions/export/comet_{TAG}/shots/sq01/sh010/animation/cache_{TAG}"
    assert gazu.files.build_entity_output_file_path(shot, kind, animation) == f"{folder}/{name}1"
    outputs = []
    for revision in (1, 2):
        row = gazu.files.new_entity_output_file(
            shot,
            kind,
            animation,
            f"Bake {revision}",
            day.working_file,
            representation="abc",
            nb_elements=revision,
        )
        elements = "_[1-2]" if revision == 2 else ""
        has_keys(row, shapes.OUTPUT_FILE | {"folder_path", "file_name"}, "an output file")
        assert (row["revision"], row["file_name"]) == (revision, f"{name}{revision}{elements}"), row
        assert row["path"].startswith(folder) and row["source_file"]["id"] == day.working_file["id"], row
        day.heard(day.event("output-file:new", output_file_id=row["id"]))
        outputs.append(row)
    last = outputs[1]
    assert gazu.files.get_next_entity_output_revision(shot, kind, animation) == 3
    if IS_NEWER:
        assert gazu.files.get_last_entity_output_revision(shot, kind, animation) == 2
    assert [row["id"] for row in gazu.files.get_last_output_files_for_entity(shot)] == [last["id"]]
    found = gazu.files.all_output_files_for_entity(shot, kind, animation, "main", "abc")
    assert [row["id"] for row in found] == [row["id"] for row in reversed(outputs)]
    assert gazu.files.all_output_files_for_entity(shot, representation="obj") == []
    assert set(by_id(gazu.files.all_output_files_for_project(day.project))) == set(by_id(outputs))
    assert [row["id"] for row in gazu.files.all_output_types_for_entity(shot)] == [kind["id"]]
    assert gazu.files.get_output_file_by_path(last["path"])["id"] == last["id"]
    gazu.files.update_output_file(last, {"file_status_id": status["id"]})
    day.heard(day.event("output-file:update", output_file_id=last["id"]))
    assert gazu.files.get_output_file(last["id"])["file_status_id"] == status["id"]
    refused(
        lambda: gazu.files.new_entity_output_file(shot, str(uuid.uuid4()), animation, ""),
        "Cannot find given output type.",
        gazu.ParameterException,
    )
    of_instance(day, kind)
    # The tree has no episodes, and both of them have such a shot.
    alike = {day.shots[episode, "SH010"]["id"] for episode in ("E01", "E02")}
    guessed = gazu.entity.guess_from_path(day.project["id"], outputs[0]["folder_path"])
    assert any(row.get("Shot") in alike and row.get("TaskType") == animation["id"] for row in guessed), guessed


def of_instance(day, kind):
    """Output files of a lamp in a shot."""
    shot, lamp, animation = day.shots["E01", "SH010"], day.instance, day.task_types["animation"]
    made = gazu.files.new_asset_instance_output_file(
        lamp, shot, kind, animation, "Baked", representation="abc"
    )
    assert (made["asset_instance_id"], made["temporal_entity_id"], made["revision"]) == (
        lamp["id"],
        shot["id"],
        1,
    ), made
    day.heard(day.event("output-file:new", output_file_id=SOME_ID))
    path = gazu.files.build_asset_instance_output_file_path(
        lamp, shot, kind, animation, "master", "abc", revision=1
    )
    assert path == made["path"], (path, made["path"])
    assert gazu.files.get_next_asset_instance_output_revision(lamp, shot, kind, animation) == 2
    assert gazu.files.get_last_asset_instance_output_revision(lamp, shot, kind, animation) == 1
    for found in (
        gazu.files.get_last_output_files_for_asset_instance(lamp, shot),
        gazu.files.all_output_files_for_asset_instance(lamp, shot, output_type=kind),
    ):
        assert [row["id"] for row in found] == [made["id"]], found
    assert [row["id"] for row in gazu.files.all_output_types_for_asset_instance(lamp, shot)] == [kind["id"]]
