"""Which modules may import which: read from the syntax trees, so that nothing has to be imported."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import structure
from structure import ROOT, imports

CORE = sorted((ROOT / "imgcuda").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))

ORDER = [
    {"errors", "startup", "digests"},  # they know nothing of ours
    {"containment", "cores"},  # code of others; how many cores we use
    {"private_folder"},  # where the cache and settings are
    {"frontend", "kernel_cache"},  # the reader of C; what was made before
    {"programs", "parameter_text"},  # from a .cu file to a launch; text as numbers
    {"parameters"},
    {"call_signature"},  # what `help` shows of them
    {"pixels"},  # what an image array is
    {"layouts"},  # the order of its axes
    {"engine"},  # the protocol of an engine, and what engines share
    {"cuda", "cpu"},  # the two engines, which do not know each other
    {"devices"},  # which devices there are
    {"images"},  # files
    {"array_calls"},  # the call that filters and pipelines share
    {"filters", "hookspecs", "parameter_types", "colors"},  # what an author declares
    {"execution"},  # a chain over one image
    {"lazy"},  # a chain over arrays that are computed later
    {"statistics"},  # an image's samples, counted
    {"disabled_plugins"},
    {"registry"},  # the filters that are installed
    {"recipes"},  # chains as text and as files
    {"arrays"},  # arrays of other libraries
    {"kernels"},  # any kernels, launched from Python
    {"pipeline"},
    {"functions"},  # each filter as a function
    {"kernel_check"},  # what is wrong with kernels
    {"testing"},  # what every filter promises
    {"imgcuda"},  # the public names
    {"pyramid"},  # smaller copies of a picture
    {"large_files"},  # a chain over a file that may be larger than memory
    {"zarr_images"},  # a chain over Zarr
    {"file_run"},  # a chain over one file
    {"video"},  # a chain over the frames of a video
    {"batch"},  # a chain over many files
    {"pages"},  # pages to look at in a browser
    {"explain"},  # what a chain does
    {"bench"},  # a chain beside other libraries
    {"diagnosis"},  # what works on this machine
    {"studio"},  # a page to try filters
    {"cli"},  # the program
    {"__main__"},
]
"""A module imports those of earlier lines, and those of its own package. So what is below can be read and tested
without what is above, and an engine can be taken out or added without a filter noticing."""

FOREIGN = {
    "pycuda": {"cuda.driver_api", "cuda.pinned"},
    "llvmlite": {"cpu.machine"},
    "cuda": {"cuda.bindings_driver", "cuda.compile", "cuda.pinned"},
    "pluggy": {"hookspecs", "registry.hooks"},
    "platformdirs": {"private_folder"},
    "PIL": {
        *("array_calls", "arrays.pictures", "bench.libraries", "colors"),
        *(
            "images.assemble",
            "images.coded",
            "images.request",
            "images.error_messages",
            "images.gif",
            "images.gif_reader",
            "images.identify",
            "images.jpeg_reader",
        ),
        *(
            "images.metadata",
            "images.modes",
            "images.png_chunks",
            "images.png_inflate",
            "images.png_reader",
            "images.reading",
        ),
        *("images.sixteen_bit", "images.tiff_codecs", "images.tiff_colors", "images.writing"),
        *(
            "images.codec_versions",
            "pages.picture_row",
            "pages.sheet_picture",
            "images.dds",
            "images.preview",
            "images.psd",
        ),
    },
    "av": {
        *("video.av_library", "video.decoding", "video.encoders", "video.encoding", "video.frame_colors"),
        "video.rewriting",
    },
    "cv2": {"bench.libraries"},
    "cupy": {"bench.libraries"},
    "pyvips": {"bench.libraries"},
    "pebble": {"batch.worker_pool"},
    "distributed": {
        *("batch.cluster.nannies", "batch.cluster.submission", "batch.cluster.task", "cli.batch_workers"),
    },
    "dask": {"lazy.graph", "batch.cluster.nannies"},
    "zarr": {"zarr_images.array_files"},
    "simplejpeg": {"images.jpeg_reader"},
    "isal": {"images.fast_deflate"},
    "rich": {"batch.progress", "cli.in_terminal"},
    "textual_image": {"cli.in_terminal"},
    "starlette": {"studio.access", "studio.live", "studio.studio_app", "studio.serving"},
    "uvicorn": {"studio.serving"},
    "websockets": {"studio.serving"},
    "pytest": {"testing.pytest_plugin", "testing"},
    "typer": {
        *(
            "cli",
            "cli.app",
            "cli.batch",
            "cli.check_command",
            "cli.commands",
            "cli.comparing",
            "cli.completing",
            "cli.doctor",
            "cli.each_file",
            "cli.bench_command",
            "cli.explain_command",
            "cli.filtering",
            "cli.gallery_command",
            "cli.identifying",
            "cli.listing",
            "cli.new_filter",
        ),
        *(
            "cli.options",
            "cli.page_run",
            "cli.plain_values",
            "cli.recipe_command",
            "cli.recipe_options",
            "cli.run_batch",
        ),
        *("cli.stats_command", "cli.studio_command", "cli.sweeping", "cli.trying", "cli.worker_command"),
    },
}
"""What the core uses beside NumPy and the standard library, and the only modules that know it."""

TWINS = {"device": {"cpu", "cuda"}, "compile": {"cpu", "cuda"}}
"""The only modules of one name: the two engines do the same, each in its own way."""

ALL = [found for path in CORE for found in imports(path, ROOT / "imgcuda", "imgcuda")]
OURS = [found for found in ALL if found.package == "imgcuda"]
BY_PLUGINS = [found for path in PLUGINS for found in imports(path, ROOT / "plugins", "imgcuda_plugins")]


def short(module: str) -> str:
    """Return a module's name without `imgcuda.`; the package itself keeps its name."""
    return module.removeprefix("imgcuda.")


