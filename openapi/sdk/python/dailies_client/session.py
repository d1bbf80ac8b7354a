"""Signing in, and the client that calls as whoever is signed in."""

import os
import urllib.request
from collections.abc import AsyncGenerator, Generator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from attrs import define, field

from .api.authentication import sign_in, sign_out
from .client import AuthenticatedClient
from .errors import ApiError, SessionEnded, SignInRefused
from .models.credentials import Credentials
from .models.signed_in import SignedIn
from .retries import Retries


@define
class Bearer(httpx.Auth):
    """The tokens of a session. The access token goes with every call, and is renewed when it has expired."""

    server: str
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sends a call, and once more with a new token when it was refused with an old one."""
        sent = self._authorize(request)
        answer = yield request
        if self._refused(answer):
            if self.access_token == sent:
                renewal = yield self._renewal()
                renewal.read()
                self._take(renewal)
            self._authorize(request)
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same without blocking."""
        sent = self._authorize(request)
        answer = yield request
        if self._refused(answer):
            if self.access_token == sent:
                renewal = yield self._renewal()
                await renewal.aread()
                self._take(renewal)
            self._authorize(request)
            yield request

    def keep(self, signed_in: SignedIn) -> None:
        """Takes the tokens of a new session."""
        self.access_token, self.refresh_token = signed_in.access_token, signed_in.refresh_token

    def forget(self) -> None:
        """Drops the tokens."""
        self.access_token, self.refresh_token = "", ""

    def _authorize(self, request: httpx.Request) -> str:
        if self.access_token:
            request.headers["Authorization"] = f"Bearer {self.access_token}"
        return self.access_token

    def _refused(self, answer: httpx.Response) -> bool:
        return answer.status_code == httpx.codes.UNAUTHORIZED and bool(self.refresh_token)

    def _renewal(self) -> httpx.Request:
        headers = {"Authorization": f"Bearer {self.refresh_token}"}
        return httpx.Request("GET", f"{self.server}/auth/refresh-token", headers=headers)

    def _take(self, renewal: httpx.Response) -> None:
        if not renewal.is_success:
            self.forget()
            raise SessionEnded(renewal.status_code, renewal.content)
        self.access_token = renewal.json()["access_token"]


@define
class Dailies(AuthenticatedClient):
    """A client of one server, to hand to the operations in `dailies_client.api`.

    Pass a `token` (of a bot, or a personal one), or sign in. Use it in a `with` or `async with` block, which closes its
    connections. Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`).
    """

    token: str = field(default="", kw_only=True, repr=False)
    bearer: Bearer = field(default=None, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        # Copies of a client (`with_headers`, `with_timeout`) share the session.
        if self.bearer is None:
            self.bearer = Bearer(self.url, self.token)

    @classmethod
    def from_environment(cls) -> Self:
        """A client by the variables `DAILIES_URL` and `DAILIES_TOKEN`, or else `DAILIES_EMAIL` and `DAILIES_PASSWORD`."""
        dailies = cls(os.environ["DAILIES_URL"], token=os.environ.get("DAILIES_TOKEN", ""))
        if not dailies.token:
            dailies.sign_in(os.environ["DAILIES_EMAIL"], os.environ["DAILIES_PASSWORD"])
        return dailies

    @classmethod
    async def from_environment_async(cls) -> Self:
        """The same without blocking."""
        dailies = cls(os.environ["DAILIES_URL"], token=os.environ.get("DAILIES_TOKEN", ""))
        if not dailies.token:
            await dailies.sign_in_async(os.environ["DAILIES_EMAIL"], os.environ["DAILIES_PASSWORD"])
        return dailies

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end."""
        return self._base_url.rstrip("/")

    def sign_in(self, email: str, password: str, **factor: str) -> SignedIn:
        """Opens a session. A second factor is named as in `Credentials`: `totp="492039"`, for example."""
        self.bearer.forget()
        try:
            signed_in = sign_in.sync(client=self, body=_credentials(email, password, factor))
        except ApiError as refusal:
            raise SignInRefused(refusal.status_code, refusal.content) from None
        self.bearer.keep(signed_in)
        return signed_in

    async def sign_in_async(self, email: str, password: str, **factor: str) -> SignedIn:
        """The same without blocking."""
        self.bearer.forget()
        try:
            signed_in = await sign_in.asyncio(client=self, body=_credentials(email, password, factor))
        except ApiError as refusal:
            raise SignInRefused(refusal.status_code, refusal.content) from None
        self.bearer.keep(signed_in)
        return signed_in

    def sign_out(self) -> None:
        """Ends the session. Bots have none."""
        sign_out.sync(client=self)
        self.bearer.forget()

    async def sign_out_async(self) -> None:
        """The same without blocking."""
        await sign_out.asyncio(client=self)
        self.bearer.forget()

    # Unlike the generated ones, these blocks may begin after the first call.
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object, **__: Any) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object, **__: Any) -> None:
        if self._async_client is not None:
            await self._async_client.aclose()
            self._async_client = None

    def get_httpx_client(self) -> httpx.Client:
        """The client of httpx below, made at the first call."""
        if self._client is None:
            transport = httpx.HTTPTransport(verify=self._verify_ssl, proxy=_proxy(self.url))
            self._client = httpx.Client(transport=Retries(transport), **self._options())
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The same for calls that don't block."""
        if self._async_client is None:
            transport = httpx.AsyncHTTPTransport(verify=self._verify_ssl, proxy=_proxy(self.url))
            self._async_client = httpx.AsyncClient(transport=Retries(transport), **self._options())
        return self._async_client

    def _options(self) -> dict[str, Any]:
        return {
            "base_url": self.url,
            "auth": self.bearer,
            "cookies": _no_cookies(),
            "headers": self._headers,
            "timeout": self._timeout,
            "follow_redirects": self._follow_redirects,
            **self._httpx_args,
        }


def _credentials(email: str, password: str, factor: dict[str, str]) -> Credentials:
    return Credentials.from_dict({"email": email, "password": password, **factor})


def _no_cookies() -> CookieJar:
    # The server counts a cookie before the header, and that one would not be renewed.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _proxy(url: str) -> str | None:
    # httpx asks the environment by itself, but not where it is given a transport.
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
