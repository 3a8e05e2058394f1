"""Pictures a second on the studio's page, as a slider is dragged: `python benchmarks/studio.py [result.json]`.

`imgcuda studio` runs in a process of its own, with a picture of 3840x2560, whose smaller copy has 1280x853 pixels. A
client asks for a result, with another value each time, as soon as it has the last: as a page does whose user drags a
slider without a pause. So the time is that of the whole way, from the request to the pixels in the client. "filter" is
the part that the chain takes. Kernels are compiled before, except where a new value needs a new one: see "cold". Of a
chain that takes longer than a tenth of a second the copy becomes smaller, down to 320x213 pixels.
"""

from __future__ import annotations

import http.client
import json
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from table import parser
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

import imgcuda

GOAL = 30.0
"""Pictures a second for point filters and small blurs, on two cores."""

Chain = list[tuple[str, dict[str, Any]]]


class Case(NamedTuple):
    """A chain, of which one parameter runs between two values."""

    chain: Chain
    parameter: str
    low: float
    high: float
    has_goal: bool = True

    def at(self, part: float) -> list[dict[str, Any]]:
        """Return the chain with a value between the two, as the page sends it; the last step has the parameter."""
        (*before, (name, values)) = self.chain
        value = round(self.low + part * (self.high - self.low), 3)
        steps = [*before, (name, {**values, self.parameter: value})]
        return [{"filter": each, "values": given} for each, given in steps]


CASES = {
    "brightness": Case([("brightness", {})], "factor", 0.5, 2),
    "gamma": Case([("gamma", {})], "gamma", 0.5, 3),
    "hue": Case([("hue", {})], "degrees", -180, 180),
    "saturation": Case([("saturation", {})], "factor", 0, 3),
    "levels": Case([("levels", {})], "in_low", 0, 0.5),
    "blur, sigma 0.5 to 2": Case([("blur", {})], "sigma", 0.5, 2),
    "blur, sigma 2 to 4": Case([("blur", {})], "sigma", 2, 4),
    "unsharp-mask": Case([("unsharp-mask", {})], "amount", 0, 2),
    "brightness, then blur, sigma 0.5 to 2": Case([("brightness", {}), ("blur", {})], "sigma", 0.5, 2),
    "blur, sigma 8 to 12": Case([("blur", {})], "sigma", 8, 12, has_goal=False),
    "bilateral": Case([("bilateral", {})], "sigma_space", 1, 4, has_goal=False),
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--pictures", type=int, default=90, help="how many are asked for in each case")
    options.add_argument("--device", default="cpu")
    given = options.parse_args()
    with studio(given.device) as live:
        rows = {name: measured(live, case, given.pictures) for name, case in CASES.items()}
    print(f"{'':40} {'pictures/s':>10} {'cold':>6} {'filter, ms':>10} {'slowest, ms':>11}")
    for name, row in rows.items():
        mark = "" if not CASES[name].has_goal else "  reached" if row["pictures"] >= GOAL else f"  less than {GOAL:g}"
        print(
            f"{name:40} {row['pictures']:10.1f} {row['cold']:6.1f} {row['filter']:10.1f} {row['slowest']:11.1f}{mark}"
        )
    if given.result:
        Path(given.result).write_text(json.dumps({"goal": GOAL, "rows": rows}, indent=2))


def measured(live: ClientConnection, case: Case, pictures: int) -> dict[str, float]:
    """Return pictures a second of a first drag there and back ("cold"), and of a second one."""
    path = [*np.linspace(0, 1, pictures // 2), *np.linspace(1, 0, pictures - pictures // 2)]
    cold, _, _ = dragged(live, case, path)
    warm, times, filtering = dragged(live, case, path)
    return {"pictures": warm, "cold": cold, "filter": statistics.median(filtering), "slowest": 1000 * max(times)}


def dragged(live: ClientConnection, case: Case, path: Sequence[float]) -> tuple[float, list[float], list[float]]:
    """Return pictures a second, and for each picture its time in seconds and that of its filters in milliseconds."""
    times, filtering = [], []
    for part in path:
        started = time.perf_counter()
        about = asked(live, case.at(part))
        times.append(time.perf_counter() - started)
        filtering.append(about["milliseconds"])
    return len(times) / sum(times), times, filtering


def asked(live: ClientConnection, chain: list[dict[str, Any]]) -> dict[str, Any]:
    """Ask for the result of a chain over the smaller copy; return the JSON object before its pixels."""
    live.send(json.dumps({"type": "run", "id": 1, "chain": chain, "extent": "proxy"}))
    while isinstance(data := live.recv(), str):
        if json.loads(data)["type"] != "slow":
            raise SystemExit(data)
    about: dict[str, Any] = json.loads(data[4 : 4 + struct.unpack_from("<I", data)[0]])
    width, height = about["shown"]
    assert len(data) > 4 * width * height  # the pixels are there
    return about


@contextmanager
def studio(device: str) -> Iterator[ClientConnection]:
    """Run a studio with a picture; yield the connection of a page that has entered it."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "in.png"
        rows, columns = np.mgrid[:2560, :3840].astype(np.float32)
        waves = [np.sin(rows / 37 + columns / step) * 90 + 128 for step in (53.0, 91.0, 17.0)]
        imgcuda.write(picture, np.stack(waves, axis=-1).astype(np.uint8))
        command = [sys.executable, "-m", "imgcuda", "studio", str(picture), "--no-open", "--device", device]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            with entered(process.stdout.readline().strip()) as live:
                yield live
        finally:
            process.terminate()
            process.wait()


def entered(address: str) -> ClientConnection:
    """Open the address that the command has printed, as a browser does, and connect as its page does."""
    origin, _, query = address.partition("/?")
    host = origin.removeprefix("http://")
    page = http.client.HTTPConnection(host)
    page.request("GET", f"/?{query}")
    cookie = (page.getresponse().getheader("Set-Cookie") or "").partition(";")[0]
    page.close()
    headers = {"Cookie": cookie}
    return connect(f"ws://{host}/live", additional_headers=headers, origin=Origin(origin), max_size=None)


if __name__ == "__main__":
    main()
