"""Drives the installed Python package, `sync` or `async`, over a good line and over a bad one (`shaky.py`)."""

import asyncio
import importlib
import os
import pkgutil
import sys
import time
from types import ModuleType
from typing import Any

from dailies_client import ApiError, Dailies, SessionEnded, SignInRefused, api, models
from dailies_client.api.productions import list_projects
from dailies_client.api.studio import create_department
from dailies_client.api.tasks import list_tasks
from dailies_client.api.user import list_user_tasks
from dailies_client.models import Department, DepartmentCreate, Project, Task
from dailies_client.pages import records, records_async

EMAIL, PASSWORD = os.environ["DAILIES_EMAIL"], os.environ["DAILIES_PASSWORD"]
CALLS = "/calls"


class Sync:
    """Calls that block."""

    async def call(self, operation: ModuleType, client: Dailies, **arguments: Any) -> Any:
        return operation.sync(client=client, **arguments)

    async def sign_in(self, client: Dailies, password: str) -> None:
        client.sign_in(EMAIL, password)

    async def sign_out(self, client: Dailies) -> None:
        client.sign_out()

    async def get(self, client: Dailies, path: str) -> Any:
        return client.get_httpx_client().get(path).json()

    async def tasks(self, client: Dailies) -> list[Task]:
        return list(records(client, "/data/tasks", Task, limit=100))


class Async(Sync):
    """Calls that don't."""

    async def call(self, operation: ModuleType, client: Dailies, **arguments: Any) -> Any:
        return await operation.asyncio(client=client, **arguments)

    async def sign_in(self, client: Dailies, password: str) -> None:
        await client.sign_in_async(EMAIL, password)

    async def sign_out(self, client: Dailies) -> None:
        await client.sign_out_async()

    async def get(self, client: Dailies, path: str) -> Any:
        return (await client.get_async_httpx_client().get(path)).json()

    async def tasks(self, client: Dailies) -> list[Task]:
        return [task async for task in records_async(client, "/data/tasks", Task, limit=100)]


def load_all() -> int:
    """Loads every operation."""
    found = [importlib.import_module(entry.name) for entry in pkgutil.walk_packages(api.__path__, f"{api.__name__}.")]
    twice = [name for name in vars(models) if name.endswith("Type2Type1")]
    assert not twice, f"types that are there several times: {twice}"
    return sum(hasattr(module, "sync_detailed") for module in found)


async def good_line(way: Sync) -> list[str]:
    """Reads with a session; nobody else does."""
    stranger = Dailies(os.environ["DAILIES_URL"], token="not-a-token")
    try:
        await way.call(list_projects, stranger)
    except ApiError as refused:
        assert refused.status_code == 422 and refused.message, refused
    else:
        raise AssertionError("a wrong token was taken")

    dailies = Dailies(os.environ["DAILIES_URL"])
    await way.sign_in(dailies, PASSWORD)
    projects: list[Project] = await way.call(list_projects, dailies)
    every_task: list[Task] = await way.call(list_tasks, dailies)
    paged = await way.tasks(dailies)
    assert len(paged) > 100 and {task.id for task in paged} == {task.id for task in every_task}, "pages are not the list"
    return [project.name for project in projects]


async def bad_line(way: Sync) -> None:
    """Gets through in spite of what happens to its calls, and does nothing twice."""
    dailies = Dailies(os.environ["DAILIES_SHAKY_URL"])
    begun = time.monotonic()
    try:
        await way.sign_in(dailies, "wrong")
    except SignInRefused as refused:
        assert refused.status_code == 400 and not refused.missing_factor, refused
    else:
        raise AssertionError("a wrong password was taken")
    assert time.monotonic() - begun >= 1, "Retry-After was not heeded"

    await way.sign_in(dailies, PASSWORD)
    assert await way.call(list_projects, dailies), "no project came through"
    first = dailies.bearer.access_token
    await way.call(list_user_tasks, dailies)
    assert dailies.bearer.access_token != first, "the token was not renewed"
    try:
        made: Department = await way.call(create_department, dailies, body=DepartmentCreate(name="Knitting", color="#777777"))
    except ApiError as refused:
        assert refused.status_code == 503, refused
    else:
        raise AssertionError(f"{made.name} was made by a call that was sent twice")
    calls = await way.get(dailies, CALLS)
    expected = {"POST /auth/login": 3, "GET /data/projects": 4, "GET /data/user/tasks": 2, "POST /data/departments": 1}
    assert {name: calls[name] for name in expected} == expected, calls

    tokens = dailies.bearer.access_token, dailies.bearer.refresh_token
    await way.sign_out(dailies)
    dailies.bearer.access_token, dailies.bearer.refresh_token = tokens
    try:
        await way.call(list_projects, dailies)
    except SessionEnded as ended:
        assert ended.status_code == 401, ended
    else:
        raise AssertionError("the session went on after its end")


def main() -> None:
    """Fails with a message when something is not as the README says."""
    name = sys.argv[1]
    way = {"sync": Sync, "async": Async}[name]()
    operations = load_all()
    projects = asyncio.run(good_line(way))
    assert projects, "the demo data has a project, but none was listed"
    asyncio.run(bad_line(way))
    print(f"python sdk, {name}: {operations} operations load, a bad line is got through, and {', '.join(projects)} is listed")


if __name__ == "__main__":
    main()
