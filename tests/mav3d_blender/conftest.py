"""The add-on, registered in a Blender without a window, with the fake engine."""

import sys
from pathlib import Path

import bpy
import pytest

import mav3d_blender
from mav3d_blender.client.process.engine_process import EngineProcess
from mav3d_blender.common import package
from mav3d_blender.controller import state as state_module
from tests.root import ROOT

FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def addon(tmp_path, monkeypatch):
    """An empty scene, with the add-on registered and a user folder of its own."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    user_folder = tmp_path / "user"
    user_folder.mkdir()
    monkeypatch.setattr(package, "user_folder", lambda: user_folder)
    command = [sys.executable, "-u", str(FAKE)]
    monkeypatch.setattr(state_module, "make_process", lambda: EngineProcess(command, ROOT, user_folder / "engine.log"))
    mav3d_blender.register()
    entry = bpy.context.preferences.addons.new()
    entry.module = package.NAME
    entry.preferences.engine_python = sys.executable
    yield bpy.context.scene
    bpy.context.preferences.addons.remove(entry)
    mav3d_blender.unregister()


@pytest.fixture
def preferences(addon):
    """The preferences of the registered add-on."""
    return bpy.context.preferences.addons[package.NAME].preferences
