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


def test_without_a_trajectory_the_surfaces_alone_are_followed():
    class Coloured:
        """Nothing moves it; each face of what slides through it keeps its colour."""

        device, trajectory = torch.device("cpu"), None

        def __call__(self, points, times):
            own = points - torch.tensor([0.2 * float(times[0]), 0, 0])
            return torch.full((1, len(points)), 10.0), (own > 0).float()[None]

    times = torch.tensor([0.0, 1.0])
    meshes = [meshed(lambda p, s=s: box(p - [s, 0, 0], HALF), frame) for frame, s in enumerate((0.0, 0.2))]
    report_frame = []
    found = track_scene(Coloured(), meshes, times, 1000, lambda done, of: report_frame.append((done, of)))
    shift = found.positions[1] - found.positions[0]
    assert np.abs(shift - [0.2, 0, 0]).mean() < 0.01 and found.report.objection() is None
    assert len(found.triangles) == pytest.approx(1000, rel=0.25)
    assert report_frame[-1][0] == report_frame[-1][1]


def test_a_body_that_grows_has_its_size_of_every_frame():
    field = Riding()
    growths = np.linspace(0, 0.6, FRAMES)
    field.trajectory.log_scale.data[:] = torch.from_numpy(growths)[:, None].float()
    half = HALF / 2
    # Cells grow along, so that marching cubes cut as much off the corners in every frame.
    meshes = [meshed(lambda p, g=g: box(p, half * np.exp(g)), frame, 0.8, 0.05 * np.exp(g)) for frame, g in enumerate(growths)]
    found = track_scene(field, meshes, TIMES, 600)
    volumes = np.array([volume(Mesh(place, found.triangles)) for place in found.positions])
    assert volumes / volumes[0] == pytest.approx(np.exp(3 * growths), rel=0.05)
