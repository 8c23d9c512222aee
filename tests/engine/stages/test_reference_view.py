"""The gradient of a reference image: against finite differences, and on a blob."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.stage import DistillationConfig, LearningRates, StageConfig
from engine.guidance.load import LoadedGuidance
from engine.reference.camera import ReferenceCamera
from engine.reference.conditioning import Reference
from engine.reference.image import SIDE, ReferenceImage
from engine.scene.render import View, render
from engine.stages import reference_view, static
from engine.stages.reference_view import follow_reference, standing
from engine.stages.train_state import TrainState
from engine.stages.train_step import train_step

FIELD = FieldConfig(resolutions=(12, 24), times=4, channels=6, hidden=16, occupancy=16)
STAGE = StageConfig(
    steps=40,
    cameras=1,
    size=16,
    samples=24,
    rates=LearningRates(0.02, 0.0, 0.01),
    distillation=DistillationConfig(),
    empty_sample_prob=0.2,
)


def block(colour=(230, 130, 20), left=180, right=332) -> ReferenceImage:
    """A tall block in the middle of the picture."""
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[52 : SIDE - 52, left:right, 3] = 255
    return ReferenceImage(pixels)


def loss(scene: TrainState, reference: Reference, settings: StageConfig) -> float:
    """What `follow_reference` lowers, by a render of its own, on the background and with the jitter that it would draw."""
    state = scene.generator.get_state()
    background = torch.rand(1, 3, generator=scene.generator)
    seed = scene.random_seed()
    scene.generator.set_state(state)
    size, moment = round(1.5 * settings.size), torch.tensor([0.5 / 4])
    view = View(reference.view_camera(), moment, size, settings.samples, background, seed)
    images, opacity = render(standing(scene.field), scene.occupancy, view)
    colours, alpha = reference.target(size)
    wanted = colours + (1 - alpha) * background[0][:, None, None]
    off = (images[0, 0] - wanted).square().sum() + (opacity[0, 0] - alpha).square().sum()
    return float(off) * settings.reference * (settings.size / size) ** 2


def test_the_gradient_is_that_of_the_differences():
    scene, settings = TrainState.new(FIELD, 0), replace(STAGE, empty_sample_prob=0.0, reference=0.7)
    reference = Reference.of(block(), ReferenceCamera(0.2, 0.3))
    with torch.no_grad():
        # Somewhere else than at rest, which is no matter.
        scene.field.trajectory.translation += 0.3
    scene.free(settings.rates)
    state = scene.generator.get_state()
    follow_reference(scene, reference, settings)
    for parameter, place in ((scene.field.second_bias, 0), (scene.field.second_bias, 2), (scene.field.first_bias, 3)):
        sides = []
        for step in (1e-2, -1e-2):
            with torch.no_grad():
                parameter[place] += step
                scene.generator.set_state(state)
                sides.append(loss(scene, reference, settings))
                parameter[place] -= step
        assert float(parameter.grad[place]) == pytest.approx((sides[0] - sides[1]) / 2e-2, rel=0.02)
    assert scene.field.trajectory.translation.grad is None


def test_a_blob_is_pulled_into_the_outline_and_the_colours():
    scene, reference = TrainState.new(FIELD, 0), Reference.of(block(), ReferenceCamera(width=1.2))
    scene.reference = reference
    scene.free(STAGE.rates)
    view = View(reference.view_camera(), torch.tensor([0.5]), 4, 8, torch.zeros(1, 3))
    first = last = None
    for step in range(STAGE.steps):
        scene.set_rates(STAGE.rates, 1 - step / STAGE.steps)
        metrics = train_step(scene, view, torch.zeros_like, STAGE)
        first, last = first or metrics["reference"], metrics["reference"]
        if step % 8 == 7:
            scene.occupancy.update(scene.field, torch.tensor([0.5]))
    assert last < first / 3
    view = View(reference.view_camera(), torch.tensor([0.5]), 32, 48, torch.ones(1, 3))
    images, opacity = render(scene.field, scene.occupancy, view)
    wanted = reference.target(32)[1] > 0.5
    solid = opacity[0, 0] > 0.5
    assert (solid & wanted).sum() / (solid | wanted).sum() > 0.85
    middle = images[0, 0, :, 14:18, 14:18].mean((1, 2))
    assert middle.tolist() == pytest.approx([0.9, 0.51, 0.08], abs=0.12)


def test_without_a_weight_or_with_nothing_to_move_it_costs_nothing(monkeypatch):
    scene = TrainState.new(FIELD, 0)
    scene.reference = Reference.of(block(), ReferenceCamera())
    scene.free(LearningRates(0.0, 0.0, 0.0))
    monkeypatch.setattr(reference_view, "render_and_backward", None)
    assert follow_reference(scene, scene.reference, STAGE) == 0
    scene.free(STAGE.rates)
    view = View(scene.reference.view_camera(), torch.tensor([0.5]), 4, 8, torch.zeros(1, 3))
    assert "reference" not in train_step(scene, view, torch.zeros_like, replace(STAGE, reference=0.0))


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.125, 0.5), (0.25, 1.0), (0.9, 1.0)])
def test_in_the_static_stage_it_pulls_once_there_is_a_body(monkeypatch, progress, share):
    monkeypatch.setattr(static, "train_step", lambda state, view, gradient, config: {"weight": config.reference})
    guidance = SimpleNamespace(elevation=(0.0, 0.5), fov=0.6, views_per_batch=1, mount=lambda prompt, times: None)
    metrics = static.static_step(
        TrainState.new(FIELD, 0), LoadedGuidance(guidance, "a block"), replace(STAGE, reference=0.8), progress
    )
    assert metrics["weight"] == pytest.approx(0.8 * share)


def test_a_body_that_has_gone_elsewhere_is_still_held_in_its_own_axes():
    scene, reference = TrainState.new(FIELD, 0), Reference.of(block(), ReferenceCamera())
    scene.free(STAGE.rates)
    state = scene.generator.get_state()
    before = follow_reference(scene, reference, STAGE)
    with torch.no_grad():
        scene.field.trajectory.translation += 0.5
    scene.occupancy.update(scene.field, torch.tensor([0.125, 0.375, 0.625, 0.875]))
    scene.generator.set_state(state)
    after = follow_reference(scene, reference, STAGE)
    assert after == pytest.approx(before, abs=0.02)


def test_a_body_that_leans_at_the_first_moment_is_set_upright():
    scene, reference = TrainState.new(FIELD, 0), Reference.of(block(), ReferenceCamera(width=1.2))
    scene.reference = reference
    view = View(reference.view_camera(), torch.tensor([0.5]), 4, 8, torch.zeros(1, 3))
    scene.free(STAGE.rates)
    for step in range(STAGE.steps):
        scene.set_rates(STAGE.rates, 1 - step / STAGE.steps)
        train_step(scene, view, torch.zeros_like, STAGE)
    with torch.no_grad():
        scene.field.trajectory.rotation[:, 1] += 0.5
        scene.field.trajectory.log_scale[:, 0] -= 0.3
        scene.field.trajectory.log_scale += 0.3
        scene.field.trajectory.translation += 0.1
    settings = replace(STAGE, rates=LearningRates(0.0, 0.0, 0.0, 0.04), trajectory_jitter=0.1, trajectory_offset=0.0)
    scene.free(settings.rates, rigid_only=True)
    for step in range(STAGE.steps):
        scene.set_rates(settings.rates, 1 - step / STAGE.steps)
        train_step(scene, view, torch.zeros_like, settings)
    trajectory = scene.field.trajectory
    assert abs(float(trajectory.rotation[0, 1])) < 0.1
    # The proportions, but neither place nor size.
    assert float(trajectory.log_scale[0, 0] - trajectory.log_scale[0, 2]) == pytest.approx(0, abs=0.1)
    assert float(trajectory.log_scale[0].mean()) == pytest.approx(0.2, abs=0.02)
    assert torch.allclose(trajectory.translation, torch.tensor(0.1))


def test_the_picture_is_seen_where_its_camera_says():
    reference = Reference.of(block(left=52, right=SIDE - 52), ReferenceCamera(width=0.5, right=0.2, up=-0.1))
    camera, (colours, alpha) = reference.view_camera(), reference.target(64)
    # Metres from the origin of what is solid, to the right and up.
    across = ((torch.arange(64) + 0.5) / 64 - 0.5) * 2 * camera.distance * math.tan(camera.fov / 2)
    assert float((alpha.sum(0) * across).sum() / alpha.sum()) == pytest.approx(0.2, abs=0.01)
    assert float((alpha.sum(1) * -across).sum() / alpha.sum()) == pytest.approx(-0.1, abs=0.01)
    pixel = float(across[1] - across[0])
    assert float(alpha.sum()) * pixel**2 == pytest.approx((0.5 * (SIDE - 104) / SIDE) ** 2, rel=0.03)
    assert torch.allclose(colours[:, alpha > 0.99][:, 0], torch.tensor([230, 130, 20]) / 255, atol=0.01)
    assert not alpha[0].any() and not alpha[:, 0].any()
