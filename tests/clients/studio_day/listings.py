"""Lists that the web UI loads: listings with tasks, the context, and the calls of its pages."""

import json
from datetime import date

import gazu

from studio_day import shapes
from studio_day.day import URL, answer, by_id, session
from studio_day.shapes import has_keys, has_no_secrets


def with_tasks(day):
    """The listings that pages are made of, in every variant."""
    for kind, keys, task_keys in (
        ("assets", shapes.ASSET_WITH_TASKS, shapes.TASK_OF_ASSET),
        ("shots", shapes.SHOT_WITH_TASKS, shapes.TASK_OF_SHOT),
    ):
        plain = listing(day, kind)
        for row in plain:
            has_keys(row, keys, f"a row of {kind}/with-tasks")
            for task in row["tasks"]:
                has_keys(task, task_keys, f"a task of {kind}/with-tasks")
        expected = by_id(plain)
        assert by_id(compact_rows(listing(day, kind, compact="true"), kind)) == expected, (
            f"{kind}: compact differs"
        )
        assert by_id(streamed_rows(day, kind)) == expected, f"{kind}: stream differs"
        assert by_id(streamed_rows(day, kind, compact="true")) == expected, f"{kind}: compact stream differs"
        assert by_id(listing(day, kind, compact="True")) == expected, (
            f"{kind}: only the lower-case true counts"
        )
        one = plain[0]["id"]
        assert [row["id"] for row in listing(day, kind, id=one)] == [one], f"{kind}: one by its id"
        assert by_id(listing(day, kind, episode_id="all")) == expected, f"{kind}: all episodes"
        bad = answer(day.http.get(f"{URL}/data/{kind}/with-tasks?project_id=zz"), 400)
        assert bad["message"] == "Invalid UUID format for project_id: zz", bad

    shots = by_id(listing(day, "shots"))
    shot = shots[day.shots["E01", "SH010"]["id"]]
    assert len(shots) == 3 and (shot["episode_name"], shot["fps"], shot["type"]) == ("E01", None, "Shot"), (
        shot
    )
    task = next(task for task in shot["tasks"] if task["id"] == day.task["id"])
    assert (
        task["assignees"] == [day.people["artist"]["id"]]
        and task["last_preview_file_id"] == day.preview["id"]
    ), task
    first, second = (day.episodes[name]["id"] for name in ("E01", "E02"))
    assert (
        len(listing(day, "shots", episode_id=first)) == 2
        and len(listing(day, "shots", episode_id=second)) == 1
    )

    names = {name: row["id"] for name, row in day.assets.items()}
    assets = listing(day, "assets")
    assert [row["name"] for row in assets] == ["Odo", "Rana", "Lamp"], "ordered by type, then by name"
    rana = by_id(assets)[names["Rana"]]
    assert (
        rana["casting_episode_ids"] == [first] and rana["ready_for"] == day.task_types["animation"]["id"]
    ), rana
    assert (rana["episode_id"], rana["preview_file_id"]) == ("", ""), rana
    assert set(by_id(listing(day, "assets", episode_id=first))) == {names["Rana"], names["Odo"]}
    assert listing(day, "assets", episode_id=second) == []
    assert len(listing(day, "assets", episode_id="main")) == 3, "no asset belongs to an episode"

    sequences = listing(day, "sequences")
    assert len(sequences) == 3 and len(listing(day, "sequences", episode_id=first)) == 2
    for row in sequences:
        has_keys(row, shapes.SEQUENCE_WITH_TASKS, "a row of sequences/with-tasks")
    answer(
        session(day.clients["outsider"].access_token).get(
            f"{URL}/data/shots/with-tasks", params={"project_id": day.project["id"]}
        ),
        403,
    )


def listing(day, kind, **query):
    """A with-tasks listing of the production."""
    query = {"project_id": day.project["id"], **query}
    return answer(day.http.get(f"{URL}/data/{kind}/with-tasks", params=query), 200)


def compact_rows(listed, kind):
    """The rows of a compact listing, made whole again."""
    assert listed["compact"] is True, "a compact listing says so"
    return [whole(row, listed, kind) for row in listed["rows"]]


def whole(row, header, kind):
    """A row of values as an object, by the field lists of a header."""
    made = dict(zip(header[f"{kind[:-1]}_fields"], row, strict=True))
    made["tasks"] = [dict(zip(header["task_fields"], task, strict=True)) for task in made["tasks"]]
    return made


