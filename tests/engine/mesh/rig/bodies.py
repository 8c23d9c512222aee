"""Small bodies with known bones."""

import numpy as np
from scipy.spatial.transform import Rotation

FRAMES = 8


def bar(rings: int = 13, length: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """A closed square bar along Z from 0, 0.2 wide: vertices [4 * rings + 2, 3] and triangles."""
    corners = 0.1 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    heights = np.linspace(0, length, rings)
    vertices = [[x, y, z] for z in heights for x, y in corners] + [[0, 0, 0], [0, 0, length]]
    triangles = []
    for ring in range(rings - 1):
        for side in range(4):
            a, b = 4 * ring + side, 4 * ring + (side + 1) % 4
            triangles += [[a, b, b + 4], [a, b + 4, a + 4]]
    last = 4 * (rings - 1)
    for side in range(4):
        triangles += [[(side + 1) % 4, side, 4 * rings], [last + side, last + (side + 1) % 4, 4 * rings + 1]]
    return np.array(vertices), np.array(triangles, np.int32)


def hinge(angles: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Poses [frames, 2, 4, 4]: the first bone stays, the second turns about X through the point `at`."""
    pose = np.tile(np.eye(4), (len(angles), 2, 1, 1))
    pose[:, 1, :3, :3] = Rotation.from_rotvec(np.outer(angles, [1, 0, 0])).as_matrix()
    pose[:, 1, :3, 3] = at - pose[:, 1, :3, :3] @ at
    return pose


def folding_bar() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bar whose upper half folds at Z 1, with weights over two rings' blend: vertices [frames, vertices, 3], triangles,
    poses."""
    rest, triangles = bar()
    pose = hinge(np.linspace(-0.8, 0.8, FRAMES), np.array([0, 0, 1.0]))
    share = np.clip((rest[:, 2] - 0.9) / 0.2, 0, 1)
    blended = (1 - share)[:, None, None] * pose[:, None, 0] + share[:, None, None] * pose[:, None, 1]
    vertices = np.einsum("fvij,vj->fvi", blended[..., :3, :3], rest) + blended[..., :3, 3]
    return vertices, triangles, pose
