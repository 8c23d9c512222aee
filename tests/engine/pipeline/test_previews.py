import os
from pathlib import Path
from types import SimpleNamespace

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from PIL import Image

from engine.config.field import FieldConfig
from engine.pipeline.previews import EVERY_SECONDS, FIRST_SECONDS, MESH, Previews, mesh_now, sides_now
from engine.pipeline.sides import view_sides
from engine.scene.occupancy import Occupancy
from engine.stages.train_state import TrainState
from tests.engine.pipeline.test_eta import FakeClock

FIELD = FieldConfig(resolutions=(8,), times=4, channels=4, hidden=8, occupancy=16)


@pytest.fixture(scope="module")
def blob() -> TrainState:
    return TrainState.new(FIELD, 0)


def test_previews_come_early_then_now_and_then_and_at_the_end_of_a_stage(blob, tmp_path):
    clock, told = FakeClock(), []
    previews = Previews(tmp_path, ("image", "mesh"), told.append, clock)
    shown = []
    for step in range(1, 60):
        previews.show(blob, "static", step, last=step == 59)
        shown += [step] if told else []
        assert [message["kind"] for message in told] in ([], ["image", "mesh"])
        told.clear()
        clock.time += 1
    assert shown[0] == 1 + FIRST_SECONDS and shown[1] == 1 + FIRST_SECONDS + EVERY_SECONDS and shown[-1] == 59


def test_only_what_is_wanted_is_made(blob, tmp_path):
    told = []
    Previews(tmp_path, (), told.append).show(blob, "static", 1, last=True)
    Previews(tmp_path, ("mesh",), told.append).show(blob, "static", 1, last=True)
    assert [message["path"] for message in told] == [str(tmp_path / "mesh_static_00001.npz")]
    assert [path.name for path in tmp_path.iterdir()] == ["mesh_static_00001.npz"]


def test_a_costly_preview_is_made_less_often(blob, tmp_path, monkeypatch):
    clock, told = FakeClock(), []

    def slow(scene, path):
        clock.time += 3
        return path

    monkeypatch.setattr("engine.pipeline.previews.mesh_now", slow)
    previews = Previews(tmp_path, ("mesh",), told.append, clock)
    for step in range(1, 300):
        previews.show(blob, "static", step, last=False)
        clock.time += 1
    assert 2 <= len(told) <= 3


def test_a_preview_mesh_is_the_scene_and_only_the_newest_are_kept(blob, tmp_path):
    for number in range(4):
        path = mesh_now(blob, tmp_path / f"mesh_static_{number:05d}.npz")
        os.utime(path, (number, number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mesh_static_00002.npz", "mesh_static_00003.npz"]
    with np.load(path, allow_pickle=False) as file:
        vertices, triangles, colours = file["vertices"], file["triangles"], file["colours"]
    assert (vertices.dtype, triangles.dtype, colours.dtype) == (np.float32, np.int32, np.uint8)
    assert colours.shape == vertices.shape and 100 < len(triangles) <= MESH.triangles
    # The blob that a scene begins as, in the middle.
    assert 0.1 < np.abs(vertices).max() < 1 and np.abs(vertices.mean(0)).max() < 0.05


def test_where_nothing_is_solid_there_is_no_mesh(tmp_path):
    scene = TrainState.new(FIELD, 0)
    scene.field.blob_width.fill_(1e-3)
    assert mesh_now(scene, tmp_path / "mesh_static_00001.npz") is None and not list(tmp_path.iterdir())


def test_a_still_scene_is_shown_from_four_sides_and_a_moving_one_at_five_moments_each(blob, tmp_path):
    assert Image.open(sides_now(blob, tmp_path / "static_00001.png", moves=False)).size == (128, 128)
    assert Image.open(sides_now(blob, tmp_path / "dynamic_00001.png", moves=True)).size == (200, 160)


def test_a_movie_comes_every_minute_while_the_scene_moves(blob, tmp_path):
    clock, told = FakeClock(), []
    previews = Previews(tmp_path, ("video",), told.append, clock)
    for stage in ("static", "dynamic"):
        for step in range(1, 101):
            previews.show(blob, stage, step, last=step == 100)
            clock.time += 1
    # From the static stage on the minute has gone by when it begins to move; the ends of stages make none.
    paths = [Path(message["path"]) for message in told]
    assert [path.name[:13] for path in paths] == ["clip_dynamic_"] * 2
    assert int(paths[1].stem[-5:]) - int(paths[0].stem[-5:]) >= 60
    frames = imageio.imread(paths[0])
    assert frames.shape[0] == FIELD.times and frames.shape[1:] == (96, 96, 3)
    assert frames.std() > 2, "something is to be seen"


def test_each_side_is_in_its_own_quarter(tmp_path):
    class Half:
        """White on the side of +X and black on the other."""

        baked, skeleton = None, None

        def packed(self, points, frames, times):
            return 60.0 * (points.norm(dim=-1) < 0.7).float(), (points[:, :1] > 0).float().expand(-1, 3)

        def __call__(self, points, times):
            return self.packed(points, None, times)[0].expand(len(times), -1), None

    state = SimpleNamespace(field=Half(), occupancy=Occupancy(16), device=torch.device("cpu"))
    picture = view_sides(state, 1, 32).sheet()
    middle = [picture[0, y, x] for y in (16, 48) for x in (16, 48)]
    # Azimuth .5 is in front with some of +X to the right; a quarter turn on looks from +X, then from behind, then from -X.
    assert middle[1] > 0.9 and middle[3] < 0.1
    assert float(picture[0, 16, 22]) > 0.9 and float(picture[0, 48, 8]) > 0.9, "to the right in front, to the left behind"
