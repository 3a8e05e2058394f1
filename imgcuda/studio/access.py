"""Lets only the page itself talk to the studio: each request is refused unless host, origin and cookie are right.

Any page that the user visits can send requests to 127.0.0.1, and any program of this machine can, too. So the studio
answers under one host alone (a name that a stranger points at 127.0.0.1 is refused), does nothing for other origins,
and gives a secret cookie to the first browser that brings the token of the address that it prints.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from imgcuda.errors import shown

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
"""The only address that the studio listens at: that of this machine to itself."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer: the page loads nothing from elsewhere, and no other page may show it or read from it."""

_READING = ("GET", "HEAD")


class StudioRequest(NamedTuple):
    """The parts of a request that decide whether it is answered."""

    kind: str
    """"http" or "websocket"."""
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Return the values of a header, as often as it was sent."""
        return [value for key, value in self.headers if key == name]


class StudioAccess:
    """The secrets of one run of the studio, and the rules for requests."""

    def __init__(self, port: int) -> None:
        self.host = f"{LOOPBACK}:{port}"
        self.origin = f"http://{self.host}"
        self.cookie_name = f"imgcuda-studio-{port}"  # browsers send the cookies of one port to all others
        self._token: str | None = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """The address to open, which works once."""
        return f"{self.origin}/?token={self._token}"

    @property
    def cookie(self) -> str:
        """The header that gives a browser the cookie: scripts cannot read it, and requests of other sites lack it."""
        return f"{self.cookie_name}={self._session}; HttpOnly; SameSite=Strict; Path=/"

    def refusal(self, request: StudioRequest) -> str:
        """Return why a request is refused, in a sentence; an empty text if it is answered."""
        if request.all("host") != [self.host]:
            return f"the studio answers as {self.host} alone; the request asked for {_listed(request.all('host'))}"
        origins = request.all("origin")
        if origins != [self.origin] and (origins or request.kind == "websocket" or request.method not in _READING):
            return f"the studio answers its own page, {self.origin}; the request came from {_listed(origins)}"
        site = request.all("sec-fetch-site")
        if request.path != "/" and site and site != ["same-origin"]:
            return f"only the studio's own page may load this; the request came from a page that is {_listed(site)}"
        if not self._has_cookie(request):
            return "open the address that the command printed; it works once, for one browser"
        return ""

    def enter(self, request: StudioRequest) -> bool:
        """Return whether a request brings the token, which is used up by that: it gets the cookie."""
        given = parse_qs(request.query).get("token", [])
        if request.kind != "http" or request.path != "/" or request.method != "GET" or len(given) != 1:
            return False
        if request.all("host") != [self.host] or request.all("origin"):
            return False
        if self._token is None or not secrets.compare_digest(given[0].encode(), self._token.encode()):
            return False
        self._token = None
        return True

    def _has_cookie(self, request: StudioRequest) -> bool:
        return any(
            secrets.compare_digest(value.encode(), self._session.encode())
            for value in _cookies(request.all("cookie"), self.cookie_name)
        )


class GuardedApp:
    """An ASGI app that passes on the requests that `StudioAccess` allows, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp, access: StudioAccess) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request = _request(scope)
        entered = self._access.enter(request)
        why = "" if entered else self._access.refusal(request)
        answer = _with_headers(send, [("Set-Cookie", self._access.cookie)] if entered else [])
        if not why:
            await self._app(scope, receive, answer)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await _refuse(answer, why)


def _request(scope: Scope) -> StudioRequest:
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    query = scope.get("query_string", b"").decode("latin-1")
    return StudioRequest(scope["type"], scope.get("method", "GET"), scope["path"], query, headers)


def _with_headers(send: Send, more: Iterable[tuple[str, str]]) -> Send:
    added = [(name.lower().encode(), value.encode()) for name, value in (*HEADERS.items(), *more)]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sent


async def _refuse(send: Send, why: str) -> None:
    body = f"Refused: {why}.\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _cookies(headers: Iterable[str], name: str) -> Iterable[str]:
    """Return the values of a cookie in the headers of a request."""
    for header in headers:
        try:
            found = SimpleCookie(header).get(name)
        except CookieError:
            continue
        if found is not None:
            yield found.value


def _listed(values: list[str]) -> str:
    return ", ".join(shown(value) for value in values) or "nowhere"
