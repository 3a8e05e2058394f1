"""Runs pieces of code each in a process of its own, forked from one that has made the common preparations once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SERVER = """
import json, os, sys, traceback
def answer(code):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        said = ""
        try:
            exec(code, globals())
        except BaseException:
            said = traceback.format_exc()
        with open(theirs, "w") as pipe:
            pipe.write(said)
        os._exit(0)
    os.close(theirs)
    with open(ours) as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    return said or (f"it ended with status {status}" if status else "")
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
"""


class Scenes:
    """A process that is prepared, and forks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def play(self, code: str) -> str:
        """Run code in a fork of the process; return its traceback, empty if it raises nothing."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(code), file=self._process.stdin, flush=True)
        return str(json.loads(self._process.stdout.readline()))


@contextmanager
def prepared(setting: str) -> Iterator[Scenes]:
    """Return a context for scenes after a setting, which is run once; nothing may be printed."""
    command = [sys.executable, "-c", setting + _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Scenes(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(60)
