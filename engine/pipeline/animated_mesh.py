"""A given mesh as an asset: its own vertices, faces and texture, with the scene's bones in its own axes."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from engine.config.quality import MeshConfig
from engine.mesh.asset import MovingMesh, Polygons
from engine.mesh.edges import directed_edges, unique_edges
from engine.mesh.own_texture import own_texture
from engine.mesh.rig.build import build_rig, strongest_weights
from engine.mesh.rig.rig import Rig, check_rig
from engine.mesh.rig.skinning import rotations
from engine.mesh.rig.untorn import stretch, untorn_weights
from engine.pipeline.posed_mesh import has_bones, root_keys
from engine.reference.given.conditioning import GivenMesh
from engine.reference.given.fit import MeshFit
from engine.reference.given.skeleton import given_pose
from engine.scene.field import Field

# Pixels a side of the picture of a mesh without colours, and percentile of the edges' stretch that is told.
PLAIN, MOST = 8, 99
CHUNK = 2**16


def animated_mesh(
    field: Field, given: GivenMesh, times: torch.Tensor, config: MeshConfig
) -> tuple[MovingMesh, dict[str, float | int]]:
    """The mesh of `given` moved by `field`, whose body it is, at `times` [frames]; and figures of its rig: "bones", and
    "stretch", how many times as long as at rest an edge becomes at most, all but one in a hundred.

    At rest it is the very mesh that was given, in its order. Its rig is made of the scene's bones, or is the mesh's own.
    """
    mesh, fit = given.mesh, given.fit
    rest = fit.to_scene(mesh.vertices)
    if mesh.bones is None:
        rig = _found_rig(field, rest, mesh.triangles, times)
    else:
        rig = _own_rig(field, given, times)
    edges = unique_edges(directed_edges(mesh.triangles))
    longest = stretch(rest, edges, np.float64(rig.pose), _dense(rig))
    figures = {"bones": len(rig.names), "stretch": round(float(np.percentile(longest, MOST)), 3)}
    rig = in_mesh_axes(rig, fit)
    uv, picture = _texture(given, config.texture)
    positions = rig.vertices(mesh.vertices)
    return MovingMesh(positions, mesh.triangles, uv, [picture], np.float32(mesh.vertices), rig, _polygons(given, uv)), figures


def in_mesh_axes(rig: Rig, fit: MeshFit) -> Rig:
    """A rig of the scene in the axes, and at the place and size, of the mesh that `fit` put there."""
    origin, centre, turn, size = np.array(fit.origin), np.array(fit.centre), fit.turn, fit.scale

    def back(points: np.ndarray) -> np.ndarray:
        return np.float32((np.float64(points) - centre) @ turn / size + origin)

    pose = np.float64(rig.pose)
    turned = turn.T @ pose[..., :3, :3] @ turn
    shift = (pose[..., :3, :3] @ centre + pose[..., :3, 3] - centre) @ turn / size + origin - turned @ origin
    moved = np.tile(np.eye(4), (*pose.shape[:2], 1, 1))
    moved[..., :3, :3], moved[..., :3, 3] = turned, shift
    root = np.float64(rig.root)
    # A quarter turn swaps the axes that the body is scaled along.
    scales = root[:, 7:] @ np.abs(turn)
    about = rotations(root)
    turned_root = turn.T @ about @ turn
    place = np.einsum("fij,fj->fi", about, root[:, 7:] * centre) + root[:, :3] - centre
    shifts = place @ turn / size + origin - np.einsum("fij,fj->fi", turned_root, scales * origin)
    # The axis of a turn turns along.
    quaternions = np.concatenate([root[:, 3:4], root[:, 4:7] @ turn], 1)
    return dataclasses.replace(
        rig, rest_head=back(rig.rest_head), rest_tail=back(rig.rest_tail), pose=np.float32(moved),
        root=np.float32(np.concatenate([shifts, quaternions, scales], 1)),
    )  # fmt: skip


def _found_rig(field: Field, rest: np.ndarray, triangles: np.ndarray, times: torch.Tensor) -> Rig:
    """The scene's bones as a rig of the mesh at `rest` [V, 3] in the scene."""
    root = root_keys(field, times)
    if not has_bones(field):
        return build_rig(rest, triangles, np.tile(np.eye(4), (len(times), 1, 1, 1)), np.ones((1, len(rest))), root)
    pose, weights = _moved(field, times), _weights(field, rest)
    # Bones that are not used stand where there is no body.
    used = weights.max(0) > 1e-6
    return build_rig(rest, triangles, pose[:, used], untorn_weights(rest, triangles, pose[:, used], weights[:, used]).T, root)


def _own_rig(field: Field, given: GivenMesh, times: torch.Tensor) -> Rig:
    """The mesh's own bones, with its own weights, as the scene moves them. The whole grows evenly, since bones and what hangs
    on them may stand in any axes."""
    own, fit, root = given.mesh.bones, given.fit, root_keys(field, times)
    root[:, 7:] = np.exp(np.log(root[:, 7:]).mean(1, keepdims=True))
    if has_bones(field):
        pose = given_pose(given, _moved(field, times))
    else:
        pose = np.tile(np.eye(4), (len(times), len(own.names), 1, 1))
    heads, tails = np.float32(fit.to_scene(own.heads)), np.float32(fit.to_scene(own.tails))
    weights, bones = strongest_weights(own.weights.T)
    return check_rig(
        Rig(own.names, own.parents, heads, tails, np.float32(pose), weights, bones, np.float32(root)),
        len(times), len(weights),
    )  # fmt: skip


def _moved(field: Field, times: torch.Tensor) -> np.ndarray:
    """From rest to posed, in the scene, of all bones that the field has room for, [frames, bones, 4, 4]."""
    with torch.no_grad():
        moved = field.skeleton.transforms(times.to(field.device)).cpu().double().numpy()
    pose = np.tile(np.eye(4), (*moved.shape[:2], 1, 1))
    pose[:, :, :3] = moved
    return pose


def _weights(field: Field, places: np.ndarray) -> np.ndarray:
    """How much each bone holds places of the scene [N, 3], float64 [N, bones]."""
    points = torch.from_numpy(np.float32(places)).to(field.device)
    with torch.no_grad():
        return torch.cat([field.skeleton.weights_at(part) for part in points.split(CHUNK)]).cpu().double().numpy()


def _dense(rig: Rig) -> np.ndarray:
    """The rig's weights as [vertices, bones]."""
    weights = np.zeros((len(rig.weights), len(rig.names)))
    np.add.at(weights, (np.arange(len(weights))[:, None], rig.bones), rig.weights)
    return weights


def _texture(given: GivenMesh, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates float32 [T, 3, 2] and picture: the mesh's own where it has them."""
    mesh = given.mesh
    if mesh.paint is None and mesh.uv is None:
        # Nothing to show needs no room of its own.
        own = own_texture([dataclasses.replace(mesh.frame(), uv=np.zeros((len(mesh.triangles), 3, 2)))], PLAIN)
    else:
        own = own_texture([mesh.frame()], size)
    return own.uv, own.pictures[0]


def _polygons(given: GivenMesh, uv: np.ndarray) -> Polygons | None:
    """The faces that the mesh was given with; None where these are triangles."""
    faces = given.mesh.faces
    if faces is None:
        return None
    corner_uv = np.zeros((len(faces.corners), 2), np.float32)
    corner_uv[faces.places] = uv
    return Polygons(np.int32(faces.corners), np.int32(faces.counts), corner_uv)
