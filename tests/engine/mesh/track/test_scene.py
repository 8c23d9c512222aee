import math

import numpy as np
import pytest
import torch

from engine.mesh.surface import Mesh, volume
from engine.mesh.track.scene import track_scene
from engine.scene.trajectory import Trajectory
from scripts.benchmark.sequences import box, meshed, turned

FRAMES = 4
TIMES = (torch.arange(FRAMES) + 0.5) / FRAMES
HALF = np.array([0.4, 0.4, 0.4])


class Riding:
    """A grey field with a trajectory."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.trajectory = Trajectory(FRAMES)

    def __call__(self, points, times):
        return torch.full((1, len(points)), 10.0), torch.full((1, len(points), 3), 0.5)


def test_a_spinning_cubes_vertices_turn_with_it():
    field = Riding()
    angles = 2 * math.pi * TIMES.numpy()
    field.trajectory.rotation.data[:, 2] = torch.from_numpy(angles).float()
    meshes = [meshed(lambda p, a=a: box(turned(p, -a), HALF), frame) for frame, a in enumerate(angles)]
    found = track_scene(field, meshes, TIMES, 600)
    assert found.report.objection() is None and found.report.distance < 0.5
    flat = found.positions[:, :, 0] + 1j * found.positions[:, :, 1]
    steps = np.angle((flat[1:] * np.conj(flat[:-1])).sum(1), deg=True)
    assert steps == pytest.approx(90, abs=2)


def test_what_slides_keeps_its_shape():
    field = Riding()
    shifts = np.linspace(-0.4, 0.4, FRAMES)
    field.trajectory.translation.data[:, 0] = torch.from_numpy(shifts).float()
    meshes = [meshed(lambda p, s=s: box(p - [s, 0, 0], HALF), frame) for frame, s in enumerate(shifts)]
    found = track_scene(field, meshes, TIMES, 600)
    volumes = [volume(Mesh(place, found.triangles)) for place in found.positions]
    assert volumes == pytest.approx([volumes[0]] * FRAMES, rel=0.03)
    assert found.positions[:, :, 0].mean(1) == pytest.approx(shifts, abs=0.02)
