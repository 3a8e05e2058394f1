"""Attacks on the studio: by other sites, other programs, names, paths and sizes. Each is refused, and does nothing."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import PIL.Image
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from imgcuda.studio.uploads import safe_name
from support.studio import RunningStudio, ask, heard, running_studio, steps

SECRET = "0.25 0.5 0.25\n"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio with a picture, which a browser has entered."""
    file = tmp_path_factory.mktemp("studio") / "in.png"
    PIL.Image.fromarray(np.full((4, 6, 3), 100, np.uint8)).save(file)
    with running_studio(file) as running:
        assert running.enter().status == 200
        yield running


_opened: list[str] = []
"""Files that this process opens, while a test wants to know them."""
_audits: list[bool] = []


@contextmanager
def files_opened() -> Iterator[list[str]]:
    """Yield a list to which the names of all files are added that any thread of this process opens."""

    def noted(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and any(_audits):
            _opened.append(str(arguments[0]))

    if not _audits:
        sys.addaudithook(noted)  # which stays until the process ends
    _audits.append(True)
    _opened.clear()
    try:
        yield _opened
    finally:
        _audits[-1] = False


# Host


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost:{port}", "127.0.0.1.nip.io:{port}",
     "[::1]:{port}", "0.0.0.0:{port}", "127.0.0.1:{port}, evil.example"],
)  # fmt: skip
def test_another_host_is_refused(studio: RunningStudio, host: str) -> None:
    answer = studio.send("GET", "/studio", {"Host": host.format(port=studio.port)})
    assert answer.status == 403
    assert b"answers as 127.0.0.1" in answer.body


def test_a_host_that_is_sent_twice_is_refused(studio: RunningStudio) -> None:
    answer = studio.send("GET", "/studio", {"Host": studio.access.host, "host": studio.access.host})
    assert answer.status in (400, 403)


def test_the_token_is_refused_under_another_host() -> None:
    with running_studio() as fresh:
        path = fresh.address.removeprefix(fresh.access.origin)
        assert fresh.send("GET", path, {"Host": f"evil.example:{fresh.port}"}).status == 403
        assert fresh.enter().status == 200  # it was not used up by that


# Origin

ORIGINS = ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}",
           "file://", "http://127.0.0.1:{port}.evil.example"]  # fmt: skip


@pytest.mark.parametrize("origin", [*ORIGINS, ""])
@pytest.mark.parametrize("path", ["/picture?name=a.png", "/upload?name=a.png", "/save"])
def test_a_post_of_another_origin_or_none_is_refused(studio: RunningStudio, path: str, origin: str) -> None:
    assert studio.send("POST", path, {"Origin": origin.format(port=studio.port)}, b"{}").status == 403


@pytest.mark.parametrize("origin", ORIGINS)
def test_reading_from_another_origin_is_refused(studio: RunningStudio, origin: str) -> None:
    answer = studio.send("GET", "/before", {"Origin": origin.format(port=studio.port)})
    assert answer.status == 403


