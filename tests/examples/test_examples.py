"""The scripts that people copy run as they stand."""

import importlib.util
from pathlib import Path
from types import ModuleType

import bpy
import imageio.v3 as imageio
import numpy as np
import pytest
import torch
import trimesh

from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.root import ROOT


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> Path:
    """A job folder that the first example made, with as few steps as there can be."""
    folder = tmp_path_factory.mktemp("job") / "ball"
    steps = {"static_steps": 20, "dynamic_steps": 1, "super_resolution_steps": 0}
    asset = example("prompt_to_asset").make("a red ball bouncing", folder, seed=3, frames=2, **steps)
    assert asset == folder / "asset"
    return folder


def test_a_prompt_becomes_an_asset(job):
    assert read_asset(job / "asset").frames == 2


def test_a_scene_is_rendered(job, tmp_path):
    example("render_scene").render(job, tmp_path / "turn.mp4", frames=2, size=32)
    assert imageio.imread(tmp_path / "turn.mp4").shape[1:] == (32, 32, 3)


def test_an_asset_goes_into_a_blend(job, tmp_path):
    example("asset_into_blender").build(job / "asset", tmp_path / "ball.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "ball.blend"))
    # The ball, and the armature whose keys move it.
    assert sorted(item.type for item in bpy.context.scene.objects) == ["ARMATURE", "MESH"]


def test_meshes_become_one_mesh(tmp_path):
    for number, shift in enumerate((0.0, 0.1), 1):
        trimesh.creation.icosphere(1).apply_translation([shift, 0, 0]).export(tmp_path / f"frame_{number}.obj")
    example("meshes_to_one_mesh").follow(sorted(tmp_path.glob("frame_*.obj")), tmp_path / "followed")
    moved = np.diff(read_asset(tmp_path / "followed").meshes.positions, axis=0).mean((0, 1))
    np.testing.assert_allclose(moved, [0.1, 0, 0], atol=0.02)


def test_a_guidance_of_one_s_own_shapes_a_scene():
    """It begins as a grey blob, which turns blue."""
    state = example("own_guidance").optimise(steps=16)
    _, colours = state.field(torch.zeros(1, 3), torch.tensor([0.5]))
    red, green, blue = colours.reshape(-1, 3)[0].tolist()
    assert blue > 1.2 * max(red, green)
