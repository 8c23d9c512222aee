"""One step under gradients given by hand."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.stage import LearningRates
from engine.contract.errors import DivergedError
from engine.scene.cameras import Cameras
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.stages.train_state import TrainState
from engine.stages.train_step import motion_energy, train_step
from tests.engine.stages.knowing import FIELD, STAGE

PLAIN = replace(STAGE, opacity_entropy=0.0, total_variation=0.0, rates=LearningRates(0.02, 0.0, 0.01))


def view(frames: int = 1) -> View:
    cameras = Cameras(torch.tensor([0.0, 1.5]), torch.zeros(2))
    return View(cameras, (torch.arange(frames) + 0.5) / frames, 8, 16, torch.zeros(2, 3))


def weights(scene: TrainState) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in scene.field.state_dict().items()}


def test_the_metrics_are_those_of_the_rendered_images():
    scene = TrainState.new(FIELD, 0)
    _, opacity = render(scene.field, scene.occupancy, view(2))
    metrics = train_step(scene, view(2), lambda images: torch.full_like(images, -0.25), PLAIN)
    assert metrics == pytest.approx({"gradient": 0.25, "opacity": float(opacity.mean()), "motion": 0.0}, abs=1e-5)


def test_images_follow_the_gradient():
    scene = TrainState.new(FIELD, 0)
    scene.free(PLAIN.rates)
    scene.set_rates(PLAIN.rates, 1.0)
    red = []

    def gradient(images):
        red.append(float(images[:, :, 0].mean()))
        # Less red, and the rest as it is.
        return torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1).expand_as(images)

    for _ in range(4):
        train_step(scene, view(), gradient, PLAIN)
    assert red == sorted(red, reverse=True) and red[-1] < 0.8 * red[0]


def test_without_a_gradient_only_the_regularisers_move_the_scene():
    scene, rough = TrainState.new(FIELD, 0), replace(PLAIN, total_variation=1.0)
    scene.free(PLAIN.rates)
    scene.set_rates(PLAIN.rates, 1.0)
    before = weights(scene)
    train_step(scene, view(), torch.zeros_like, PLAIN)
    assert all(torch.equal(value, before[name]) for name, value in weights(scene).items())
    train_step(scene, view(), torch.zeros_like, rough)
    after = weights(scene)
    assert after["space.0"].diff(dim=1).square().mean() < before["space.0"].diff(dim=1).square().mean()
    assert torch.equal(after["second"], before["second"])


def test_a_trajectory_that_leans_is_set_upright():
    config = replace(PLAIN, rates=LearningRates(0.0, 0.0, 0.0, 0.1), trajectory_jitter=0.0, trajectory_offset=1.0)
    scene = TrainState.new(FIELD, 0)
    scene.field.trajectory.rotation.data[:] = torch.tensor([0.5, -0.5, 0.5])
    scene.free(config.rates)
    scene.set_rates(config.rates, 1.0)
    train_step(scene, view(), torch.zeros_like, config)
    # Adam's first step is as long as the rate; how far a body has turned is none of a lean.
    assert torch.allclose(scene.field.trajectory.rotation, torch.tensor([0.4, -0.4, 0.5]), atol=1e-5)


def test_an_occupancy_of_its_own_takes_the_place_of_the_scene_s():
    scene, empty = TrainState.new(FIELD, 0), Occupancy(4)
    empty.bits = torch.zeros(1, 4, 4, 4, dtype=torch.bool)
    assert train_step(scene, view(), torch.zeros_like, PLAIN, empty)["opacity"] == 0
    assert train_step(scene, view(), torch.zeros_like, PLAIN)["opacity"] > 0


def test_a_gradient_that_is_not_finite_stops_the_run_and_changes_nothing():
    scene = TrainState.new(FIELD, 0)
    before = weights(scene)
    scene.free(STAGE.rates)
    with pytest.raises(DivergedError, match="the model's gradient of the images is no longer finite"):
        train_step(scene, view(), lambda images: images * math.nan, STAGE)
    assert all(torch.equal(value, before[name]) for name, value in weights(scene).items())


def test_a_scene_that_is_not_finite_stops_the_run_too():
    scene = TrainState.new(FIELD, 0)
    scene.free(STAGE.rates)
    scene.field.space[0].data[0, 0, 0] = math.inf
    before = weights(scene)
    with pytest.raises(DivergedError, match="the scene's gradient is no longer finite"):
        train_step(scene, view(), torch.zeros_like, STAGE)
    assert all(torch.equal(value, before[name]) for name, value in weights(scene).items())


def test_motion_energy_is_what_changes_between_frames():
    frames = torch.zeros(2, 3, 3, 4, 4)
    frames[:, 1] = 0.5
    assert motion_energy(frames) == pytest.approx(0.5) and motion_energy(frames[:, :1]) == 0


def test_a_step_that_measures_tells_each_regulariser_s_pull_and_changes_nothing_else():
    config = replace(STAGE, opacity_entropy=1e-3, total_variation=0.1)
    scenes = [TrainState.new(FIELD, 0) for _ in range(2)]
    scenes[1].measures_norms = True
    for scene in scenes:
        scene.free(config.rates)
        scene.set_rates(config.rates, 1.0)
    plain, measured = (train_step(scene, view(), lambda images: images - 0.5, config) for scene in scenes)
    extra = {name: value for name, value in measured.items() if name not in plain}
    assert {"norm/opacity_entropy", "norm/opacity_entropy/image", "norm/total_variation"} <= set(extra)
    assert all(value > 0 for value in extra.values()) and plain == {name: measured[name] for name in plain}
    first, second = (weights(scene) for scene in scenes)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
