"""A scene with bones as one mesh: the body at rest is meshed and textured once, and moved by what moves the scene."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from engine.config.quality import MeshConfig
from engine.contract.errors import EmptySceneError
from engine.mesh.asset import MovingMesh
from engine.mesh.atlas import unwrap
from engine.mesh.bake import bake
from engine.mesh.remesh import reduced
from engine.mesh.rig.build import build_rig
from engine.mesh.rig.skinning import skin, to_world
from engine.mesh.simplify import smooth
from engine.mesh.surface import Mesh, density_grid, silhouette_depth, surface
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy

# The body at rest is the same at any time.
ANY_TIME = 0.5


def has_bones(field: Field) -> bool:
    """Whether what moves the scene is a skeleton that is laid out."""
    return field.skeleton is not None and field.skeleton.is_laid_out


def posed_mesh(field: Field, times: torch.Tensor, config: MeshConfig) -> MovingMesh:
    """The body of `field`, which has bones, as one mesh with a rig, at `times` [frames]. The scene's own bones, weights and
    trajectory are the rig's; only the hierarchy and the joints are found. Raises EmptySceneError where nothing is solid."""
    resting = field.resting()
    mesh = _surface(resting, config)
    if not len(mesh.triangles):
        raise EmptySceneError("Nothing solid formed: try another seed, or a higher quality.")
    uv = unwrap(mesh, config.texture)
    albedo = bake(resting, mesh, uv, ANY_TIME, config.texture)
    root = root_keys(field, times)
    with torch.no_grad():
        weights = field.skeleton.weights_at(torch.from_numpy(mesh.vertices).to(field.device)).cpu().double().numpy()
        moved = field.skeleton.transforms(times.to(field.device)).cpu().double().numpy()
    pose = np.tile(np.eye(4), (*moved.shape[:2], 1, 1))
    pose[:, :, :3] = moved
    # Bones that are not used stand where there is no body.
    used = weights.max(0) > 1e-6
    rig = build_rig(mesh.vertices, mesh.triangles, pose[:, used], weights[:, used].T, root)
    posed = skin(mesh.vertices, np.float64(rig.pose), np.float64(rig.weights), rig.bones)
    positions = np.float32(to_world(posed, root))
    return MovingMesh(positions, mesh.triangles, uv, [albedo], mesh.vertices, rig)


def root_keys(field: Field, times: torch.Tensor) -> np.ndarray:
    """The trajectory at `times` [frames] as a rig's root: translation, quaternion wxyz, scale, [frames, 10]."""
    if field.trajectory is None:
        return np.tile([0.0, 0, 0, 1, 0, 0, 0, 1, 1, 1], (len(times), 1))
    with torch.no_grad():
        centre, rotation, scale = (value.cpu().double().numpy() for value in field.trajectory.placement(times))
    quaternions = Rotation.from_matrix(rotation).as_quat()[:, [3, 0, 1, 2]]
    for frame in range(1, len(quaternions)):
        # Of the two that mean the same, the one on the way from the frame before.
        quaternions[frame] *= np.sign(quaternions[frame] @ quaternions[frame - 1]) or 1.0
    return np.concatenate([centre, quaternions, scale], 1)


def _surface(resting: Field, config: MeshConfig) -> Mesh:
    density = density_grid(resting, Occupancy(), ANY_TIME, 0, config.resolution)
    return reduced(smooth(surface(density, silhouette_depth(density, config.surface_depth))), config.triangles)
