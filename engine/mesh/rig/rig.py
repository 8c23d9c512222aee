"""A rig: bones with parents, poses and weights, as rig.npz of an asset folder has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.contract.errors import EngineError
from engine.mesh.rig.skinning import INFLUENCES, skin, to_world

MAX_BONES = 256
MAX_NAME = 60
# How far rotations may be from proper ones, and sums of weights from 1: what float32 leaves.
TOLERANCE = 1e-3


class RigError(EngineError):
    """What is wrong with a rig, or why there can be none, in one sentence."""

    kind = "rig"


@dataclass(frozen=True)
class Rig:
    """Bones, parents before their children.

    names: of the bones, each once. parents int32 [bones], -1 for a root; the first is one, and others are only where bones
    were given. rest_head, rest_tail float32
    [bones, 3]: where bones begin and end at rest, armature space. pose float32 [frames, bones, 4, 4]: from rest to posed,
    armature space, rigid. weights float32 and bones int32 [vertices, 4]: how much of each vertex goes with which bones; they
    sum to 1. root float32 [frames, 10]: the armature in the world: translation, quaternion wxyz, scale along its axes.
    """

    names: list[str]
    parents: np.ndarray
    rest_head: np.ndarray
    rest_tail: np.ndarray
    pose: np.ndarray
    weights: np.ndarray
    bones: np.ndarray
    root: np.ndarray

    def vertices(self, rest: np.ndarray) -> np.ndarray:
        """rest [vertices, 3], armature space, as the rig moves it: float32 [frames, vertices, 3], world."""
        return to_world(skin(rest, self.pose, self.weights, self.bones), self.root).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by their names in rig.npz."""
        return {
            "names": np.array(self.names), "parents": np.int32(self.parents), "rest_head": np.float32(self.rest_head),
            "rest_tail": np.float32(self.rest_tail), "pose": np.float32(self.pose), "weights": np.float32(self.weights),
            "bones": np.int32(self.bones), "root": np.float32(self.root),
        }  # fmt: skip


def check_rig(rig: Rig, frames: int, vertices: int) -> Rig:
    """The rig itself. Raises RigError where it is none for a mesh of `vertices` over `frames`."""
    count = len(rig.names)
    wanted = {
        "parents": (count,), "rest_head": (count, 3), "rest_tail": (count, 3), "pose": (frames, count, 4, 4),
        "weights": (vertices, INFLUENCES), "bones": (vertices, INFLUENCES), "root": (frames, 10),
    }  # fmt: skip
    if not 1 <= count <= MAX_BONES:
        raise RigError(f"The rig has {count} bones, where 1 to {MAX_BONES} are possible.")
    for name, shape in wanted.items():
        array = getattr(rig, name)
        if array.shape != shape:
            raise RigError(f"The rig has {name} of shape {array.shape}, where {shape} belongs.")
        if not np.isfinite(array).all():
            raise RigError(f"The rig has {name} that are not finite.")
    if len(set(rig.names)) < count or not all(0 < len(name) <= MAX_NAME for name in rig.names):
        raise RigError(f"The rig's names have to differ, with 1 to {MAX_NAME} letters.")
    if not all(-1 <= parent < bone for bone, parent in enumerate(rig.parents)):
        raise RigError("The rig's parents are no trees with parents before children.")
    if rig.bones.min() < 0 or rig.bones.max() >= count:
        raise RigError(f"The rig has weights for bones outside its {count}.")
    if rig.weights.min() < 0 or np.abs(rig.weights.sum(1) - 1).max() > TOLERANCE:
        raise RigError("The rig's weights are negative or don't sum to 1.")
    turn = rig.pose[..., :3, :3].astype(np.float64)
    skew = np.abs(turn @ turn.swapaxes(-1, -2) - np.eye(3)).max()
    if skew > TOLERANCE or np.linalg.det(turn).min() < 0 or np.abs(rig.pose[..., 3, :] - [0, 0, 0, 1]).max() > TOLERANCE:
        raise RigError("The rig has poses that are no rotations and translations.")
    if np.abs(np.linalg.norm(rig.root[:, 3:7], axis=1) - 1).max() > TOLERANCE or rig.root[:, 7:].min() <= 0:
        raise RigError("The rig's root has rotations that are no unit quaternions, or scales that are not positive.")
    if np.linalg.norm(rig.rest_tail - rig.rest_head, axis=1).min() <= 0:
        raise RigError("The rig has bones without a length.")
    return rig


def read_rig(arrays: dict[str, np.ndarray], frames: int, vertices: int) -> Rig:
    """A rig from the arrays of a rig.npz. Raises RigError where one is missing or wrong."""
    lacking = [name for name in Rig.__dataclass_fields__ if name not in arrays]
    if lacking:
        raise RigError(f"The rig lacks {', '.join(lacking)}.")
    whole = {name: np.asarray(arrays[name]) for name in Rig.__dataclass_fields__}
    if whole["names"].dtype.kind != "U" or whole["names"].ndim != 1:
        raise RigError("The rig's names are no texts.")
    for name in ("parents", "bones"):
        if whole[name].dtype.kind != "i":
            raise RigError(f"The rig has {name} that are no whole numbers.")
    return check_rig(Rig(**whole | {"names": whole["names"].tolist()}), frames, vertices)
