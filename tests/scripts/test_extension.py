"""The extension is built where there is no environment of this project's: of the standard library and a Blender alone."""

import json
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts.extension import extension_tool
from tests.root import ROOT

ADDRESS = "https://example.org/mav3d/docs"
PARTS = (
    "scripts", "engine", "mav3d_blender", "docs", "requirements", "LICENSE", "README.md", "__init__.py",
    "blender_manifest.toml",
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> tuple[Path, Path]:
    """A copy of the sources without .venv, and a folder of programs: a Python of no packages, and in a Blender's place the tool
    that a Blender would run."""
    folder, programs = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("programs")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (programs / "python3").symlink_to(python)
    command = shlex.join([str(python), "-I", extension_tool()[-1]])
    lines = ("#!/bin/sh", '[ "$1 $2" = "--command extension" ] || exit 2', "shift 2", f'exec {command} "$@"', "")
    (programs / "blender").write_text("\n".join(lines))
    (programs / "blender").chmod(0o755)
    return folder, programs


def build(folder: Path, path: str, *options: str | Path) -> subprocess.CompletedProcess:
    command = ["/usr/bin/env", "-i", f"PATH={path}", folder / "scripts" / "build_extension", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_built_with_nothing_but_python_and_blender(bare, tmp_path):
    folder, programs = bare
    done = build(folder, f"{programs}:/usr/bin:/bin", "--output", tmp_path, "--website", ADDRESS)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("mav3d-*.zip")
    with zipfile.ZipFile(path) as file:
        manifest = tomllib.loads(file.read("blender_manifest.toml").decode())
        names = file.namelist()
        assert file.testzip() is None and len(set(names)) == len(names)
    # All else as it is in the sources.
    assert manifest == tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8")) | {"website": ADDRESS}
    (entry,) = json.loads((tmp_path / "index.json").read_text("utf-8"))["data"]
    assert entry["website"] == ADDRESS and entry["archive_size"] == path.stat().st_size


def test_without_a_blender_it_says_what_is_needed(bare, tmp_path):
    folder, programs = bare
    alone = tmp_path / "python"
    alone.mkdir()
    (alone / "python3").symlink_to((programs / "python3").readlink())
    done = build(folder, f"{alone}:/usr/bin:/bin", "--output", tmp_path / "out")
    assert done.returncode == 1 and "needs Blender 4.2 or newer" in done.stderr and not list(tmp_path.glob("out/*.zip"))


@pytest.mark.parametrize("address", ["http://example.org", "example.org", 'https://a.b/"\nid = "x', "https://"])
def test_what_is_no_https_address_is_refused(bare, tmp_path, address):
    folder, programs = bare
    done = build(folder, f"{programs}:/usr/bin:/bin", "--output", tmp_path / "out", "--website", address)
    assert done.returncode == 2 and "no address that begins with https://" in done.stderr and not (tmp_path / "out").exists()