@pytest.mark.parametrize("origin", [*ORIGINS, None])
def test_a_socket_of_another_origin_or_none_is_refused(studio: RunningStudio, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        studio.connect(origin=origin.format(port=studio.port) if origin else None)


def test_a_socket_without_the_cookie_is_refused(studio: RunningStudio) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        studio.connect({"Cookie": "a=b"})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_what_other_pages_embed_is_refused(studio: RunningStudio, site: str) -> None:
    assert studio.send("GET", "/before", {"Sec-Fetch-Site": site}).status == 403
    assert studio.send("GET", "/page/main.js", {"Sec-Fetch-Site": site}).status == 403


def test_no_other_origin_is_allowed_by_cors(studio: RunningStudio) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [studio.send("OPTIONS", "/save", asked), studio.send("GET", "/studio", {"Origin": studio.access.origin})]
    assert [answer.status for answer in answers] == [403, 200]
    assert not any(name.startswith("access-control") for answer in answers for name in answer.headers)


# Token and cookie


def test_the_token_works_once() -> None:
    with running_studio() as fresh:
        assert fresh.enter().status == 200
        kept = fresh.cookie
        again = fresh.enter()
        assert (again.status, again.headers.get("set-cookie")) == (403, None)
        fresh.cookie = kept
        assert fresh.send("GET", "/studio").status == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    with running_studio() as fresh:
        given = fresh.enter().headers["set-cookie"]
        name, *rest = given.split("; ")
        assert sorted(rest) == ["HttpOnly", "Path=/", "SameSite=Strict"]
        assert name.startswith(f"imgcuda-studio-{fresh.port}=")
        assert len(name.partition("=")[2]) >= 43  # 256 bits
        assert len(fresh.address.partition("token=")[2]) >= 43


@pytest.mark.parametrize("path", ["/?token=", "/?token=guessed", "/studio?token={token}", "/?token=a&token={token}"])
def test_a_wrong_token_or_one_elsewhere_is_refused(path: str) -> None:
    with running_studio() as fresh:
        token = fresh.address.partition("token=")[2]
        answer = fresh.send("GET", path.format(token=token))
        assert (answer.status, answer.headers.get("set-cookie")) == (403, None)
        assert fresh.enter().status == 200


@pytest.mark.parametrize("path", ["/", "/studio", "/before", "/page/main.js", "/live", "/nothing"])
@pytest.mark.parametrize(
    "cookie", ["", "imgcuda-studio-{port}=guessed", "imgcuda-studio-{port}=", "\x80=;;=", "other=1"]
)
def test_nothing_is_answered_without_the_cookie(studio: RunningStudio, path: str, cookie: str) -> None:
    answer = studio.send("GET", path, {"Cookie": cookie.format(port=studio.port)})
    assert answer.status == 403
    assert b"works once" in answer.body


# Paths


@pytest.mark.parametrize(
    "name",
    ["../access.py", "..%2faccess.py", "%2e%2e/access.py", "../../../../../../etc/passwd", "%2fetc%2fpasswd",
     "main.js%00.css", "..\\access.py", ".", "", "studio.html/../../access.py"],
)  # fmt: skip
def test_no_file_but_those_of_the_page_is_served(studio: RunningStudio, name: str) -> None:
    answer = studio.send("GET", f"/page/{name}")
    assert answer.status in (400, 404)
    assert b"import" not in answer.body and b"root:" not in answer.body


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("convolve", "kernel"), ("perspective", "source_points"), ("composite", "image"), ("lut-cube", "lut"),
     ("remap", "map"), ("text", "font")],
)  # fmt: skip
def test_no_path_of_the_page_is_opened(studio: RunningStudio, tmp_path: Path, name: str, parameter: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    uploads = [{"upload": number} for number in ("/etc/passwd", -1, True, 0.0, None)]
    texts = [str(secret), f" {secret}", "/etc/passwd", [str(secret)], f"[{secret}", f'["{secret}"]', f'"{secret}"']
    with files_opened() as opened, studio.connect() as live:
        for value in (*texts, *uploads):
            (fault,) = ask(live, type="run", id=1, chain=steps((name, {parameter: value})))["faults"]
            assert parameter in fault["message"] or "upload" in fault["message"]
        assert not [path for path in opened if "secret" in path or "passwd" in path]
        secret.read_text()
        assert str(secret) in opened  # so it would have been noticed


def test_a_recipe_is_not_read_for_the_page(studio: RunningStudio, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('version = 1\n[[filter]]\nname = "invert"\n')
    with studio.connect() as live:
        told = ask(live, type="run", id=1, chain=steps((f"@{tmp_path / 'a.toml'}", {})))
    assert "there is no filter" in told["faults"][0]["message"]


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/evil", "..", "", ".bashrc", "a\x00b.png", "x" * 500, "\\\\h\\e"]
)
def test_an_upload_lands_in_its_own_folder(studio: RunningStudio, name: str) -> None:
    answer = studio.send("POST", f"/upload?name={quote(name)}", {}, b"data")
    assert answer.status == 200
    safe = safe_name(name)
    assert safe and "/" not in safe and "\\" not in safe and not safe.startswith(".") and len(safe) < 100


# Sizes and contents


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(studio: RunningStudio) -> None:
    answer = studio.send("POST", "/picture?name=a.png", {"Content-Length": str(1 << 40)}, b"")
    assert answer.status == 413
    assert "at most 268,435,456 bytes" in answer.json["faults"][0]["message"]


def test_a_body_of_unknown_length_is_cut_off(studio: RunningStudio) -> None:
    parts = (bytes(1 << 16) for _ in range(20))
    answer = studio.send("POST", "/save", {"Transfer-Encoding": "chunked"}, parts)
    assert answer.status == 413


def test_a_message_that_is_too_large_ends_the_connection(studio: RunningStudio) -> None:
    with studio.connect() as live, pytest.raises(ConnectionClosed):
        live.send("x" * (2 << 20))
        live.recv(timeout=20)
    assert studio.send("GET", "/studio").status == 200


def huge_png() -> bytes:
    """Return a PNG of a few bytes whose header says that it has 10 billion pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [(huge_png(), "more than 178,956,970"), (b"#!/bin/sh\nrm -rf /\n", "cannot be read"), (b"", "cannot be read"),
     (b"\x89PNG\r\n\x1a\n" + bytes(64), "cannot be read")],
    ids=["huge", "script", "empty", "damaged"],
)  # fmt: skip
def test_a_file_that_is_no_picture_is_refused(studio: RunningStudio, data: bytes, words: str) -> None:
    answer = studio.send("POST", "/picture?name=a.png", {}, data)
    assert answer.status == 400
    assert words in answer.json["faults"][0]["message"]
    assert studio.send("GET", "/studio").json["picture"]["name"] == "in.png"  # as before


@pytest.mark.parametrize(
    "message",
    ["", "[]", "[" * 100_000, '"run"', '{"type": "run", "chain": 3}', '{"type": "run", "chain": [1]}',
     '{"type": "run", "chain": [{"filter": 3}]}', '{"type": "run", "chain": [{"filter": "blur", "values": [1]}]}',
     '{"type": "run", "chain": [{"filter": "blur", "values": {"sigma": "x"}}]}',
     '{"type": "run", "chain": [{"filter": "blur", "values": {"sigma": 1e999}}]}'],
)  # fmt: skip
def test_a_message_that_makes_no_sense_is_told(studio: RunningStudio, message: str) -> None:
    with studio.connect() as live:
        live.send(message)
        assert heard(live)["type"] == "fault"
        live.send('{"type": "pixel", "x": "a"}')
        assert ask(live, type="run", id=9, chain=[]).about["id"] == 9  # it goes on


# Answers


def test_every_answer_forbids_what_the_page_does_not_need(studio: RunningStudio) -> None:
    answers: list[Mapping[str, str]] = [
        studio.send("GET", "/").headers,
        studio.send("GET", "/before").headers,
        studio.send("GET", "/nothing").headers,
        studio.send("GET", "/", {"Cookie": "a=b"}).headers,
    ]
    for headers in answers:
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(studio: RunningStudio, method: str) -> None:
    assert studio.send(method, "/save", {"Origin": studio.access.origin}, b"").status == 405
