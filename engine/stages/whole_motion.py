"""How a body moves as a whole, as the video model itself takes it to: where a trajectory begins.

A body that should be elsewhere than it is, or twice as large, has nothing in common with what the model sees in its place: its
pictures pull it apart, or make it vanish, before they pull it there. A model whose cameras follow bodies knows where these go.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.guidance.load import LoadedGuidance
from engine.scene.trajectory import MAX_LOG_SCALE, Trajectory, continuous_rotation_vectors
from engine.stages.train_state import TrainState


@torch.no_grad()
def begin_whole_motion(state: TrainState, video: LoadedGuidance, times: Tensor) -> bool:
    """Puts what the video model takes the whole body to do at `times`, which are the trajectory's own, into a trajectory at
    rest. Returns whether the model says."""
    found = video.guidance.whole_motion(video.prompt, times)
    if found is None:
        return False
    put(state.field.trajectory, *found)
    state.occupancy.update(state.field, times)
    return True


def put(trajectory: Trajectory, centre: Tensor, rotation: Tensor, scale: Tensor) -> None:
    """Sets a trajectory's entries: centre [times, 3] in metres, rotation [times, 3, 3], scale [times, 3]."""
    trajectory.translation.data.copy_(centre)
    trajectory.rotation.data.copy_(continuous_rotation_vectors(rotation))
    trajectory.log_scale.data.copy_(scale.log().clamp(-MAX_LOG_SCALE, MAX_LOG_SCALE))
