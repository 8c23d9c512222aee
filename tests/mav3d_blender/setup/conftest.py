"""Small wheels, interpreters and environments made for the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import pytest

from tests.root import PATIENCE

TORCH = """
import types
__version__ = "2.13.0+cpu"
version = types.SimpleNamespace(cuda=None, hip=None)
cuda = types.SimpleNamespace(is_available=lambda: False)
backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_available=lambda: False))
"""


@pytest.fixture(autouse=True)
def usual_priority(monkeypatch):
    """Children that give way to everything else would take for ever beside other work."""
    monkeypatch.setattr(os, "setpriority", lambda *_: None, raising=False)


def make_wheel(folder: Path, name: str, version: str, code: str = "", requires: str = "") -> Path:
    """A wheel of one module, in `folder`."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(path, text)
    return wheel


def facts(**changes) -> dict:
    """What probe.py says about a good interpreter, with `changes`."""
    good = {"version": [3, 11, 7], "implementation": "CPython", "bits": 64, "free_threaded": False, "base": ""}
    return good | {"platform": "linux-x86_64", "machine": "x86_64", "venv": True, "ensurepip": True} | changes


def fake_python(path: Path, *says: dict, script: str = "") -> Path:
    """A program that prints `says`, one JSON object a line, whatever it is asked."""
    if os.name == "nt":
        pytest.skip("needs programs that are scripts")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"echo '{json.dumps(value)}'\n" for value in says)
    path.write_text(f"#!/bin/sh\n{lines}{script}\n")
    path.chmod(0o755)
    return path


def base_python() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable))


def bare_environment(folder: Path, *wheels: Path) -> Path:
    """The interpreter of a virtual environment without pip that holds `wheels`."""
    subprocess.run([base_python(), "-m", "venv", "--without-pip", folder], check=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def on_phase(job, act) -> None:
    """Calls `act` with every phase that a job shows, also those that polling would miss."""
    show = job._show

    def shown(phase: str, fraction: float) -> None:
        act(phase)
        show(phase, fraction)

    job._show = shown


def follow(job, until=lambda status: False, seconds=PATIENCE):
    """All that polling gives, until it has ended or `until`."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        status = job.poll()
        seen.append(status)
        if status.ended or until(status):
            return seen
        time.sleep(0.02)
    raise AssertionError(seen[-1])
