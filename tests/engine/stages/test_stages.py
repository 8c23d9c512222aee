"""The stages under guidance that knows the answer: images of a ball at rest, and of a ball that slides."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.stage import DistillationConfig, LearningRates, StageConfig
from engine.contract.errors import DivergedError
from engine.guidance.load import LoadedGuidance
from engine.scene.frame_times import frame_times
from engine.scene.render import View, render
from engine.stages.dynamic import dynamic_step
from engine.stages.static import static_step
from engine.stages.super_resolution import super_resolution_step
from engine.stages.train_state import TrainState
from engine.stages.train_step import motion_energy
from tests.engine.scene.test_render import UniformBall

FIELD = FieldConfig(resolutions=(12, 24), times=4, channels=6, hidden=16, occupancy=16)
STAGE = StageConfig(
    steps=60,
    cameras=4,
    size=16,
    samples=24,
    rates=LearningRates(0.02, 0.0, 0.01),
    distillation=DistillationConfig(),
    empty_sample_prob=0.2,
    opacity_entropy=1e-3,
    total_variation=0.05,
)


class KnowingGuidance:
    """Its gradient points from a true render of `truth` at the asked cameras; notes what it was asked."""

    elevation, fov, views_per_batch, guidance_scale, distillation = (-0.2, 0.8), 0.6, 1, 1.0, DistillationConfig()

    def __init__(self, truth, times) -> None:
        self.truth, self.times, self.asked = truth, times, []

    def loaded(self, prompt) -> LoadedGuidance:
        return LoadedGuidance(self, prompt)

    def gradient(self, frames, prompt, cameras, progress, generator, *, background, times=None, low_resolution=None):
        self.asked.append((prompt, progress, low_resolution, frames.shape))
        from engine.scene.occupancy import Occupancy

        view = View(cameras, self.times if times is None else times, frames.shape[-1], 48, background)
        return (frames - render(self.truth, Occupancy(), view)[0]) / len(frames)


def opacity_at(scene: TrainState, points: list[list[float]], time: float) -> list[float]:
    density, _ = scene.field(torch.tensor(points), torch.tensor([time]))
    return (1 - torch.exp(-0.25 * density[0])).tolist()


@pytest.fixture(scope="module")
def still_scene() -> TrainState:
    scene = TrainState.new(FIELD, 0)
    guidance = KnowingGuidance(UniformBall(60.0, 0.45), torch.tensor([0.5]))
    scene.free(STAGE.rates)
    for step in range(STAGE.steps):
        scene.set_rates(STAGE.rates, 1 - step / STAGE.steps)
        static_step(scene, guidance.loaded("a ball"), STAGE, step / STAGE.steps)
        if step % 10 == 9:
            scene.occupancy.update(scene.field, torch.tensor([0.5]))
    assert guidance.asked[-1][0] == "a ball" and guidance.asked[-1][1] == pytest.approx(59 / 60)
    assert guidance.asked[0][3] == (4, 1, 3, 16, 16)
    return scene


def test_the_static_stage_forms_what_the_teacher_sees(still_scene):
    inside = opacity_at(still_scene, [[0, 0, 0], [0.3, 0, 0], [0, -0.3, 0], [0, 0, 0.3]], 0.5)
    outside = opacity_at(still_scene, [[0.65, 0, 0], [0, 0.65, 0], [0, 0, -0.65], [0.5, 0.5, 0.5]], 0.5)
    assert min(inside) > 0.7 and max(outside) < 0.3
    _, colour = still_scene.field(torch.tensor([[0.0, -0.42, 0.0]]), torch.tensor([0.5]))
    assert torch.allclose(colour[0, 0].detach(), torch.tensor([1.0, 0.5, 0.0]), atol=0.2)


def test_the_static_stage_leaves_time_alone(still_scene):
    assert all(not planes.abs().any() for planes in still_scene.field.time)


def test_the_dynamic_stage_learns_to_move(still_scene):
    times = frame_times(4)
    guidance = KnowingGuidance(UniformBall(60.0, 0.35, speed=0.6), times)
    settings = replace(STAGE, cameras=2, rates=LearningRates(0.01, 0.03, 0.01), time_smoothness=1e-3)
    still_scene.free(settings.rates)
    for step in range(60):
        still_scene.set_rates(settings.rates, 1 - step / 60)
        dynamic_step(still_scene, guidance.loaded("a ball"), settings, step / 60, times)
        if step % 10 == 9:
            still_scene.occupancy.update(still_scene.field, times)
    assert guidance.asked[0][3] == (2, 4, 3, 16, 16)
    ahead = [[0.6 * 0.875 + 0.25, 0.0, 0.0]]
    behind = [[0.6 * 0.125 - 0.25, 0.0, 0.0]]
    assert opacity_at(still_scene, ahead, 0.875)[0] > 0.6 > 0.4 > opacity_at(still_scene, ahead, 0.125)[0]
    assert opacity_at(still_scene, behind, 0.125)[0] > 0.6 > 0.4 > opacity_at(still_scene, behind, 0.875)[0]


def test_super_resolution_keeps_the_video_model_on(still_scene):
    times = frame_times(4)
    truth = UniformBall(60.0, 0.35, speed=0.6)
    high, low = KnowingGuidance(truth, times), KnowingGuidance(truth, times)
    settings = replace(STAGE, cameras=1, size=16)
    before = still_scene.field.second.detach().clone()
    still_scene.set_rates(settings.rates, 1.0)
    metrics = super_resolution_step(still_scene, high.loaded("hp"), low.loaded("lp"), settings, 0.5, times, 8)
    assert high.asked[0][3] == (1, 4, 3, 16, 16) and high.asked[0][2].shape == (1, 4, 3, 8, 8)
    assert low.asked[0][3] == (1, 4, 3, 8, 8) and low.asked[0][2] is None
    assert math.isfinite(metrics["gradient"]) and not torch.equal(before, still_scene.field.second)


class BrokenGuidance(KnowingGuidance):
    """Turns to nonsense."""

    def gradient(self, frames, *arguments, **options):
        return super().gradient(frames, *arguments, **options) * math.nan


def test_a_gradient_that_is_not_finite_stops_the_run_and_changes_nothing():
    scene = TrainState.new(FIELD, 0)
    before = {name: value.clone() for name, value in scene.field.state_dict().items()}
    scene.free(STAGE.rates)
    guidance = BrokenGuidance(UniformBall(60.0, 0.45), torch.tensor([0.5]))
    with pytest.raises(DivergedError, match="no longer finite"):
        static_step(scene, guidance.loaded("a ball"), STAGE, 0.5)
    assert all(torch.equal(value, before[name]) for name, value in scene.field.state_dict().items())


def test_motion_energy_is_what_changes_between_frames():
    frames = torch.zeros(2, 3, 3, 4, 4)
    frames[:, 1] = 0.5
    assert motion_energy(frames) == pytest.approx(0.5) and motion_energy(frames[:, :1]) == 0
