"""How limbs move, as the video model itself takes them to: where a skeleton's bones begin.

What turns right round, or comes several times in a clip, can't be found by following pictures from a body at rest; a model that
knows where joints go knows that. Score distillation takes it from there.
"""

from __future__ import annotations

import torch

from engine.guidance.load import LoadedGuidance
from engine.scene.frame_times import frame_times
from engine.stages.bones import lay_out_skeleton
from engine.stages.train_state import TrainState

# Moments for each of the skeleton's, so that even three turns a clip are less than half a turn from one to the next.
MOMENTS = 4


@torch.no_grad()
def begin_limb_motion(state: TrainState, video: LoadedGuidance) -> bool:
    """Lays out the skeleton where the video model takes the joints of the body at rest to be, and puts into it what that takes
    them to do. Returns whether the model says; if not, nothing is done."""
    skeleton = state.field.skeleton
    times = frame_times(MOMENTS * skeleton.times).to(state.device)
    motion = video.guidance.limb_motion(video.prompt, times, state.given is not None)
    if motion is None or not len(motion.sticks):
        return False
    middles = lay_out_skeleton(state, motion.middles())
    places, turn = motion.carried(middles.to(state.device))
    centres = skeleton.centres[: len(middles)]
    # A bone turns about its centre, which may be elsewhere than its middle.
    arm = torch.einsum("fkij,kj->fki", turn, middles.to(centres) - centres)
    skeleton.begin(times, places - arm - centres, turn)
    return True
