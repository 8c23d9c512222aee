"""Bones with joints that follow bones without: a chain of boxes on which what is right is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.mesh.rig.pose import turned_about
from engine.reference.given.joints import Joints, joined_pose, tie

# Three bones along X, the second of them short: a body, a shoulder and an arm.
HEADS = np.array([[0.0, 0, 0], [1.0, 0, 0], [1.1, 0, 0]])
PARENTS = np.array([-1, 0, 1])
JOINTS = Joints(PARENTS, np.zeros(3, bool), HEADS)


def tube() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings of eight along X with the edges between them, and how much the three bones hold them."""
    along, around = np.linspace(0, 2, 41), np.linspace(0, 2 * np.pi, 8, endpoint=False)
    rest = np.array([[x, 0.1 * np.cos(angle), 0.1 * np.sin(angle)] for x in along for angle in around])
    edges = np.array([[8 * ring + k, 8 * (ring + 1) + k] for ring in range(40) for k in range(8)])
    upper = np.clip((rest[:, 0] - 0.95) / 0.1, 0, 1)
    arm = np.clip((rest[:, 0] - 1.05) / 0.1, 0, 1)
    return rest, edges, np.stack([1 - upper, upper - arm, arm], 1)


def moved(shift: np.ndarray) -> np.ndarray:
    """Shoulder and arm go by shift [frames, 3] as they are, without a turn, and the body stays."""
    pose = np.tile(np.eye(4), (len(shift), 3, 1, 1))
    pose[:, 1:, :3, 3] = shift[:, None]
    return pose


def degrees(pose: np.ndarray, bone: int) -> np.ndarray:
    """How far a bone is turned on what carries it."""
    above = pose[:, PARENTS[bone], :3, :3].transpose(0, 2, 1) if PARENTS[bone] >= 0 else np.eye(3)
    return np.degrees(Rotation.from_matrix(above @ pose[:, bone, :3, :3]).magnitude())


def test_turns_come_back_and_joints_are_together():
    rest, edges, weights = tube()
    pose = np.tile(np.eye(4), (2, 3, 1, 1))
    turn = Rotation.from_rotvec([0, 0, 0.5])
    for bone, head in ((1, HEADS[1]), (2, HEADS[1])):
        pose[1, bone, :3, :3], pose[1, bone, :3, 3] = turn.as_matrix(), head - turn.apply(head)
    found = joined_pose(pose, JOINTS, rest, edges, weights, np.ones(len(rest)))
    np.testing.assert_allclose(found[0], pose[0], atol=1e-4)
    assert degrees(found, 1)[1] + degrees(found, 2)[1] == pytest.approx(np.degrees(0.5), abs=3)
    for bone in (1, 2):
        ends = [found[:, each, :3, :3] @ HEADS[bone] + found[:, each, :3, 3] for each in (PARENTS[bone], bone)]
        np.testing.assert_allclose(*ends, atol=1e-9)


def test_a_short_bone_is_not_turned_right_round_by_what_slips_beside_it():
    """By itself it would be: all that it holds is now on the other side of its head."""
    (rest, edges, weights), slip = tube(), moved(np.array([[0, 0.0, 0], [-0.25, 0.15, 0]]))
    posed = np.einsum("vb,fbij,vj->fvi", weights, slip[:, :, :3], np.concatenate([rest, np.ones((len(rest), 1))], 1))
    alone = turned_about(HEADS[1], np.tile(HEADS[1], (2, 1)), rest, posed, weights[:, 1] ** 2)
    assert np.degrees(Rotation.from_matrix(alone[1, :3, :3]).magnitude()) > 90
    found = joined_pose(slip, JOINTS, rest, edges, weights, np.ones(len(rest)))
    assert max(degrees(found, 1)[1], degrees(found, 2)[1]) < 60
    placed = np.einsum("vb,bij,vj->vi", weights, found[1][:, :3], np.concatenate([rest, np.ones((len(rest), 1))], 1))
    first, second = edges.T
    longer = np.linalg.norm(placed[first] - placed[second], axis=1) / np.linalg.norm(rest[first] - rest[second], axis=1)
    assert np.percentile(longer, 99) < 1.6
    # And yet the arm goes that way.
    assert placed[-8:, 1].mean() > 0.05


def test_a_bone_that_is_tied_does_not_leave_its_place():
    rest, edges, weights = tube()
    pose = moved(np.array([[0, 0.2, 0]]))
    pose[:, :, :3, 3] += [0, 0, 0.3]
    found = joined_pose(pose, Joints(PARENTS, np.array([True, False, False]), HEADS), rest, edges, weights, np.ones(len(rest)))
    np.testing.assert_allclose(found[:, 0, :3, :3] @ HEADS[0] + found[:, 0, :3, 3], 0, atol=1e-9)
    free = joined_pose(pose, JOINTS, rest, edges, weights, np.ones(len(rest)))
    assert free[0, 0, 2, 3] == pytest.approx(0.3, abs=0.05)


def test_limbs_that_hang_on_nothing_hang_on_what_shares_their_vertices():
    _, _, weights = tube()
    mass = np.ones(len(weights))
    apart = np.array([-1, -1, 1])
    assert tie(apart, np.zeros(3, bool), weights, mass).tolist() == [-1, 0, 1]
    # What has a place of its own keeps it, and so does what shares nothing.
    assert tie(apart, np.array([False, True, False]), weights, mass).tolist() == [-1, -1, 1]
    assert tie(apart, np.zeros(3, bool), np.eye(3)[[0, 0, 1, 2]], np.ones(4)).tolist() == [-1, -1, 1]
