import math

import pytest
import torch

from engine.models.world.scene import joints
from engine.models.world.skeleton import JOINTS, Pose, Skeleton, along, posed, rotation_matrix, sticks

ARM = Skeleton(
    {"hips": (0.0, 0.0, 0.0), "chest": (0.0, 0.0, 1.0), "head": (0.0, 0.0, 2.0)},
    {"hips": None, "chest": "hips", "head": "chest"},
)
QUARTER = torch.tensor([math.pi / 2])


def test_a_turn_moves_what_hangs_from_the_bone_and_not_its_own_head():
    pose = Pose(1)
    pose.turn("chest", (0.0, 1.0, 0.0), QUARTER)
    bones = posed(ARM, pose)
    assert torch.allclose(bones.heads[0], torch.tensor([[0.0, 0, 0], [0, 0, 1], [1, 0, 1]]), atol=1e-6)


def test_turns_of_parents_add_up_and_a_shift_moves_all():
    pose = Pose(1)
    pose.turn("hips", (0.0, 1.0, 0.0), QUARTER)
    pose.turn("chest", (0.0, 1.0, 0.0), QUARTER)
    pose.move((0.0, 1.0, 0.0), torch.tensor([0.5]))
    bones = posed(ARM, pose)
    assert torch.allclose(bones.heads[0], torch.tensor([[0.0, 0.5, 0], [1, 0.5, 0], [1, 0.5, -1]]), atol=1e-6)


def test_turns_of_bones_that_are_not_there_are_left_out():
    pose = Pose(1)
    pose.turn("tail_1", (0.0, 0.0, 1.0), QUARTER)
    assert torch.equal(posed(ARM, pose).heads[0], posed(ARM, Pose(1)).heads[0])


def test_rotation_matrices_are_about_their_vectors():
    matrix = rotation_matrix(torch.tensor([[0.0, 0.0, math.pi / 2], [0.0, 0.0, 0.0]]))
    assert torch.allclose(matrix[0] @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]), atol=1e-6)
    assert torch.equal(matrix[1], torch.eye(3))


def test_a_bone_before_its_parent_or_without_a_known_name_is_refused():
    with pytest.raises(ValueError, match="before its parent"):
        Skeleton({"head": (0, 0, 0), "hips": (0, 0, 0)}, {"head": "hips", "hips": None})
    with pytest.raises(ValueError, match="not a joint"):
        Skeleton({"elbow": (0, 0, 0)}, {"elbow": None})


def test_sticks_join_a_dogs_joints_from_the_middle_outwards():
    places, used = joints("dog", "resting", torch.tensor([0.5]))
    found = sticks(places[0], used)
    named = {(JOINTS[first], JOINTS[second]): above for first, second, above in found}
    assert {("hips", "waist"), ("head", "crown"), ("tail_1", "tail_2"), ("hind_left_2", "hind_left_3")} <= set(named)
    order = list(named)
    assert order[named["fore_left_2", "fore_left_3"]] == ("fore_left_1", "fore_left_2")
    # Forelegs hang on the chest and hind legs on the hips; what hangs comes later.
    assert "chest" in order[named["fore_left_1", "fore_left_2"]] and "hips" in order[named["hind_left_1", "hind_left_2"]]
    assert all(above < place for place, above in enumerate(named.values()))


def test_a_body_of_one_joint_has_no_sticks():
    places, used = joints("ball", "resting", torch.tensor([0.5]))
    alone = torch.zeros_like(used)
    alone[0] = True
    assert sticks(places[0], alone) == []


def test_the_nearest_on_a_line_lies_between_its_ends():
    apart, share = along(torch.tensor([[0.5, 1.0, 0.0], [3.0, 0.0, 0.0]]), torch.zeros(3), torch.tensor([2.0, 0.0, 0.0]))
    assert apart.tolist() == [1.0, 1.0] and share.tolist() == [0.25, 1.0]
