"""A scene's skeleton from the bones that a given mesh hangs on, and the mesh's rig from how that skeleton moves."""

from __future__ import annotations

import numpy as np

from engine.mesh.edges import directed_edges, unique_edges
from engine.mesh.files.frame import extent
from engine.mesh.rig.build import strongest_weights
from engine.mesh.rig.pose import turned_about
from engine.mesh.rig.root import vertex_mass
from engine.mesh.rig.skinning import skin
from engine.mesh.surface import Mesh
from engine.mesh.transfer import nearest_on
from engine.reference.given.bones import GivenBones, leaders
from engine.reference.given.conditioning import GivenMesh
from engine.reference.given.joints import Joints, joined_pose, tie
from engine.scene.skinning_weights import SCENE, BoneLayout, given_bones, solid_places

# Heads within this share of the size of where their parents take them are there.
JOINED = 1e-6


def moving_bones(given: GivenMesh, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Which bones of the mesh move by themselves, at most `room`, int [moving]; and of every bone, which of these it moves
    with, int [bones], -1 for one that holds nothing."""
    mesh = given.mesh
    leader = leaders(mesh.bones, vertex_mass(mesh.vertices, mesh.triangles), room)
    moving = np.unique(leader[leader >= 0])
    return moving, np.where(leader >= 0, np.searchsorted(moving, leader), -1)


def given_layout(given: GivenMesh, solid: np.ndarray, room: int, box: np.ndarray = SCENE) -> BoneLayout:
    """The mesh's own bones in its solid, as `lay_out_bones` takes it: those of `moving_bones`, about their heads, with the
    weights of the nearest of its surface."""
    mesh, fit = given.mesh, given.fit
    moving, group = moving_bones(given, room)
    weights = _grouped(mesh.bones, group, len(moving))
    surface = Mesh(np.float32(fit.to_scene(mesh.vertices)), mesh.triangles)
    triangle, corners = nearest_on(surface, solid_places(solid, box))
    held = np.einsum("ck,ckb->cb", corners, weights[mesh.triangles[triangle]])
    parents = np.array([_group_above(mesh.bones, group, bone) for bone in moving])
    return given_bones(solid, fit.to_scene(mesh.bones.heads[moving]), parents, held, box)


def given_pose(given: GivenMesh, moved: np.ndarray) -> np.ndarray:
    """Poses of all of the mesh's bones in the scene, [frames, bones, 4, 4]. moved [frames, room, 4, 4]: of `moving_bones`.

    Joints stay together: a bone that hangs on another only turns about its head, as far as that does not tear the mesh; one
    that moves with its parent does so to the bit, so that it needs no keys. Only what hangs on nothing leaves its place.
    """
    bones = given.mesh.bones
    moving, group = moving_bones(given, moved.shape[1])
    rest, heads = given.fit.to_scene(given.mesh.vertices), given.fit.to_scene(bones.heads)
    weights = _grouped(bones, group, len(moving))
    mass, size = vertex_mass(rest, given.mesh.triangles), extent(rest)
    tied = bones.connected[moving] & (bones.parents[moving] < 0)
    above = np.array([_group_above(bones, group, bone) for bone in moving])
    joints = Joints(tie(above, tied, weights, mass), tied, heads[moving])
    edges = unique_edges(directed_edges(given.mesh.triangles))
    moved = joined_pose(moved[:, : len(moving)], joints, rest, edges, weights, mass)
    posed = skin(rest, moved, *strongest_weights(weights.T))
    pose, along = np.tile(np.eye(4), (len(moved), len(heads), 1, 1)), group.copy()
    for bone, parent in enumerate(bones.parents):
        if along[bone] < 0 and parent >= 0:
            along[bone] = along[parent]
        if parent >= 0 and along[bone] == along[parent]:
            pose[:, bone] = pose[:, parent]
            continue
        if group[bone] >= 0:
            pose[:, bone] = moved[:, group[bone]]
        if parent >= 0 or (bones.connected[bone] and group[bone] >= 0):
            carried = pose[:, parent] if parent >= 0 else np.eye(4)[None]
            after, there = (each[:, :3, :3] @ heads[bone] + each[:, :3, 3] for each in (carried, pose[:, bone]))
            if np.abs(there - after).max() > JOINED * size:
                # It goes with bones that hang elsewhere.
                pose[:, bone] = turned_about(heads[bone], after, rest, posed, mass * bones.weights[:, bone] ** 2)
            else:
                pose[:, bone, :3, 3] += after - there
    return pose


def _grouped(bones: GivenBones, group: np.ndarray, count: int) -> np.ndarray:
    """Weights [V, count] of bones that move together, summed."""
    weights = np.zeros((len(bones.weights), count))
    for bone in np.flatnonzero(group >= 0):
        weights[:, group[bone]] += bones.weights[:, bone]
    return weights


def _group_above(bones: GivenBones, group: np.ndarray, bone: int) -> int:
    """With which a bone hangs on another: the nearest that it does not move with, -1 for none."""
    parent = int(bones.parents[bone])
    while parent >= 0 and group[parent] in (-1, group[bone]):
        parent = int(bones.parents[parent])
    return int(group[parent]) if parent >= 0 else -1