def room(name: str) -> str:
    """Return the package, or root module, that a name of ours is in: `imgcuda.cpu.types.INT` is in `cpu`."""
    inner = [*name.split(".")[1:], ""][0]
    return inner if any(inner in line for line in ORDER) else "imgcuda"


def rank(name: str) -> int:
    return next(number for number, line in enumerate(ORDER) if name in line)


def test_every_module_has_its_place_in_the_order() -> None:
    modules = {path.relative_to(ROOT / "imgcuda").parts[0].removesuffix(".py") for path in CORE}
    assert {name.replace("__init__", "imgcuda") for name in modules} == set().union(*ORDER)


def test_imports_run_one_way_in_functions_too() -> None:
    for found in OURS:
        here, target = room(found.module), room(found.target)
        if here == target or found.typing_only or (found.module, f"imgcuda.{target}") == structure.SANCTIONED:
            continue
        assert rank(target) < rank(here), f"{found.module}:{found.line} imports {target}, which comes later"


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert structure.circles(structure.module_graph()) == []
    assert structure.circles(structure.package_graph()) == []


def test_a_circle_is_found() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b"), "d": frozenset("a")}
    assert structure.circles(graph) == [["b", "c"]]


def test_no_two_classes_have_one_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_no_two_modules_have_one_name() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in CORE:
        found[path.stem].add(path.parent.name)
    del found["__init__"]
    assert {name: packages for name, packages in found.items() if len(packages) > 1} == TWINS


def test_the_engines_do_not_know_each_other() -> None:
    for found in OURS:
        assert {room(found.module), room(found.target)} != {"cpu", "cuda"}, f"{found.module}:{found.line}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT / "imgcuda")))
def test_the_core_names_no_built_in_filter(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "imgcuda_plugins" not in text
    for node in ast.walk(ast.parse(text)):
        named = isinstance(node, ast.Name | ast.Attribute)
        assert not (named and ast.unparse(node).endswith(("Blur", "Edges", "Grayscale")))


def test_each_foreign_package_is_known_to_its_own_modules_only() -> None:
    free = {*sys.stdlib_module_names, "numpy", "imgcuda"}
    for found in ALL:
        known = found.package in free or short(found.module) in FOREIGN.get(found.package, set())
        assert known, f"{found.module}:{found.line} imports {found.target}"


def test_each_foreign_package_is_used_where_the_table_says() -> None:
    used = {(found.package, short(found.module)) for found in ALL}
    assert {(package, module) for package, modules in FOREIGN.items() for module in modules} <= used


@pytest.mark.parametrize("package", ["pycuda", "llvmlite", "cuda"])
def test_engines_are_imported_inside_functions(package: str) -> None:
    at_top = {short(found.module) for found in ALL if found.package == package and found.at_top}
    assert at_top <= {"cuda.bindings_driver"}
    for found in OURS:
        inside = found.target.startswith(("imgcuda.cpu.compile", "imgcuda.cuda.bindings"))
        own = found.module == "imgcuda.cuda.bindings_pool"
        assert not (found.at_top and inside) or own, f"{found.module}:{found.line}"


def test_nothing_but_the_cpu_package_knows_its_compiler() -> None:
    for found in OURS:
        if room(found.target) == "cpu" and room(found.module) != "cpu":
            assert found.target.startswith("imgcuda.cpu.device"), f"{found.module}:{found.line} imports {found.target}"


def test_plugins_know_the_public_names_only() -> None:
    tree = ast.parse((ROOT / "imgcuda" / "__init__.py").read_text(encoding="utf-8"))
    named = (node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
    (public,) = [ast.literal_eval(node.value) for node in named]
    for found in BY_PLUGINS:
        if found.package == "imgcuda":
            allowed = found.target.removeprefix("imgcuda.") in public
        else:
            allowed = found.package in {*sys.stdlib_module_names, "numpy", "imgcuda_plugins"}
        allowed = allowed or (found.package == "PIL" and found.module == "imgcuda_plugins.compose.text")  # draws it
        allowed = allowed or found.module.startswith("imgcuda_plugins.peers.")  # calls of other libraries
        assert allowed, f"{found.module}:{found.line} imports {found.target}"


def test_type_checkers_are_told_of_each_built_in_filter() -> None:
    own = [found for found in BY_PLUGINS if found.package == "imgcuda_plugins"]
    of_hooks = {found.target for found in own if found.module.count(".") == 1}
    assert {found.target for found in own if found.module == "imgcuda_plugins"} == of_hooks


def test_plugins_do_not_import_each_other_in_a_ring() -> None:
    modules = {found.module for found in BY_PLUGINS}
    graph = {module: frozenset(_imported(module) & modules) - {"imgcuda_plugins"} for module in modules}
    assert structure.circles(graph) == []


def _imported(module: str) -> set[str]:
    return {found.target.rpartition(".")[0] for found in BY_PLUGINS if found.module == module}
