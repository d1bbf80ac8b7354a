"""Preview pictures, from the upload to the download in parts."""

import gazu
import requests

from studio_day import shapes
from studio_day.comments import concerned
from studio_day.day import URL, answer, by_id, picture, session, size_of
from studio_day.releases import add_extra_preview, wait_for_preview_file
from studio_day.shapes import has_keys


def publish_preview(day):
    """A picture on a comment: uploaded once, in four sizes, with ranges and caching."""
    task = day.task
    path = picture(day.folder / "layout.v1.png", 1600, 900)
    preview = gazu.task.create_preview(task, day.attached, client=day.clients["artist"])
    has_keys(preview, shapes.PREVIEW | {"comments"}, "a new preview")
    assert (preview["revision"], preview["position"], preview["status"]) == (1, 1, "processing"), preview
    day.heard(*new_preview(day, preview, day.attached))
    uploaded = gazu.task.upload_preview_file(preview, str(path), client=day.clients["artist"])
    has_keys(uploaded, shapes.PREVIEW, "an uploaded preview")
    ready = wait_for_preview_file(preview)
    assert (ready["status"], ready["extension"], ready["original_name"]) == ("ready", "png", "layout.v1"), (
        ready
    )
    assert (ready["width"], ready["height"]) == (1600, 900), ready
    day.heard(*uploaded_preview(day, ready, day.attached))
    day.preview = ready
    again = day.http.post(
        f"{URL}/pictures/preview-files/{preview['id']}", files={"file": ("x.png", path.read_bytes())}
    )
    answer(again, 400)

    base = f"{URL}/pictures"
    for kind, size in (
        ("thumbnails", (150, 100)),
        ("thumbnails-square", (100, 100)),
        ("previews", (1200, 675)),
        ("originals", (1600, 900)),
    ):
        got = day.http.get(f"{base}/{kind}/preview-files/{preview['id']}.png")
        answer(got, 200)
        assert size_of(got.content) == size, f"{kind} is {size_of(got.content)}, not {size}"
        assert got.headers["Content-Type"] == "image/png", got.headers
    small, whole = day.folder / "thumbnail.png", day.folder / "whole.png"
    gazu.files.download_preview_file_thumbnail(preview, str(small))
    gazu.files.download_preview_file(preview, str(whole))
    assert size_of(small.read_bytes()) == (150, 100) and size_of(whole.read_bytes()) == (1600, 900)
    assert whole.stat().st_size == ready["file_size"], "the row tells the size of the stored file"
    ranges_and_caching(day, f"{base}/originals/preview-files/{preview['id']}.png", whole.read_bytes())
    answer(
        session(day.clients["outsider"].access_token).get(
            f"{base}/thumbnails/preview-files/{preview['id']}.png"
        ),
        403,
    )
    answer(requests.get(f"{base}/thumbnails/preview-files/{preview['id']}.png"), 401)

    extra = add_extra_preview(task, day.attached, preview, str(path))
    extra = wait_for_preview_file(extra)
    assert (extra["revision"], extra["position"]) == (1, 2), extra
    day.heard(*new_preview(day, extra, day.attached), *uploaded_preview(day, extra, day.attached))
    wrong_file(day)

    shot = gazu.task.set_main_preview(preview, client=day.clients["artist"])
    assert shot["preview_file_id"] == preview["id"], shot
    day.heard(
        day.event(
            "preview-file:set-main", entity_id=shot["id"], preview_file_id=preview["id"], preview_file_status="ready"
        ),
        day.event("shot:update", shot_id=shot["id"]),
    )
    assert gazu.shot.get_shot(shot["id"])["preview_file_id"] == preview["id"]
    assert gazu.task.get_task(task["id"])["last_preview_file_id"] == preview["id"]
    assert set(by_id(gazu.task.all_previews_for_task(task))) == {preview["id"], extra["id"]}
    shown = next(row for row in gazu.task.all_comments_for_task(task) if row["id"] == day.attached["id"])
    assert {row["id"] for row in shown["previews"]} == {preview["id"], extra["id"]}, shown["previews"]


def new_preview(day, preview, comment):
    """Events of a preview that is put on a comment."""
    return (
        day.event("preview-file:new", preview_file_id=preview["id"], comment_id=comment["id"]),
        day.event("comment:update", comment_id=comment["id"], task_id=day.task["id"], **concerned(comment)),
    )


def uploaded_preview(day, preview, comment):
    """Events of a preview whose picture is there."""
    return (
        day.event("preview-file:update", preview_file_id=preview["id"], status="ready"),
        day.event("comment:update", comment_id=comment["id"], task_id=day.task["id"], **concerned(comment)),
        day.event(
            "preview-file:add-file",
            comment_id=comment["id"],
            task_id=day.task["id"],
            preview_file_id=preview["id"],
            revision=preview["revision"],
            extension="png",
            status="ready",
        ),
    )


def wrong_file(day):
    """A file that cannot be a preview takes the preview away with it."""
    preview = gazu.task.create_preview(day.task, day.attached, 7)
    day.heard(*new_preview(day, preview, day.attached))
    files = {"file": ("notes.txt", b"not a picture")}
    body = answer(day.http.post(f"{URL}/pictures/preview-files/{preview['id']}", files=files), 400)
    assert body["message"] == "Wrong file format, extension: txt", body
    answer(day.http.get(f"{URL}/data/preview-files/{preview['id']}"), 404)
    day.heard(day.event("preview-file:delete", preview_file_id=preview["id"]))
    preview = gazu.task.create_preview(day.task, day.attached, 7)
    day.heard(*new_preview(day, preview, day.attached))
    files = {"file": ("fake.png", b"not a picture")}
    answer(day.http.post(f"{URL}/pictures/preview-files/{preview['id']}", files=files), 400)
    answer(day.http.get(f"{URL}/data/preview-files/{preview['id']}"), 404)
    day.heard(day.event("preview-file:delete", preview_file_id=preview["id"]))


def ranges_and_caching(day, url, content):
    """Files are served in parts, and not again to who has them."""
    whole = day.http.get(url)
    assert whole.content == content
    assert whole.headers["Accept-Ranges"] == "bytes", whole.headers
    assert set(whole.headers["Cache-Control"].replace(" ", "").split(",")) == {"max-age=604800", "private"}, (
        whole.headers
    )
    assert whole.headers["Last-Modified"] and whole.headers["X-Content-Type-Options"] == "nosniff", (
        whole.headers
    )
    head = day.http.head(url)
    assert (
        head.status_code == 200 and not head.content and int(head.headers["Content-Length"]) == len(content)
    )
    total = len(content)
    for asked, first, last in (
        ("0-99", 0, 99),
        (f"{total - 10}-", total - 10, total - 1),
        ("-10", total - 10, total - 1),
    ):
        part = day.http.get(url, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206, f"bytes={asked} answered {part.status_code}"
        assert part.content == content[first : last + 1], f"bytes={asked} brought other bytes"
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{total}", part.headers["Content-Range"]
    beyond = answer(day.http.get(url, headers={"Range": f"bytes={total + 1}-"}), 416)
    assert beyond == {"error": True, "message": "The server cannot provide the requested range."}, beyond
    for header, value in (
        ("If-None-Match", whole.headers["ETag"]),
        ("If-Modified-Since", whole.headers["Last-Modified"]),
    ):
        cached = day.http.get(url, headers={header: value})
        assert cached.status_code == 304 and not cached.content, f"{header} answered {cached.status_code}"