def streamed_rows(day, kind, **query):
    """The rows of a listing sent line by line."""
    query = {"project_id": day.project["id"], "stream": "true", **query}
    got = day.http.get(f"{URL}/data/{kind}/with-tasks", params=query)
    assert got.status_code == 200 and got.headers["Content-Type"] == "application/x-ndjson", got.headers
    assert got.text.endswith("\n"), "every line ends"
    header, *rows = (json.loads(line) for line in got.text.splitlines())
    assert header["compact"] is ("compact" in query), header
    return [whole(row, header, kind) for row in rows] if header["compact"] else rows


def contexts(day):
    """The payload that the web UI starts with, for an administrator and for an artist."""
    context = gazu.user.get_context()
    has_keys(context, shapes.CONTEXT | {"user_limit"}, "the administrator's context")
    has_no_secrets(context, "the administrator's context")
    assert "email" in by_id(context["persons"])[day.people["artist"]["id"]], (
        "administrators see whole persons"
    )
    row = by_id(context["projects"])[day.project["id"]]
    has_keys(row, shapes.OPEN_PROJECT | {"first_episode_id"}, "a production of the context")
    assert {day.asset_types[name]["id"] for name in day.asset_types} <= set(by_id(context["asset_types"]))
    assert {row["id"] for row in day.task_types.values()} <= set(by_id(context["task_types"]))
    assert {row["id"] for row in day.departments} <= set(by_id(context["departments"]))

    context = gazu.user.get_context(client=day.clients["artist"])
    has_keys(context, shapes.CONTEXT, "the artist's context")
    has_keys(
        by_id(context["persons"])[day.admin["id"]], shapes.MINIMAL_PERSON, "a person of the artist's context"
    )
    assert day.project["id"] in by_id(context["projects"])
    assert context["notification_count"] > 0, "the artist was assigned, corrected and mentioned"
    assert context["project_roles"] == {}, "no role of the artist's own on a production"
    context = gazu.user.get_context(client=day.clients["outsider"])
    assert day.project["id"] not in by_id(context["projects"]), "others do not see the production"


def pages(day):
    """Every call of the pages of the web UI is answered, under the prefix that it uses."""
    project, shot, asset = day.project["id"], day.shots["E01", "SH010"]["id"], day.assets["Rana"]["id"]
    episode = day.episodes["E01"]["id"]
    for path in f"""
        /config /auth/authenticated /data/organisations /data/user/context /data/projects/all
        /data/user/tasks /data/user/done-tasks /data/user/time-spents/{date.today()}
        /data/persons/{day.admin["id"]}/day-offs/ /data/persons /data/departments /data/task-types
        /data/assets/with-tasks?project_id={project} /data/projects/{project}/assets/shared-used
        /data/assets?is_shared=true&project_id={project} /data/projects/{project}/assets
        /data/sequences/with-tasks?project_id={project}&episode_id={episode}
        /data/shots/with-tasks?project_id={project}&episode_id=all
        /data/projects/{project}/sequences /data/projects/{project}/episodes
        /data/projects/{project}/sequences/all/casting /data/projects/{project}/team
        /data/shots/{shot} /data/shots/{shot}/tasks /data/assets/{asset} /data/assets/{asset}/tasks
        /data/assets/{asset}/cast-in /data/projects/{project}/entities/{shot}/casting
        /data/entities/{shot}/news /data/entities/{asset}/entities-linked/with-tasks
        /data/tasks/{day.task["id"]}/full /data/tasks/{day.task["id"]}/comments
        /data/playlists/entities/{shot}/preview-files
    """.split():
        got = day.http.get(f"{URL}/api{path}")
        assert got.status_code == 200, f"the web UI asks {path} and gets {got.status_code}: {got.text[:300]}"
        assert got.headers["Content-Type"] == "application/json", f"{path}: {got.headers['Content-Type']}"
        assert got.json() is not None, f"{path}: null"
    previews = answer(day.http.get(f"{URL}/data/playlists/entities/{shot}/preview-files"), 200)
    revision = previews[day.task_types["layout"]["id"]][0]
    assert revision["id"] == day.preview["id"] and len(revision["previews"]) == 1, revision
    news = answer(day.http.get(f"{URL}/data/entities/{shot}/news"), 200)
    assert news["total"] == len(news["data"]) > 0 and news["page"] == 1, news
    day.heard()
