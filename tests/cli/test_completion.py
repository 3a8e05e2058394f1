"""Words completed at a shell: what the command answers to the functions that Typer gives to bash, zsh and fish."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.installation import Installation
from support.matrix import every_third

PLUGIN = """
    from typing import Literal
    from imgcuda import Picture, PointFilter, hookimpl, param

    class Postcard(PointFilter):
        '''Print in two colors.'''
        aliases = {"two-colors": {}}
        strength: float = param(default=0.5, ge=0, le=1, help="how much")
        stock: Literal["glossy", "matte"] = param(default="matte", help="the paper")
        fast: bool = param(default=True, help="or good")
        under: Picture = param(help="another picture")
        device: int = param(default=1, help="has the name of an option of every command")

    @hookimpl
    def imgcuda_filters():
        return [Postcard]
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a filter of the tests' own, and an index of it."""
    made = Installation(tmp_path_factory.mktemp("completion"))
    made.add(PLUGIN)
    assert "postcard" in made.listed()
    recipes = made.folder.parent / "config" / "recipes"
    recipes.mkdir(parents=True)
    (recipes / "look.toml").write_text("")
    return made


def asked(line: str, shell: str = "fish") -> dict[str, str]:
    """Return the variables with which fish or zsh asks for the last word of a line."""
    action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    return {"_IMGCUDA_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line, **action}


def offers(installation: Installation, line: str) -> list[str]:
    done = installation.run(**asked(line))
    assert done.stderr == ""
    return [each.partition("\t")[0] for each in done.stdout.splitlines() if each]


@pytest.mark.parametrize(
    ("line", "expected"),
    every_third(
        [
            ("imgcuda postc", ["postcard"]),
            ("imgcuda info postc", ["postcard"]),
            ("imgcuda info two", ["two-colors"]),
            ("imgcuda list postc", ["postcard"]),
            ("imgcuda filter a b -f two", ["two-colors", "two-colors:"]),
            ("imgcuda batch a -o b -f postca", ["postcard", "postcard:"]),
            ("imgcuda recipe postca", ["postcard", "postcard:"]),
            ("imgcuda filter a b -f inver", ["invert"]),  # it has no parameters
            ("imgcuda filter a b -f postcard:st", ["postcard:strength=", "postcard:stock="]),
            ("imgcuda filter a b -f postcard:str", ["postcard:strength=", "postcard:strength=0.5"]),
            ("imgcuda filter a b -f two-colors:stock=", ["two-colors:stock=glossy", "two-colors:stock=matte"]),
            ("imgcuda filter a b -f postcard:stock=g", ["postcard:stock=glossy"]),
            ("imgcuda filter a b -f postcard:fast=", ["postcard:fast=true", "postcard:fast=false"]),
            ("imgcuda filter a b -f postcard:und", ["postcard:under="]),
            (
                "imgcuda filter a b -f postcard:stock=matte,s",
                [f"postcard:stock=matte,strength={x}" for x in ("", "0.5")],
            ),
            ("imgcuda filter a b -f 'invert | postcard:stock=g", ["invert | postcard:stock=glossy"]),
            ("imgcuda filter a b -f @", ["@look"]),
            ("imgcuda filter a b -f nothing:", []),
            ("imgcuda postcard a b --st", ["--strength", "--stock", "--strip", "--strict"]),
            ("imgcuda two-colors a b --stock g", ["glossy"]),
            ("imgcuda postcard a b --no-f", ["--no-fast"]),
            ("imgcuda filter a b --device c", ["cpu"]),
            ("imgcuda batch a --depth f", ["float"]),
            ("imgcuda convert a b --format j", ["jpeg", "jpeg2000"]),
            ("imgcuda convert a", []),  # so that the shell offers files
            ("imgcuda nothing ", []),
            ("imgcuda nothing a b --str", []),
        ]
    ),
)
def test_a_shell_is_offered_what_may_follow(installation: Installation, line: str, expected: list[str]) -> None:
    assert offers(installation, line) == expected


def test_offers_tell_what_they_are(installation: Installation) -> None:
    done = installation.run(**asked("imgcuda filter a b -f postcard:"))
    assert "postcard:strength=\thow much\n" in done.stdout
    zsh = installation.run(**asked("imgcuda filter a b -f postcard:stock=", "zsh")).stdout
    assert zsh == '_arguments \'*: :(("postcard\\\\:stock=glossy"\n"postcard\\\\:stock=matte":"the default"))\'\n'


def test_a_shell_offers_files_for_in_and_out(installation: Installation) -> None:
    for line in ("imgcuda blur ", "imgcuda blur ./", "imgcuda filter a ", "imgcuda batch -o "):
        assert installation.run(**asked(line, "zsh")).stdout == "_files\n", line


@pytest.mark.parametrize(
    "line",
    every_third(
        [
            "imgcuda d",
            "imgcuda info d",
            "imgcuda list d",
            "imgcuda filter a b -f postcard:stock=",
            "imgcuda postcard a b --stock ",
            "imgcuda filter a b --device ",
        ]
    ),
)
def test_completion_imports_no_plugin_and_nothing_heavy(installation: Installation, line: str) -> None:
    heavy = {"numpy", "PIL", "rich", "pluggy", "imgcuda.filters", "postcard", "pydantic"}
    names = "f'module {name}' for name, module in sys.modules.items() if module"
    code = f"import sys; from imgcuda.cli import main\ntry: main()\nfinally: sys.stdout.write('\\n'.join({names}))"
    command = [sys.executable, "-P", "-c", code]
    environment = {**installation.environment, **asked(line)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = (done.stdout + done.stderr).splitlines()
    modules = {each.removeprefix("module ") for each in lines if each.startswith("module ")}
    assert "imgcuda.cli.completing" in modules or line == "imgcuda d"
    assert not {name for name in modules if name in heavy or name.startswith("imgcuda_plugins")}


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    every_third([
        (["info", "postca"], ["postcard"]),
        (["filter", '"a b"', "c", "-f", "postca"], ["postcard", "postcard:"]),
        (["filter", "a", "b", "-f", "postcard", ":"], ["strength=", "stock=", "fast=", "under=", "device="]),
        (["filter", "a", "b", "-f", "postcard", ":", "str"], ["strength=", "strength=0.5"]),
        (["filter", "a", "b", "-f", "postcard", ":", "stock", "="], ["glossy", "matte"]),
        (["filter", "a", "b", "-f", "postcard", ":", "stock", "=", "m"], ["matte"]),
        (["filter", "a", "b", "-f", "postcard", ":", "fast", "=", "no,sto"], [f"no,stock{x}" for x in
         ("=", "=glossy", "=matte")]),
        (["filter", "a", "b", "-f", "'invert | postcard:str"],
         [f"invert | postcard:strength{x}" for x in ("=", "=0.5")]),
        (["postcard", "a", "b", "--stock", "=", "g"], ["glossy"]),
        (["convert", "a"], []),
        (["nothing", ""], []),
    ]),
)  # fmt: skip
def test_bash_gets_what_replaces_the_part_behind_a_colon(
    installation: Installation, words: list[str], expected: list[str]
) -> None:
    """Bash splits a line at colons and equals signs, except in quotes, and so it is called here."""
    program = Path(sys.executable).with_name("imgcuda")
    script = installation.run(_IMGCUDA_COMPLETE="source_bash").stdout
    call = f'{script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _imgcuda_completion "$1"'
    call += '; printf "%s\\n" "${COMPREPLY[@]}"'
    command = [str(BASH), "--norc", "-c", call, "bash", str(program), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=installation.environment)
    assert (done.stdout.splitlines() if done.stdout.strip() else [], done.stderr) == (expected, "")


def test_the_help_says_how_to_install_completion(installation: Installation) -> None:
    out = installation.run("--help").stdout
    assert "--install-completion" in out and "--show-completion" in out
