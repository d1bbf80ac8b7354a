"""CSV exports."""

import csv
import io

import gazu

from studio_day.day import TAG, URL, answer, session


def exports(day):
    """Assets, shots and casting as CSV."""
    project = day.project
    slug = f"comet_{TAG}"
    path = day.folder / "assets.csv"
    gazu.asset.export_assets_with_csv(project, str(path))
    rows = table(path.read_bytes())
    assert rows[0][:6] == ["Project", "Type", "Name", "Description", "Time Spent", "Difficulty"], rows[0]
    assert sorted(rows[0][6::2]) == [f"Lookdev {TAG}", "Modeling"], rows[0]
    assert rows[0][7::2] == ["Assignations"] * 2, rows[0]
    assert [row[2] for row in rows[1:]] == ["Odo", "Rana", "Lamp"], rows
    rana = dict(zip(rows[0], rows[2], strict=True))
    assert (rana["Project"], rana["Type"], rana["Difficulty"], rana["Modeling"]) == (
        project["name"],
        day.asset_types["Hero"]["name"],
        "hard",
        "todo",
    ), rana

    path = day.folder / "shots.csv"
    gazu.shot.export_shots_with_csv(project, str(path))
    rows = table(path.read_bytes())
    assert rows[0][:10] == [
        "Project",
        "Episode",
        "Sequence",
        "Name",
        "Description",
        "Time Spent",
        "Frames",
        "Frame In",
        "Frame Out",
        "FPS",
    ], rows[0]
    assert [row[1:4] for row in rows[1:]] == [
        ["E01", "SQ01", "SH010"],
        ["E01", "SQ01", "SH020"],
        ["E02", "SQ01", "SH010"],
    ], rows
    shot = rows[1]
    assert shot[5:10] == ["0.31", "50", "101", "148", ""], shot
    status = rows[0].index("Layout")
    assert rows[0][status + 1] == "Assignations", rows[0]
    assert shot[status : status + 2] == ["retake", day.people["artist"]["full_name"]], shot
    path = day.folder / "one.csv"
    gazu.shot.export_shots_with_csv(project, str(path), episode=day.episodes["E02"])
    assert len(table(path.read_bytes())) == 2

    got = day.http.get(
        f"{URL}/export/csv/projects/{project['id']}/casting.csv", params={"is_shot_casting": "true"}
    )
    answer(got, 200)
    assert got.headers["Content-Type"].startswith("text/csv"), got.headers
    assert got.headers["Content-Disposition"] == f"attachment; filename=kitsu_{slug}_casting.csv", got.headers
    rows = table(got.content)
    assert rows[0] == ["Episode", "Parent", "Name", "Asset Type", "Asset", "Occurences", "Label"], rows[0]
    hero = day.asset_types["Hero"]["name"]
    assert rows[1:] == [
        ["E01", "SQ01", "SH010", hero, "Odo", "1", ""],
        ["E01", "SQ01", "SH010", hero, "Rana", "2", ""],
    ], rows
    for name in ("assets", "shots"):
        got = day.http.get(f"{URL}/export/csv/projects/{project['id']}/{name}.csv")
        assert got.headers["Content-Disposition"] == f"attachment; filename=kitsu_{slug}_{name}.csv", (
            got.headers
        )
    answer(
        session(day.clients["outsider"].access_token).get(
            f"{URL}/export/csv/projects/{project['id']}/shots.csv"
        ),
        403,
    )


def table(content):
    """The rows of an export: semicolons, and lines that end with CR LF."""
    text = content.decode()
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines end with CR LF"
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
