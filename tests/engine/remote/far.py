"""The far side for the tests: a folder as a host has it, with a worker that takes steps without torch, or tiny models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.root import ROOT

# Python runs it at its start, in the processes that have the folder on their path.
_FAKE = """
import importlib.abc, importlib.util, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "engine.server.worker":
            return importlib.util.spec_from_file_location(name, {worker!r})
sys.meta_path.insert(0, Finder())
"""
# As many threads as the test itself has: sums of floats depend on it.
_TINY = """
import os, sys
os.environ.update({threads!r})
if "engine" in sys.orig_argv and "serve" in sys.orig_argv:
    source = {launch!r}.split("from engine.__main__")[0]
    exec(source.replace("sys.argv.pop(1)", {models!r}))
"""


def make_far(folder: Path, models: Path | None = None) -> Path:
    """models: tiny ones, for a real engine; else its worker is `fake_worker`."""
    folder.mkdir(parents=True)
    (folder / "engine").symlink_to(ROOT / "engine")
    (folder / ".venv").symlink_to(sys.prefix)
    if models is None:
        text = _FAKE.format(worker=str(Path(__file__).with_name("fake_worker.py")))
    else:
        from tests.engine.cli.launching import LAUNCH

        threads = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ}
        text = _TINY.format(models=repr(str(models)), launch=LAUNCH, threads=threads)
    (folder / "sitecustomize.py").write_text(text)
    return folder


def engines(folder: Path) -> list[int]:
    """Process numbers of what runs for a far folder: engines, and those who are attached."""
    said = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,stat=,args="], capture_output=True, text=True).stdout
    found = []
    for line in said.splitlines():
        pid, state, arguments = line.split(None, 2) if len(line.split(None, 2)) == 3 else (line.split()[0], "Z", "")
        if str(folder) in arguments and "engine" in arguments and not state.startswith("Z"):
            found.append(int(pid))
    return found
