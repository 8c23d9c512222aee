"""Pictures of bodies where they are in the scene, and the set that they make."""

import math

import pytest
import torch
from safetensors.torch import load_file

from engine.guidance.denoisers.multi_view import VIEWS
from engine.models.world import scene, tracing
from engine.models.world.placements import SCALES, placement
from engine.scene.cameras import Cameras
from scripts.stand_ins import pictures
from scripts.stand_ins.pictures import Shard, coloured, fill, render

SIZE = 32


def test_a_body_at_rest_is_seen_as_from_a_camera_further_away():
    """What is as large as SCALES says looks as the body itself from as much further away."""
    azimuth, elevation = torch.tensor([0.7, 2.0]), torch.tensor([0.2, 0.4])
    shown = render("duck", "still", torch.zeros(1), Cameras(azimuth, elevation), SIZE)
    body = scene.moments("duck", "resting", torch.zeros(1))
    alone = tracing.render_moment(body, 0, Cameras(azimuth, elevation, 3.2 / SCALES["large"]), SIZE)
    assert (shown[:, 0].float() - alone.float()).abs().mean() < 0.2


def test_a_ball_is_where_it_bounces():
    times = torch.tensor([0.0, 0.25])
    level = Cameras(torch.zeros(1), torch.zeros(1))
    covered = render("ball", "bouncing", times, level, SIZE)[0, :, -1].float()
    rows = torch.arange(SIZE) + 0.5
    middle = (covered.sum(-1) * rows).sum(-1) / covered.sum((1, 2))
    height = placement("bouncing", times, "large")[0][:, 2]
    # The camera is level: height over distance, in half pictures.
    expected = SIZE / 2 * (1 - height / 3.2 / math.tan(level.fov / 2))
    assert middle.tolist() == pytest.approx(expected.tolist(), abs=0.4)
    assert middle[0] - middle[1] > 5


def test_cameras_at_different_distances_are_traced_together():
    body = scene.moments("cube", "resting", torch.zeros(1))
    places = placement("sliding", torch.tensor([0.25]), "large")
    both = Cameras(torch.tensor([math.pi / 2, -math.pi / 2]), torch.tensor([0.1, 0.1]))
    seen = pictures.SeenByBody(both, *(value[0] for value in places))
    assert float(seen.positions().norm(dim=-1).diff().abs()) > 0.5
    together = tracing.render_moment(body, 0, seen, SIZE)
    for index in range(2):
        one = Cameras(both.azimuth[index, None], both.elevation[index, None])
        alone = tracing.render_moment(body, 0, pictures.SeenByBody(one, *(value[0] for value in places)), SIZE)
        assert (together[index].float() - alone[0].float()).abs().mean() < 0.2
    # The nearer one sees it larger.
    assert together[0, -1].sum() > 1.2 * together[1, -1].sum()


def test_colours_and_background_are_those_said():
    shown = render("ball", "still", torch.zeros(1), Cameras(torch.tensor([1.0]), torch.zeros(1)), SIZE)[0]
    picture = coloured(shown, "ball", "blue", torch.tensor([0.2, 0.7, 0.4]))[0]
    assert picture[:, 0, 0].tolist() == pytest.approx([0.2, 0.7, 0.4], abs=0.01)
    red, green, blue = picture[:, SIZE // 2, SIZE // 2]
    assert blue > 2 * red and blue > 2 * green


def test_a_set_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "CAMERAS", 4)
    monkeypatch.setattr(pictures, "PAIRS", (("ball", "still"), ("cube", "sliding")))
    fill(tmp_path / "a", "rings", 2)
    before = (tmp_path / "a" / "00000.safetensors").stat().st_mtime_ns
    fill(tmp_path / "a", "rings", 3)
    assert (tmp_path / "a" / "00000.safetensors").stat().st_mtime_ns == before
    fill(tmp_path / "b", "rings", 3)
    one, other = (load_file(tmp_path / name / "00002.safetensors") for name in "ab")
    assert all(torch.equal(one[key], other[key]) for key in one)
    shard = Shard.read(tmp_path / "a" / "00001.safetensors")
    assert shard.name == "cube" and shard.coefficients.shape == (4, 1, tracing.COEFFICIENTS, 64, 64)
    # A ring of four stands evenly round the scene at one height.
    steps = torch.remainder(shard.azimuth.diff(), 2 * math.pi)
    assert torch.allclose(steps, torch.full((VIEWS - 1,), math.pi / 2), atol=1e-5)
    assert float(shard.elevation.std()) == pytest.approx(0, abs=1e-6)
