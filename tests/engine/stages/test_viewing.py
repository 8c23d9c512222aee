import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from engine.config.stage import CameraConfig
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.scene.cameras import Mount
from engine.scene.frame_times import frame_times
from engine.stages.train_state import TrainState
from engine.stages.viewing import draw_cameras, draw_times, draw_view
from tests.engine.stages.knowing import FIELD, STAGE


class OneView(Guidance):
    elevation, fov, views_per_batch = (0.1, 0.4), 0.5, 1


def stage(**options):
    return replace(STAGE, cameras=8, camera=CameraConfig(**options))


def test_cameras_go_all_round_at_the_models_own_elevation_and_fov():
    cameras = draw_cameras(TrainState.new(FIELD, 0), OneView, stage(), 4)
    assert not cameras.moving and len(cameras) == 8 and cameras.fov == 0.5
    gaps = cameras.azimuth.sort().values.diff()
    assert 0 <= cameras.azimuth.min() and cameras.azimuth.max() <= 2 * math.pi and gaps.max() < 2 * math.pi / 4 + 1e-6
    assert cameras.elevation.min() >= 0.1 and cameras.elevation.max() <= 0.4


def test_a_model_of_several_views_has_them_in_rings():
    class Views(OneView):
        views_per_batch = 4

    cameras = draw_cameras(TrainState.new(FIELD, 0), Views, stage(), 1)
    azimuth, elevation = cameras.azimuth.view(2, 4), cameras.elevation.view(2, 4)
    quarter = torch.tensor(math.pi / 2)
    assert torch.allclose(torch.remainder(azimuth.diff(dim=1), 2 * math.pi), quarter.expand(2, 3), atol=1e-5)
    assert torch.equal(elevation[:, :1].expand(2, 4), elevation) and elevation[0, 0] != elevation[1, 0]
    assert elevation.min() >= 0.1 and elevation.max() <= 0.4
    held = draw_cameras(TrainState.new(FIELD, 0), Views, stage(azimuth=(0, 0)), 1)
    assert not held.azimuth.any()


def test_settings_may_hold_the_camera_in_front():
    cameras = draw_cameras(TrainState.new(FIELD, 0), OneView, stage(azimuth=(0, 0), elevation=(0.2, 0.2), fov=0.7), 4)
    assert not cameras.azimuth.any() and torch.allclose(cameras.elevation, torch.tensor(0.2)) and cameras.fov == 0.7


def test_moving_cameras_go_evenly_and_keep_to_their_limits():
    cameras = draw_cameras(TrainState.new(FIELD, 0), OneView, stage(moving=1.0, swing=(1.0, 2.0)), 16)
    assert cameras.moving and cameras.azimuth.shape == (8, 16)
    steps = cameras.azimuth.diff(dim=1)
    assert torch.allclose(steps, steps[:, :1].expand_as(steps), atol=1e-5)
    assert (cameras.azimuth[:, -1] - cameras.azimuth[:, 0]).abs().max() <= 1.0
    assert cameras.elevation.min() >= 0.1 and cameras.elevation.max() <= 0.4


def test_a_single_frame_has_no_moving_camera():
    assert not draw_cameras(TrainState.new(FIELD, 0), OneView, stage(moving=1.0), 1).moving


def test_half_of_the_steps_have_moving_cameras():
    scene = TrainState.new(FIELD, 0)
    moving = [draw_cameras(scene, OneView, stage(moving=0.5), 4).moving for _ in range(200)]
    assert 70 < sum(moving) < 130


def test_times_are_evenly_over_a_part_of_the_clip():
    scene, times = TrainState.new(FIELD, 0), frame_times(4)
    assert draw_times(scene, STAGE, times) is times
    for _ in range(20):
        drawn = draw_times(scene, replace(STAGE, clip_fraction=(0.25, 0.5)), times)
        steps = drawn.diff()
        assert 0 < drawn[0] and drawn[-1] < 1 and 0.0625 <= float(steps[0]) <= 0.125
        assert torch.allclose(steps, steps[:1].expand(3), atol=1e-6)


@pytest.mark.parametrize("coloured", [False, True])
def test_backgrounds_are_greys_or_colours(coloured):
    model = LoadedGuidance(OneView(), None)
    view = draw_view(TrainState.new(FIELD, 0), model, replace(stage(), coloured_backgrounds=coloured), frame_times(4))
    assert view.background.shape == (8, 3)
    assert bool((view.background[:, :1] == view.background).all()) != coloured


def test_cameras_follow_a_body_where_the_model_says_it_goes():
    class Following(OneView):
        def mount(self, prompt, times):
            centre = torch.stack([times, torch.zeros_like(times), torch.zeros_like(times)], 1)
            return Mount(centre, 0.5 * torch.eye(3).expand(len(times), -1, -1))

    view = draw_view(TrainState.new(FIELD, 0), LoadedGuidance(Following(), "a ball"), stage(), frame_times(4))
    offset = view.cameras.positions() - torch.stack([frame_times(4), torch.zeros(4), torch.zeros(4)], 1)
    assert view.cameras.moving and torch.allclose(offset.norm(dim=-1), torch.tensor(0.5 * 3.2), atol=1e-5)


def test_scattered_cameras_see_each_frame_from_a_side_of_its_own():
    cameras = draw_cameras(TrainState.new(FIELD, 0), OneView, stage(scattered=True), 16)
    assert cameras.moving and cameras.azimuth.shape == (8, 16)
    gaps = cameras.azimuth.sort(1).values.diff(dim=1)
    assert 0 <= cameras.azimuth.min() and cameras.azimuth.max() <= 2 * math.pi and gaps.max() < 2 * 2 * math.pi / 16 + 1e-6
    assert cameras.elevation.min() >= 0.1 and cameras.elevation.max() <= 0.4
    # Neighbouring frames are seen from sides that have nothing to do with one another.
    turned = torch.remainder(cameras.azimuth.diff(dim=1) + math.pi, 2 * math.pi) - math.pi
    assert turned.abs().mean() > 0.25 * math.pi


def test_views_of_one_ring_have_one_background():
    guidance = SimpleNamespace(elevation=(0.0, 0.5), fov=0.6, views_per_batch=4, mount=lambda prompt, times: None)
    config = replace(STAGE, cameras=6, coloured_backgrounds=True)
    background = draw_view(TrainState.new(FIELD, 0), LoadedGuidance(guidance, "a ball"), config, torch.tensor([0.5])).background
    assert background.shape == (6, 3) and torch.equal(background[:4], background[:1].expand(4, -1))
    assert torch.equal(background[4], background[5]) and not torch.equal(background[0], background[4])
    guidance.views_per_batch = 1
    alone = draw_view(TrainState.new(FIELD, 0), LoadedGuidance(guidance, "a ball"), config, torch.tensor([0.5])).background
    assert len(alone.unique(dim=0)) == 6
