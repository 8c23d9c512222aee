"""From a scene to its asset folder, as it is told on the way."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.quality import STANDARD, MeshConfig
from engine.contract.errors import EmptySceneError
from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.job.resolve import resolve
from engine.mesh.bake import MOMENTS
from engine.mesh.rig.rig import RigError
from engine.pipeline import export
from engine.pipeline.export import export_asset, export_seconds, framing_fov, turntable
from engine.scene.cameras import FOV
from engine.scene.frame_times import frame_times
from engine.scene.occupancy import Occupancy
from tests.engine.scene.test_render import UniformBall

QUALITY = replace(STANDARD, mesh=MeshConfig(24, triangles=200, texture=32), field=FieldConfig(occupancy=16))
FRAMES = 5


class Ball(UniformBall):
    """One that rides on nothing."""

    trajectory = None


def exported(folder, topology: str, field=None, told=None) -> list[dict]:
    told = [] if told is None else told
    request = Request.checked({"prompt": "a red ball", "frames": FRAMES, "topology": topology})
    state = SimpleNamespace(field=field or Ball(60.0, 0.4), device=torch.device("cpu"), given=None)
    export_asset(state, replace(resolve(request), quality=QUALITY), JobFolder(folder), told.append)
    return told


@pytest.mark.parametrize(
    ("topology", "stages"),
    [
        ("fixed", {"mesh": FRAMES, "track": None, "texture": FRAMES, "preview": FRAMES}),
        ("rigged", {"mesh": FRAMES, "track": None, "texture": FRAMES, "preview": FRAMES}),
        ("per-frame", {"mesh": FRAMES, "texture": FRAMES, "preview": FRAMES}),
    ],
)
def test_every_part_says_how_far_it_is(tmp_path, topology, stages):
    *told, result = exported(tmp_path, topology)
    assert result["type"] == "result" and {message["type"] for message in told} == {"progress"}
    assert list(dict.fromkeys(message["stage"] for message in told)) == list(stages)
    for stage, steps in stages.items():
        done = [(message["step"], message["steps"]) for message in told if message["stage"] == stage]
        assert done == sorted(done) and done[-1] == (steps or done[-1][1],) * 2, stage
    left = [message["eta_s"] for message in told]
    assert left == sorted(left, reverse=True) and 0 < left[-1] <= export.WRITING


def test_the_time_left_never_grows_where_a_guess_was_too_small(tmp_path, monkeypatch):
    seconds = {"mesh": 0.0, "track": 0.0, "texture": 0.0, "preview": 0.0}
    monkeypatch.setattr(export, "export_seconds", lambda *arguments: seconds)
    left = [message["eta_s"] for message in exported(tmp_path, "fixed")[:-1]]
    assert left == sorted(left, reverse=True)


def test_a_mesh_a_frame_takes_no_tracking_and_more_textures():
    one, several = (export_seconds(QUALITY.mesh, 16, topology) for topology in ("auto", "per-frame"))
    assert one.keys() == several.keys() == {"mesh", "track", "texture", "preview"}
    assert several["track"] == 0 < one["track"] and several["texture"] > one["texture"]
    assert export_seconds(QUALITY.mesh, 16)["texture"] == export_seconds(QUALITY.mesh, MOMENTS)["texture"]


def test_the_turntable_is_the_same_in_parts(monkeypatch):
    scene, times, told = SimpleNamespace(field=Ball(60.0, 0.4, speed=0.4), device=torch.device("cpu")), frame_times(FRAMES), []
    occupancy = Occupancy(16)
    occupancy.update(scene.field, times)
    parts = turntable(scene, occupancy, times, 16, told.append)
    monkeypatch.setattr(export, "FRAMES_PER_RENDER", FRAMES)
    whole = turntable(scene, occupancy, times, 16)
    assert parts.shape == (FRAMES, 16, 32, 3) and told == [4, FRAMES]
    # Samples lie round what the frames of a part hold, so that an edge may fall between two others.
    assert np.abs(parts.astype(int) - whole).mean() < 1.5
    assert (whole[0] != whole[-1]).any()


def test_nothing_solid_is_one_sentence_and_leaves_what_there_was(tmp_path):
    (tmp_path / "asset").mkdir()
    with pytest.raises(EmptySceneError, match="Nothing solid formed in frame 1 of 5: try another seed"):
        exported(tmp_path, "auto", Ball(0.0, 0.4))
    assert (tmp_path / "asset").is_dir()


def test_a_rig_goes_out_where_it_is_asked_for(tmp_path):
    """A ball that is still needs one bone, and says so."""
    exported(tmp_path, "rigged")
    about = json.loads((tmp_path / "asset" / "asset.json").read_text())
    assert (about["format"], about["topology"], about["metrics"]["rig"]["bones"]) == (2, "rigged", 1)
    assert about["advice"] == "There is no motion beyond the whole body's: one bone."
    with np.load(tmp_path / "asset" / "rig.npz") as rig, np.load(tmp_path / "asset" / "mesh.npz") as mesh:
        assert len(rig["names"]) == 1 and rig["weights"].shape == (len(mesh["rest"]), 4)


def test_a_mesh_that_can_have_no_bones_is_written_all_the_same(tmp_path, monkeypatch):
    def torn(*_, **__):
        raise RigError("The mesh tears in 4 of 5 frames: its vertices don't stay in order.")

    monkeypatch.setattr(export, "rig_sequence", torn)
    exported(tmp_path, "rigged")
    about = json.loads((tmp_path / "asset" / "asset.json").read_text())
    assert about["topology"] == "fixed" and about["advice"].startswith("There is no armature. The mesh tears in 4 of 5")


def test_the_preview_frames_what_is_there():
    occupancy = Occupancy(16)
    assert framing_fov(occupancy, 0.25) == pytest.approx(FOV)
    occupancy.bits = torch.zeros(2, 16, 16, 16, dtype=torch.bool)
    occupancy.bits[0, 7:9, 7:9, 7:9] = True
    # To 3/8 along X in the second frame, to 1/8 along Y and Z.
    occupancy.bits[1, 7:11, 7:9, 7:9] = True
    reach = math.hypot(3 / 8, 1 / 8)
    assert framing_fov(occupancy, 0.0) == pytest.approx(2 * math.asin(reach / 3.2))
    occupancy.bits[:] = True
    assert framing_fov(occupancy, 0.25) == pytest.approx(FOV)
