"""Events of the server over Socket.IO, as they happen.

Synchronous listeners need `dailies-client[events]`, the others `dailies-client[async-events]`.
"""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import socketio

from .api.authentication import get_authenticated
from .session import Dailies

NAMESPACE = "/events"


@dataclass(frozen=True)
class Event:
    """Something that happened: a name such as `comment:new`, and the ids of what it is about."""

    name: str
    data: dict[str, Any]


class Events:
    """The events that concern whoever is signed in, in a `with` block.

    A lost connection is opened again. What happened meanwhile is not told then: ask `list_last_events` for it.
    """

    def __init__(self, dailies: Dailies) -> None:
        self._dailies = dailies
        self._socket = socketio.SimpleClient()

    def next(self, timeout: float | None = None) -> Event:
        """The next event; raises `TimeoutError` when there is none for so many seconds."""
        try:
            return _event(self._socket.receive(timeout))
        except socketio.exceptions.TimeoutError:
            raise TimeoutError(f"nothing was told for {timeout} s") from None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        return self.next()

    def __enter__(self) -> Self:
        self._socket.connect(auth=self._token, **_place(self._dailies))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.disconnect()

    def _token(self) -> dict[str, str]:
        # Any call renews a token that has expired since the connection was opened.
        get_authenticated.sync(client=self._dailies)
        return {"token": self._dailies.bearer.access_token}


class AsyncEvents:
    """The same for programs that don't block, in an `async with` block."""

    def __init__(self, dailies: Dailies) -> None:
        self._dailies = dailies
        self._socket = socketio.AsyncSimpleClient()

    async def next(self, timeout: float | None = None) -> Event:
        """The next event; raises `TimeoutError` when there is none for so many seconds."""
        try:
            return _event(await self._socket.receive(timeout))
        except socketio.exceptions.TimeoutError:
            raise TimeoutError(f"nothing was told for {timeout} s") from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await self.next()

    async def __aenter__(self) -> Self:
        await self._socket.connect(auth=self._token, **_place(self._dailies))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.disconnect()

    async def _token(self) -> dict[str, str]:
        await get_authenticated.asyncio(client=self._dailies)
        return {"token": self._dailies.bearer.access_token}


def _place(dailies: Dailies) -> dict[str, str]:
    # The stream has no address under `/api`.
    folder = urlsplit(dailies.url).path.removesuffix("/api").strip("/")
    return {"url": dailies.url, "socketio_path": f"{folder}/socket.io".lstrip("/"), "namespace": NAMESPACE}


def _event(received: list[Any]) -> Event:
    name, *data = received
    return Event(name, data[0] if data and isinstance(data[0], dict) else {})
