import bpy
import pytest

from mav3d_blender.controller import validation
from mav3d_blender.controller.state import state
from tests.mav3d_blender.scenes import generate
from tests.waiting import until


def test_a_device_is_chosen_by_its_button(preferences):
    assert bpy.ops.mav3d.use_device(device="CUDA") == {"FINISHED"}
    assert preferences.device == "CUDA"


def test_only_an_engine_that_runs_can_be_stopped(addon):
    assert not bpy.ops.mav3d.stop_engine.poll()
    generate(addon)
    assert bpy.ops.mav3d.stop_engine.poll() and bpy.ops.mav3d.stop_engine() == {"FINISHED"}
    session = state().session
    until(lambda: session.tick(0.0) is not None and session.engine_state == "stopped")
    assert not bpy.ops.mav3d.stop_engine.poll()


def test_the_log_is_shown(addon):
    assert bpy.ops.mav3d.show_log() == {"CANCELLED"}
    generate(addon)
    assert bpy.ops.mav3d.show_log() == {"FINISHED"}
    assert "the fake engine is ready" in bpy.data.texts["MAV3D engine log"].as_string()


def test_an_installation_needs_the_network_and_a_valid_index(preferences, monkeypatch):
    monkeypatch.setattr(validation, "is_online", lambda: False)
    assert not bpy.ops.mav3d.install_engine.poll()
    monkeypatch.setattr(validation, "is_online", lambda: True)
    preferences.package_index = "mirror"
    with pytest.raises(RuntimeError, match="is no address"):
        bpy.ops.mav3d.install_engine()
    assert state().setup.install_status is None
