"""The static stage under guidance that knows the answer: images of a ball at rest."""

from dataclasses import replace

import pytest
import torch

from engine.stages import static
from engine.stages.static import REFERENCE_AFTER, static_step
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance, opacity_at


def test_a_step_asks_the_image_model_about_one_frame_of_each_camera():
    scene = TrainState.new(FIELD, 0)
    guidance = KnowingGuidance(UniformBall(60.0, 0.45), torch.tensor([0.5]))
    static_step(scene, guidance.loaded("a ball"), STAGE, 0.75)
    assert guidance.asked == [("a ball", 0.75, None, (STAGE.cameras, 1, 3, STAGE.size, STAGE.size))]


def test_it_forms_what_the_model_sees(still_ball):
    inside = opacity_at(still_ball, [[0, 0, 0], [0.3, 0, 0], [0, -0.3, 0], [0, 0, 0.3]], 0.5)
    outside = opacity_at(still_ball, [[0.65, 0, 0], [0, 0.65, 0], [0, 0, -0.65], [0.5, 0.5, 0.5]], 0.5)
    assert min(inside) > 0.7 and max(outside) < 0.3
    _, colour = still_ball.field(torch.tensor([[0.0, -0.42, 0.0]]), torch.tensor([0.5]))
    assert torch.allclose(colour[0, 0].detach(), torch.tensor([1.0, 0.5, 0.0]), atol=0.2)


def test_it_leaves_time_alone(still_ball):
    assert all(not planes.abs().any() for planes in still_ball.field.time)


@pytest.mark.parametrize(("progress", "weight"), [(0.0, 0.0), (0.1, 0.8), (REFERENCE_AFTER, 2.0), (1.0, 2.0)])
def test_a_reference_picture_pulls_fully_once_there_is_a_body(monkeypatch, progress, weight):
    used = []
    monkeypatch.setattr(static, "train_step", lambda state, view, gradient, config: used.append(config.reference) or {})
    guidance = KnowingGuidance(UniformBall(60.0, 0.45), torch.tensor([0.5]))
    static_step(TrainState.new(FIELD, 0), guidance.loaded("a ball"), replace(STAGE, reference=2.0), progress)
    assert used == [pytest.approx(weight)]
