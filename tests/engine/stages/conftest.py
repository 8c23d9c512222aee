"""A still ball, as the static stage forms it."""

import pytest
import torch

from engine.stages.static import static_step
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance


@pytest.fixture(scope="module")
def still_ball() -> TrainState:
    scene = TrainState.new(FIELD, 0)
    guidance = KnowingGuidance(UniformBall(60.0, 0.45), torch.tensor([0.5])).loaded("a ball")
    scene.free(STAGE.rates)
    for step in range(STAGE.steps):
        scene.set_rates(STAGE.rates, 1 - step / STAGE.steps)
        static_step(scene, guidance, STAGE, step / STAGE.steps)
        if step % 10 == 9:
            scene.occupancy.update(scene.field, torch.tensor([0.5]))
    return scene
