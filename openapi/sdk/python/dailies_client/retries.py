"""Calls that are sent again when the server could not answer them."""

import httpx
from httpx_retries import Retry, RetryTransport

#: Calls that may be done twice: sent again after 429, 502, 503, 504, and when the connection was lost.
REPEATABLE = Retry(total=4, backoff_factor=0.5, max_backoff_wait=60)
#: Calls that make something: sent again only when the server says that it did not look at them (429).
ONCE = Retry(
    total=4,
    backoff_factor=0.5,
    max_backoff_wait=60,
    allowed_methods=["PATCH", "POST"],
    status_forcelist=[429],
    retry_on_exceptions=[],
)


class Retries(RetryTransport):
    """A transport that waits as long as `Retry-After` says, at most a minute, or else longer each time."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a call, and again where its method allows it."""
        request.extensions.setdefault("retry", _policy(request))
        return super().handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same without blocking."""
        request.extensions.setdefault("retry", _policy(request))
        return await super().handle_async_request(request)


def _policy(request: httpx.Request) -> Retry:
    return ONCE if request.method in ONCE.allowed_methods else REPEATABLE
