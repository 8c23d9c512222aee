"""The rig of an asset: bones with poses and weights, checked before any of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .archive import AssetError, read_arrays, read_shapes

MAX_BONES = 256
MAX_NAME = 60  # Blender 4 keeps 63 bytes of a bone's name
INFLUENCES = 4
# How far rotations may be from proper ones, and sums of weights from 1: what float32 leaves.
TOLERANCE = 1e-3
DTYPES = {
    "names": str, "parents": np.int32, "rest_head": np.float32, "rest_tail": np.float32, "pose": np.float32,
    "weights": np.float32, "bones": np.int32, "root": np.float32,
}  # fmt: skip


@dataclass(frozen=True)
class Rig:
    """Bones, parents before their children.

    names: each once. parents [bones], -1 for a root, as the first is. rest_head, rest_tail [bones, 3], armature space. pose
    [frames, bones, 4, 4]: from rest to posed, armature space, rigid. weights float32 and bones int32 [vertices, 4]: how much a
    vertex goes with which bones. root [frames, 10]: the armature in the world: translation, quaternion wxyz, scale. rest
    float32 [vertices, 3]: the mesh at rest, armature space.
    """

    names: list[str]
    parents: np.ndarray
    rest_head: np.ndarray
    rest_tail: np.ndarray
    pose: np.ndarray
    weights: np.ndarray
    bones: np.ndarray
    root: np.ndarray
    rest: np.ndarray

    def vertices(self, frame: int) -> np.ndarray:
        """The mesh as the bones alone move it in a frame, from 0; armature space, float64 [vertices, 3]."""
        blended = self._blended(frame)
        return np.einsum("vij,vj->vi", blended[..., :3], self.rest) + blended[..., 3]

    def at_rest(self, vertices: np.ndarray, frame: int) -> np.ndarray:
        """Where vertices [vertices, 3] of a frame, in the world, have to be at rest for the bones to take them there."""
        root = np.float64(self.root[frame])
        local = (vertices - root[:3]) @ quaternion_matrix(root[3:7]) / root[7:]
        blended = self._blended(frame)
        return np.einsum("vij,vj->vi", np.linalg.pinv(blended[..., :3], rcond=1e-3), local - blended[..., 3])

    def in_world(self, points: np.ndarray, frame: int) -> np.ndarray:
        """Points [points, 3] of the armature's space in the world."""
        root = np.float64(self.root[frame])
        return (points * root[7:]) @ quaternion_matrix(root[3:7]).T + root[:3]

    def _blended(self, frame: int) -> np.ndarray:
        return np.einsum("vk,vkij->vij", np.float64(self.weights), self.pose[frame][self.bones][..., :3, :])


def quaternion_matrix(quaternion: np.ndarray) -> np.ndarray:
    """The rotation [3, 3] of a unit quaternion wxyz."""
    w, x, y, z = quaternion
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def read_rig(path: Path, frames: int, rest: np.ndarray) -> Rig:
    """A rig.npz for the mesh `rest` [vertices, 3]. Raises AssetError naming what is wrong."""
    shapes = read_shapes(path, DTYPES)
    count = shapes["names"][0] if len(shapes["names"]) == 1 else 0
    if not 1 <= count <= MAX_BONES:
        raise AssetError(f"{path} has {count} bones, where 1 to {MAX_BONES} are possible.")
    wanted = {
        "names": (count,), "parents": (count,), "rest_head": (count, 3), "rest_tail": (count, 3),
        "pose": (frames, count, 4, 4), "weights": (len(rest), INFLUENCES), "bones": (len(rest), INFLUENCES),
        "root": (frames, 10),
    }  # fmt: skip
    for name, shape in wanted.items():
        if shapes[name] != shape:
            raise AssetError(f"{path} has {name} of shape {shapes[name]}, where {shape} belongs.")
    names, *arrays = read_arrays(path, list(DTYPES))
    rig = Rig(names.tolist(), *arrays, rest)
    wrong = _wrong(rig)
    if wrong:
        raise AssetError(f"{path} has {wrong}: generate the asset again.")
    return rig


def _wrong(rig: Rig) -> str | None:
    """What is wrong with a rig's values."""
    count = len(rig.names)
    if len(set(rig.names)) < count or not all(0 < len(name.encode("utf-8")) <= MAX_NAME for name in rig.names):
        return "names that don't differ or are too long"
    if not all(-1 <= parent < bone for bone, parent in enumerate(rig.parents)):
        return "parents that are no trees with parents before children"
    if rig.bones.min() < 0 or rig.bones.max() >= count:
        return f"weights for bones outside its {count}"
    if rig.weights.min() < 0 or np.abs(rig.weights.sum(1) - 1).max() > TOLERANCE:
        return "weights that are negative or don't sum to 1"
    turn = np.float64(rig.pose[..., :3, :3])
    skew = np.abs(turn @ turn.swapaxes(-1, -2) - np.eye(3)).max()
    if skew > TOLERANCE or np.linalg.det(turn).min() < 0 or np.abs(rig.pose[..., 3, :] - [0, 0, 0, 1]).max() > TOLERANCE:
        return "poses that are no rotations and translations"
    if np.abs(np.linalg.norm(rig.root[:, 3:7], axis=1) - 1).max() > TOLERANCE or rig.root[:, 7:].min() <= 0:
        return "a root whose rotations are no unit quaternions or whose scales are not positive"
    if np.linalg.norm(rig.rest_tail - rig.rest_head, axis=1).min() <= 0:
        return "bones without a length"
    return None
