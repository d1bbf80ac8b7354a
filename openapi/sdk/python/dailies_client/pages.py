"""Long lists, page by page."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar

import httpx

from .errors import ApiError
from .session import Dailies


class Model(Protocol):
    """A shape of `dailies_client.models`."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


M = TypeVar("M", bound=Model)


def records(dailies: Dailies, path: str, model: type[M], *, limit: int = 1000, **filters: Any) -> Iterator[M]:
    """The records of a list that has pages, such as `/data/tasks` with `Task`: one page is asked for at a time."""
    page, pages = 1, 1
    while page <= pages:
        answer = dailies.get_httpx_client().get(path, params={**filters, "limit": limit, "page": page})
        pages, data = _page(answer)
        yield from (model.from_dict(record) for record in data)
        page += 1


async def records_async(
    dailies: Dailies, path: str, model: type[M], *, limit: int = 1000, **filters: Any
) -> AsyncIterator[M]:
    """The same without blocking."""
    page, pages = 1, 1
    while page <= pages:
        answer = await dailies.get_async_httpx_client().get(path, params={**filters, "limit": limit, "page": page})
        pages, data = _page(answer)
        for record in data:
            yield model.from_dict(record)
        page += 1


def _page(answer: httpx.Response) -> tuple[int, list[dict[str, Any]]]:
    if not answer.is_success:
        raise ApiError(answer.status_code, answer.content)
    page = answer.json()
    return page["nb_pages"], page["data"]
