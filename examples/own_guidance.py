"""Score distillation with a guidance of one's own: python examples/own_guidance.py picture.png

The guidance here is no diffusion model. It wants a blue ball, seen from wherever the camera is, and says so as a gradient of the
rendered frames; that is all that a guidance has to do (`engine.guidance.protocol.Guidance`).
"""

import math
import sys
from pathlib import Path

import torch
from torch import Tensor

from engine.config.field import FieldConfig
from engine.config.stage import DistillationConfig, LearningRates, StageConfig
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.pipeline.render_frames import render_frames, write_frames
from engine.scene.camera_path import Pose
from engine.stages.static import static_step
from engine.stages.train_state import TrainState

RADIUS, BLUE = 0.5, (0.1, 0.3, 0.9)
STAGE = StageConfig(80, 4, 32, 32, LearningRates(0.02, 0.0, 0.005), DistillationConfig(), opacity_entropy=1e-3)


class BlueBall(Guidance):
    """Pulls every picture to one of a blue ball in the middle."""

    distillation, guidance_scale, views_per_batch = DistillationConfig(), 1.0, 1
    fov, elevation = math.radians(38), (math.radians(-20), math.radians(60))

    def gradient(self, frames, prompt, cameras, progress, generator, *, background, times=None, low_resolution=None) -> Tensor:
        size = frames.shape[-1]
        origins, directions = cameras.rays(size, size)
        nearest = torch.linalg.cross(origins, directions).norm(dim=-1)
        ball = (nearest < RADIUS).float()[:, None, None]
        wanted = ball * torch.tensor(BLUE).view(1, 1, 3, 1, 1) + (1 - ball) * background[:, None, :, None, None]
        return (frames - wanted) / len(frames)


def optimise(steps: int = STAGE.steps) -> TrainState:
    state, ball = TrainState.new(FieldConfig(), seed=0), LoadedGuidance(BlueBall(), prompt=None)
    state.free(STAGE.rates)
    for step in range(steps):
        state.set_rates(STAGE.rates, STAGE.final_lr_ratio ** (step / steps))
        metrics = static_step(state, ball, STAGE, step / steps)
        if step % 16 == 15:
            state.occupancy.update(state.field, torch.tensor([0.5]))
            print(f"step {step + 1}: gradient {metrics['gradient']:.4f}, opacity {metrics['opacity']:.2f}")
    return state


if __name__ == "__main__":
    scene = optimise()
    write_frames(render_frames(scene.field, [Pose()], 256, samples=96, background=0.45), Path(sys.argv[1]), fps=1)
