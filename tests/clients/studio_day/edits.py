"""Edits of an episode and concepts, with their tasks and previews."""

import gazu

from studio_day import shapes
from studio_day.day import SOME_ID, TAG, URL, answer, by_id, refused
from studio_day.movies import movie, publish
from studio_day.releases import create_tasks_of
from studio_day.shapes import has_keys


def new_type_of(day, kind, name):
    """A task type for a kind of entity, in use in the production."""
    task_type = gazu.task.new_task_type(f"{name} {TAG}", "#FFB300", kind)
    day.heard(("task-type:new", {"task_type_id": task_type["id"]}))
    gazu.project.add_task_type(day.project, task_type, 1)
    day.heard(day.event("project:update"))
    return task_type


def edit_episode(day):
    """The edit of an episode: made once, changed, published as a movie, cancelled and removed."""
    project, episode = day.project, day.episodes["E01"]
    cut = gazu.edit.new_edit(project, "Rough cut", "From the animatic", {"length": 90}, episode)
    has_keys(cut, shapes.ENTITY, "a new edit")
    assert (cut["type"], cut["data"], cut["description"]) == ("Edit", {"length": 90}, "From the animatic"), (
        cut
    )
    assert cut["parent_id"] == episode["id"], "the edit is that of its episode"
    day.heard(day.event("edit:new", edit_id=cut["id"], parent_id=episode["id"]))
    assert gazu.edit.new_edit(project, "Rough cut")["id"] == cut["id"], "the same edit is not made twice"
    assert gazu.edit.get_edit_by_name(project, "Rough cut")["id"] == cut["id"]
    assert [row["id"] for row in gazu.edit.all_edits_for_project(project)] == [cut["id"]]
    read = gazu.edit.get_edit(cut["id"])
    assert (read["name"], read["episode_id"], read["tasks"]) == ("Rough cut", episode["id"], []), read
    day.heard()

    updated = day.event("edit:update", edit_id=cut["id"])
    gazu.edit.update_edit({"id": cut["id"], "description": "With sound"})
    day.heard(updated)
    gazu.edit.update_edit_data(cut, {"reel": 2})
    day.heard(updated)
    read = gazu.edit.get_edit(cut["id"])
    assert (read["description"], read["data"]) == ("With sound", {"length": 90, "reel": 2}), read

    cutting = new_type_of(day, "Edit", "Cutting")
    (task,) = create_tasks_of("edit", cut, [cutting])
    day.heard(day.event("task:new", task_id=task["id"]))
    assert set(by_id(gazu.task.all_tasks_for_edit(cut))) == {task["id"]}
    gazu.project.update_project({"id": project["id"], "resolution": "640x360"})
    day.heard(day.event("project:update"))
    path = movie(day.folder / "rough.cut.mov", seconds=1, rate="24")
    preview = publish(day, task, path, "First cut", extension="mp4")
    assert (preview["status"], preview["original_name"]) == ("ready", "rough.cut"), preview
    assert abs(preview["duration"] - 1) < 0.05 and preview["width"] == 640, preview
    shown = gazu.edit.all_previews_for_edit(cut)
    assert [row["id"] for row in shown[cutting["id"]]] == [preview["id"]], shown
    assert gazu.edit.get_edit(cut["id"])["tasks"][0]["id"] == task["id"]

    gazu.edit.remove_edit(cut)
    assert gazu.edit.get_edit(cut["id"])["canceled"] is True, "an edit with tasks is cancelled"
    day.heard(updated)
    gazu.edit.remove_edit(cut, force=True)
    answer(day.http.get(f"{URL}/data/edits/{cut['id']}"), 404)
    answer(day.http.get(f"{URL}/movies/originals/preview-files/{preview['id']}.mp4"), 404)
    gone = {"task_id": task["id"], "entity_id": cut["id"], "task_type_id": cutting["id"]}
    told = day.event("news:delete", news_id=SOME_ID)
    day.heard(told, day.event("task:delete", **gone), day.event("edit:delete", edit_id=cut["id"]))


def draw_concepts(day):
    """Concepts, which artists make, linked to what they show."""
    project, artist = day.project, day.clients["artist"]
    rana, lamp = day.assets["Rana"], day.assets["Lamp"]
    moon = gazu.concept.new_concept(project, "Moon", "At night", {"mood": "blue"}, [rana], client=artist)
    has_keys(moon, shapes.ENTITY | {"entity_concept_links"}, "a new concept")
    assert (moon["type"], moon["entity_concept_links"]) == ("Concept", [rana["id"]]), moon
    day.heard(day.event("concept:new", concept_id=moon["id"]))
    assert gazu.concept.new_concept(project, "Moon")["id"] == moon["id"], "the same concept is not made twice"
    assert gazu.concept.get_concept_by_name(project, "moon")["id"] == moon["id"]
    assert moon["id"] in by_id(gazu.concept.all_concepts())
    assert [row["id"] for row in gazu.concept.all_concepts_for_project(project)] == [moon["id"]]
    assert gazu.concept.get_concept(moon["id"])["data"] == {"mood": "blue"}
    day.heard()
    changed = {"id": moon["id"], "entity_concept_links": [lamp["id"]]}
    assert gazu.concept.update_concept(changed)["entity_concept_links"] == [lamp["id"]]
    day.heard(day.event("concept:update", concept_id=moon["id"]))
    refused(
        lambda: gazu.concept.new_concept(project, "Sun", client=day.clients["client"]),
        "",
        gazu.exception.NotAllowedException,
    )

    sketch = new_type_of(day, "Concept", "Sketch")
    (task,) = create_tasks_of("concept", moon, [sketch])
    day.heard(day.event("task:new", task_id=task["id"]))
    assert set(by_id(gazu.task.all_tasks_for_concept(moon))) == {task["id"]}
    assert set(by_id(gazu.task.all_task_types_for_concept(moon))) == {sketch["id"]}
    path = day.folder / "layout.v1.png"
    preview = publish(day, task, path, "A sketch", extension="png")
    shown = gazu.concept.all_previews_for_concept(moon)
    assert [row["id"] for row in shown[sketch["id"]]] == [preview["id"]], shown
    gazu.concept.remove_concept(moon, force=True)
    answer(day.http.get(f"{URL}/data/concepts/{moon['id']}"), 404)
    gone = {"task_id": task["id"], "entity_id": moon["id"], "task_type_id": sketch["id"]}
    day.heard(day.event("task:delete", **gone), day.event("concept:delete", concept_id=moon["id"]))
