import math

import pytest
import torch

from engine.models.joint_map import NEARNESS, joint_map, project
from engine.scene.cameras import Cameras

FRONT = Cameras(torch.zeros(1), torch.zeros(1), fov=math.radians(27))


def test_joints_are_seen_where_a_pinhole_shows_them():
    """From -Y at 3.2 m: +X to the right, +Z upwards, and what is half a metre nearer is larger by 3.2 / 2.7."""
    joints = torch.tensor([[[0.3, 0.0, 0.2], [0.3, -0.5, 0.2]]])
    column, row, near = project(joints, FRONT)
    half = 3.2 * math.tan(math.radians(13.5))
    assert column[0].tolist() == pytest.approx([0.3 / half, 0.3 / half * 3.2 / 2.7], abs=1e-5)
    assert row[0].tolist() == pytest.approx([-0.2 / half, -0.2 / half * 3.2 / 2.7], abs=1e-5)
    assert near[0].tolist() == pytest.approx([0, 0.5], abs=1e-5)


def test_blobs_stand_at_joints_and_their_second_half_tells_how_near():
    joints, used = torch.tensor([[[0.3, -0.5, 0.2], [0.0, 0.0, 0.0]]]), torch.tensor([[True, False]])
    maps = joint_map(joints, used, FRONT, 32)
    assert maps.shape == (1, 4, 32, 32)
    column, row, near = project(joints, FRONT)
    peak = int(maps[0, 0].argmax())
    assert abs((peak % 32 + 0.5) / 16 - 1 - float(column[0, 0])) < 1 / 16
    assert abs((peak // 32 + 0.5) / 16 - 1 - float(row[0, 0])) < 1 / 16
    assert torch.allclose(maps[0, 2], maps[0, 0] * NEARNESS * near[0, 0])
    assert not maps[0, 1].any() and not maps[0, 3].any()
