"""The dynamic stage under guidance that knows the answer: clips of a ball that slides."""

from dataclasses import replace

import torch

from engine.config.stage import LearningRates
from engine.scene.frame_times import frame_times
from engine.stages.dynamic import dynamic_step, still_step
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance, opacity_at


def test_it_learns_to_move(still_ball):
    times = frame_times(4)
    guidance = KnowingGuidance(UniformBall(60.0, 0.35, speed=0.6), times)
    settings = replace(STAGE, cameras=2, rates=LearningRates(0.01, 0.03, 0.01), time_smoothness=1e-3)
    still_ball.free(settings.rates)
    for step in range(60):
        still_ball.set_rates(settings.rates, 1 - step / 60)
        dynamic_step(still_ball, guidance.loaded("a ball"), settings, step / 60, times)
        if step % 10 == 9:
            still_ball.occupancy.update(still_ball.field, times)
    assert guidance.asked[0][3] == (2, 4, 3, 16, 16)
    ahead = [[0.6 * 0.875 + 0.25, 0.0, 0.0]]
    behind = [[0.6 * 0.125 - 0.25, 0.0, 0.0]]
    assert opacity_at(still_ball, ahead, 0.875)[0] > 0.6 > 0.4 > opacity_at(still_ball, ahead, 0.125)[0]
    assert opacity_at(still_ball, behind, 0.125)[0] > 0.6 > 0.4 > opacity_at(still_ball, behind, 0.875)[0]


class NotingGuidance(KnowingGuidance):
    """Notes the moments that it is asked about."""

    def gradient(self, frames, *arguments, times, **options):
        self.moments = times
        return super().gradient(frames, *arguments, times=times, **options)


def test_a_step_can_see_a_part_of_the_clip():
    times = frame_times(4)
    guidance = NotingGuidance(UniformBall(60.0, 0.35, speed=0.6), times)
    half = replace(STAGE, cameras=1, clip_fraction=(0.5, 0.5))
    for config, gap in ((STAGE, 0.25), (half, 0.125)):
        dynamic_step(TrainState.new(FIELD, 0), guidance.loaded("a ball"), replace(config, cameras=1), 0.5, times)
        assert torch.allclose(guidance.moments.diff(), torch.tensor(gap), atol=1e-6)
        assert 0 <= float(guidance.moments.min()) and float(guidance.moments.max()) <= 1


def test_the_image_model_is_asked_about_stills_of_one_moment():
    times = frame_times(4)
    guidance = NotingGuidance(UniformBall(60.0, 0.35), times)
    config = replace(STAGE, cameras=1, image_cameras=3)
    state, moments = TrainState.new(FIELD, 0), set()
    state.occupancy.update(state.field, times)
    for _ in range(12):
        metrics = still_step(state, guidance.loaded("a ball"), config, 0.5, times)
        assert len(guidance.moments) == 1 and guidance.moments in times and "motion" not in metrics
        moments.add(float(guidance.moments))
    assert guidance.asked[0][1] == 0.5 and guidance.asked[0][3] == (3, 1, 3, 16, 16) and len(moments) > 1


def test_the_image_model_moves_only_what_is_free():
    state = TrainState.new(FIELD, 0)
    state.free(LearningRates(0.0, 0.0, 0.0, 0.01))
    before = state.field.space[0].detach().clone()
    guidance = KnowingGuidance(UniformBall(60.0, 0.35, speed=0.6), frame_times(4))
    still_step(state, guidance.loaded("a ball"), STAGE, 0.5, frame_times(4))
    assert torch.equal(state.field.space[0], before) and state.field.trajectory.translation.abs().max() > 0
