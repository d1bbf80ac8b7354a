"""Parts that the sections share: the day itself, plain HTTP beside gazu, and pictures."""

import os
import pathlib
import re
import struct
import uuid
import zlib

import requests

from studio_day.listeners import Some, Stream
from studio_day.releases import IS_NEWER

URL = os.environ["DAILIES_URL"].rstrip("/")
EMAIL = os.environ["DAILIES_EMAIL"]
PASSWORD = os.environ["DAILIES_PASSWORD"]
TAG = uuid.uuid4().hex[:6]
SOME_ID = Some("an id", re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch)


class Day:
    """Records that the sections hand on to each other."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.stream = Stream(URL)
        self.checks = 0

    def event(self, name, **payload):
        """An event of the day's production."""
        return name, {**payload, "project_id": self.project["id"]}

    def heard(self, *events, any_order=False):
        """Asserts what the listeners heard since the last time."""
        self.stream.heard(*events, any_order=any_order)
        self.checks += len(events)


def session(token):
    """Plain HTTP with a token, for what gazu has no function for."""
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {token}"
    return http


def answer(response, status):
    """The JSON of a response, which must have this status."""
    assert response.status_code == status, (
        f"{response.request.method} {response.request.path_url} answered {response.status_code}, "
        f"not {status}: {response.text[:500]}"
    )
    return (
        response.json() if response.content and "json" in response.headers.get("content-type", "") else None
    )


def refused(call, message, *exceptions):
    """Asserts that a gazu call fails with one of these exceptions and this text in its message."""
    try:
        call()
    except exceptions as error:
        # An older gazu tells no more than that there was an error.
        told = message in str(error) or (not IS_NEWER and str(error).endswith("True)"))
        assert told, f"refused with {error}, expected {message!r}"
        return
    raise AssertionError(f"should have been refused with {message!r}")


def by_id(rows):
    """Rows by their ids, which must be different."""
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows), "a row was listed twice"
    return found


def picture(path, width, height):
    """Writes a PNG with a gradient, for there is nothing else to look at on such a day."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 128)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def size_of(png):
    """Width and height of PNG bytes."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", "this is not a PNG"
    return struct.unpack(">II", png[16:24])
