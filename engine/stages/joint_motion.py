"""How limbs move, as the video model itself takes them to: where a skeleton's bones begin.

What turns right round, or comes several times in a clip, can't be found by following pictures from a body at rest; a model that
knows where joints go knows that. Score distillation takes it from there.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from engine.guidance.load import LoadedGuidance
from engine.scene.frame_times import frame_times
from engine.scene.skinning_weights import solid_places
from engine.stages.bones import lay_out_skeleton, solid_at_rest
from engine.stages.train_state import TrainState

# Moments for each of the skeleton's, so that even three turns a clip are less than half a turn from one to the next.
MOMENTS = 4
# Of what lies round a wheel, what is solid at most: a wheel that is set in further would take the body round with it.
SET_IN = 0.2


@torch.no_grad()
def begin_joint_motion(state: TrainState, video: LoadedGuidance) -> bool:
    """Lays out the skeleton where the video model takes the joints of the body at rest to be, and puts into it what that takes
    them to do. Returns whether the model says; if not, nothing is done. What turns right round has bones of its own."""
    skeleton = state.field.skeleton
    times = frame_times(MOMENTS * skeleton.times).to(state.device)
    motion = video.guidance.joint_motion(video.prompt, times, state.given is not None)
    if motion is None or not len(motion.sticks):
        return False
    solid, box = solid_at_rest(state)
    places = torch.from_numpy(solid_places(solid, box)).to(state.device)
    wheel_at = motion.wheel_at(places).cpu().numpy()
    motion = motion.without([wheel for number, wheel in enumerate(motion.wheels()) if is_set_in(solid, wheel_at == number)])
    middles = lay_out_skeleton(state, (solid, box), motion.middles(), motion.wheel_at(places))
    if not len(middles):
        return True
    places, turn = motion.carried(middles.to(state.device))
    centres = skeleton.centres[: len(middles)]
    # A bone turns about its centre, which may be elsewhere than its middle.
    arm = torch.einsum("fkij,kj->fki", turn, middles.to(centres) - centres)
    skeleton.begin(times, places - arm - centres, turn)
    return True


def is_set_in(solid: np.ndarray, own: np.ndarray) -> bool:
    """Whether a wheel, `own` [cells] of a solid [x, y, z], is set into the body: by how much of what is round it is solid."""
    wheel = np.zeros_like(solid)
    wheel[solid] = own
    around = ndimage.binary_dilation(wheel) & ~wheel
    return bool((around & solid).sum() > SET_IN * around.sum())
