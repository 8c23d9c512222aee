"""Bones of an armature that follow bones which went where they liked, with their joints together.

A skeleton of few pictures moves a limb by a shift as readily as by a turn. An armature can't: there a bone is carried by its
parent, and only turns about its head. Bone by bone, a shift beside a short bone would become a turn right round that wrings
the mesh; all joints are found at once instead, each of which rather stays, and those at which the mesh tears the more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.mesh.files.frame import extent
from engine.mesh.rig.build import breadth_first
from engine.mesh.rig.untorn import TORN, stretch
from engine.scene.trajectory import rotation_matrix

# What a radian of a joint costs, in squares of the size by which the whole surface is off.
STIFFNESS = 3e-5
# So many hundredths of the edges may be torn; else joints where edges are get stiffer, so much at a time and so often at most.
FEW, STIFFER, ROUNDS = 1.0, 3.0, 8
STEPS = 60


@dataclass(frozen=True)
class Joints:
    """parents: int [bones], the bone that carries each, -1 for none; one tree or several. tied: bool [bones], those that only
    turn though nothing carries them. heads: float [bones, 3], what they turn about, at rest."""

    parents: np.ndarray
    tied: np.ndarray
    heads: np.ndarray


def tie(parents: np.ndarray, tied: np.ndarray, weights: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """`parents` [bones] with one also for bones that hang on nothing in the armature, as limbs may whose bones follow controls:
    the bone of the body that holds most of their vertices with them. Those `tied` [bones] to a place of their own stay there.

    weights [V, bones]; mass [V]: of the vertices.
    """
    parents = parents.copy()
    shared = weights.T @ (mass[:, None] * weights)
    root = np.array([_root(parents, bone) for bone in range(len(parents))])
    body = root == max(root, key=lambda bone: mass @ weights[:, root == bone].sum(1))
    while True:
        ties = ((parents < 0) & ~tied & ~body)[:, None] * body * shared
        if not ties.any():
            return parents
        limb, at = np.unravel_index(ties.argmax(), ties.shape)
        parents[limb] = at
        body |= root == limb


def joined_pose(
    moved: np.ndarray, joints: Joints, rest: np.ndarray, edges: np.ndarray, weights: np.ndarray, mass: np.ndarray
) -> np.ndarray:
    """Poses [frames, bones, 4, 4] with joints together, that move the surface as `moved` [frames, bones, 4, 4] does as far as
    it is not torn by that.

    rest [V, 3], with edges [edges, 2], weights [V, bones] and mass [V].
    """
    size = extent(rest)
    place = np.concatenate([rest, np.ones((len(rest), 1))], 1)
    columns = (weights[:, :, None] * place[:, None]).reshape(len(rest), -1)
    moments = torch.from_numpy(columns.T @ (mass[:, None] * columns) / mass.sum())
    stiffness = np.full(len(joints.parents), STIFFNESS * size**2)
    for _ in range(ROUNDS):
        pose = _fitted(moved, joints, moments, torch.from_numpy(stiffness))
        torn = edges[stretch(rest, edges, pose, weights) > TORN]
        if 100 * len(torn) <= FEW * len(edges):
            break
        blame = np.bincount(torn.ravel(), minlength=len(rest)) @ weights
        stiffness *= STIFFER ** (blame / blame.max())
    return pose


def _fitted(moved: np.ndarray, joints: Joints, moments: Tensor, stiffness: Tensor) -> np.ndarray:
    """The poses that differ least from `moved` in what they make of the surface, whose second moments are given, [4 bones,
    4 bones], and turn joints little, as far as they are stiff, [bones]. What hangs on nothing and is not tied goes anywhere: it
    carries all else."""
    free = torch.from_numpy((joints.parents < 0) & ~joints.tied)
    goal, heads = torch.from_numpy(moved[..., :3, :]), torch.from_numpy(joints.heads)
    order = breadth_first(joints.parents).tolist()
    turns, shifts = (torch.zeros(*goal.shape[:2], 3, dtype=goal.dtype, requires_grad=True) for _ in range(2))

    def pose() -> Tensor:
        turn = rotation_matrix(turns)
        about = heads - torch.einsum("fkij,kj->fki", turn, heads)
        own = torch.cat([turn, (about + free[:, None] * shifts)[..., None]], -1)
        # What is free begins where it was moved to.
        roots = np.flatnonzero(joints.parents < 0)
        found = {bone: _after(goal[:, bone], own[:, bone]) if free[bone] else own[:, bone] for bone in roots}
        for bone in order[len(found) :]:
            found[bone] = _after(found[joints.parents[bone]], own[:, bone])
        return torch.stack([found[bone] for bone in range(len(order))], 1)

    def cost() -> Tensor:
        off = (pose() - goal).transpose(2, 3).flatten(1, 2)
        return torch.einsum("fac,ab,fbc->", off, moments, off) + (stiffness * ~free * turns.square().sum(-1)).sum()

    optimiser = torch.optim.LBFGS([turns, shifts], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = cost() / stiffness.max()
        value.backward()
        return value

    optimiser.step(closure)
    with torch.no_grad():
        found = np.tile(np.eye(4), (*moved.shape[:2], 1, 1))
        found[..., :3, :] = pose().numpy()
    return found


def _after(outer: Tensor, inner: Tensor) -> Tensor:
    """One transform [F, 3, 4] after another."""
    shift = outer[..., :3] @ inner[..., 3:] + outer[..., 3:]
    return torch.cat([outer[..., :3] @ inner[..., :3], shift], -1)


def _root(parents: np.ndarray, bone: int) -> int:
    """What a bone hangs on in the end; itself where it hangs on nothing."""
    while parents[bone] >= 0:
        bone = int(parents[bone])
    return bone
