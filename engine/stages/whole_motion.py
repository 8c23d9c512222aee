"""How a body moves as a whole, as the video model itself takes it to: where a trajectory begins.

A body that should be elsewhere than it is, or twice as large, has nothing in common with what the model sees in its place: its
pictures pull it apart, or make it vanish, before they pull it there. A model whose cameras follow bodies knows where these go.
"""

from __future__ import annotations

import math

import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from engine.guidance.load import LoadedGuidance
from engine.scene.trajectory import MAX_LOG_SCALE, Trajectory
from engine.stages.train_state import TrainState

# A rotation smaller than this, in radians, has no axis to speak of.
NO_TURN = 1e-3


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


def continuous_rotation_vectors(rotation: Tensor) -> Tensor:
    """Rotation vectors [times, 3] of matrices [times, 3, 3], each by as many whole turns as bring it nearest to the one before:
    between them a trajectory is interpolated."""
    shortest = torch.from_numpy(Rotation.from_matrix(rotation.double().cpu().numpy()).as_rotvec()).to(rotation)
    found = [shortest[0]]
    for vector in shortest[1:]:
        before = found[-1]
        angle = vector.norm()
        axis = vector / angle if angle > NO_TURN else before / before.norm().clamp(min=NO_TURN)
        angle = angle if angle > NO_TURN else torch.zeros_like(angle)
        turns = torch.round((before @ axis - angle) / (2 * math.pi))
        found.append(axis * (angle + 2 * math.pi * turns))
    return torch.stack(found)
