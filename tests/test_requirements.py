"""What is imported is declared, and what is declared is imported."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mav3d_blender.setup.packages.requirements import normal_name, read_requirements
from tests.root import ROOT

DISTRIBUTIONS = {"PIL": "pillow", "skimage": "scikit-image"}
OUR_OWN = {"engine", "mav3d_blender", "scripts", "tests"}
# Imported by other packages alone, and only where they are asked for what takes it.
AT_RUN_TIME = {
    "accelerate": "diffusers' low_cpu_mem_usage",
    "sentencepiece": "transformers' T5 tokenizers",
    "protobuf": "transformers' reading of spiece.model",
    "imageio-ffmpeg": "imageio's MP4",
}
# Run by name.
PROGRAMS = {"import-linter", "pytest", "ruff", "uv"}
# Modules of Blender, which the bpy wheel holds.
BLENDERS = {"bpy", "bmesh", "gpu", "gpu_extras", "imbuf", "mathutils"}


def imported(*folders: str) -> set[str]:
    """The packages that the code in `folders` imports, by the names they are installed by."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    # Some tests run in Blender as scripts, and import what lies beside them.
    found = {name for path in paths for name in _imports(path) if not path.with_name(f"{name}.py").is_file()}
    return {normal_name(DISTRIBUTIONS.get(name, name)) for name in found - set(sys.stdlib_module_names) - OUR_OWN}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def declared(name: str) -> set[str]:
    """The packages of a list, less those of the list that it begins with."""
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    own = (line.partition("#")[0].partition("==")[0].partition(">=")[0].strip() for line in lines if not line.startswith("-r"))
    return {normal_name(line) for line in own if line}


def test_the_engine_declares_what_it_imports_and_nothing_else():
    assert declared("engine.txt") | declared("ray.txt") == imported("engine") | set(AT_RUN_TIME)
    assert not declared("engine.txt") & declared("ray.txt")
    assert not imported("engine") & set(AT_RUN_TIME)


def test_the_list_says_why_for_what_is_not_imported():
    lines = (ROOT / "requirements" / "engine.txt").read_text("utf-8").splitlines()
    _, _, above = "\n".join(lines).partition("\n\n")
    assert {normal_name(line.partition("==")[0]) for line in above.splitlines() if not line.startswith("#")} == set(AT_RUN_TIME)


def test_scripts_and_tests_import_what_is_declared():
    everything = declared("engine.txt") | declared("development.txt") | declared("ray.txt") | BLENDERS
    assert imported("scripts", "tests") <= everything
    assert declared("development.txt") <= imported("engine", "scripts", "tests") | PROGRAMS


def test_blender_s_side_has_blender_numpy_and_the_standard_library():
    assert imported("mav3d_blender") <= {normal_name(name) for name in BLENDERS} | {"numpy"}


def test_versions_are_pinned_but_where_blender_has_its_own():
    assert {item.name for item in read_requirements() if item.operator != "=="} == {"numpy"}


@pytest.mark.parametrize("code", ["import numpy.linalg", "from PIL.Image import open", "def f():\n    import numpy"])
def test_imports_are_found_wherever_they_stand(tmp_path, code):
    (tmp_path / "module.py").write_text(code + "\nfrom . import other\n")
    assert list(_imports(tmp_path / "module.py")) in (["numpy"], ["PIL"])
