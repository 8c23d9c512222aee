"""The contract is reached in a source folder and in an installed extension, and needs the standard library only."""

import shutil
import subprocess
import sys

import pytest

from tests.root import ROOT

# What talks to the engine in Blender needs none of these.
HEAVY = ("bpy", "numpy", "torch", "mav3d_blender.ui", "mav3d_blender.controller")


@pytest.mark.parametrize("package", ["mav3d_blender", "bl_ext.mine.mav3d.mav3d_blender"])
def test_nothing_but_the_standard_library_is_needed(tmp_path, package):
    """Also where it is installed as an extension, whose engine is beside it and has no name of its own."""
    above = tmp_path.joinpath(*package.split(".")[:-1])
    above.mkdir(parents=True, exist_ok=True)
    for room in ("common", "client", "jobs", "setup"):
        shutil.copytree(ROOT / "mav3d_blender" / room, above / "mav3d_blender" / room)
    for room in ("contract", "remote"):
        shutil.copytree(ROOT / "engine" / room, above / "engine" / room)
    shutil.copy(ROOT / "engine" / "files.py", above / "engine")
    for name in ("mav3d_blender", "engine"):
        shutil.copy(ROOT / name / "__init__.py", above / name)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"import {package}.client.session, {package}.client.model_fetch, {package}.jobs.history\n"
        f"from {package}.common.contract import protocol\n"
        f"print(protocol.VERSION, [name for name in {HEAVY} if name in sys.modules])\n"
        f"print('engine' in sys.modules, {package.rpartition('.')[0] + '.engine.contract.protocol'!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    installed = "." in package
    assert done.stdout.split("\n")[:2] == ["1 []", f"{not installed} {installed}"], done.stderr
