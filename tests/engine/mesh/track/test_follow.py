"""The tracker against motions that are known."""

import numpy as np
import pytest

from engine.mesh.simplify import simplify
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import follow, references, track, without_dust
from scripts.benchmark.sequences import box, capsule, meshed, torus, turned


def size_of(meshes: list[Mesh]) -> float:
    return float(np.linalg.norm(np.ptp(np.concatenate([mesh.vertices for mesh in meshes]), axis=0)))


def path_error(found, truth, size: float) -> float:
    """Mean distance of the vertices from where `truth`(points at the reference, frame) takes them, per cent of the size."""
    start, reference = found.positions[found.report.reference], found.report.reference
    errors = [
        np.linalg.norm(place - truth(start, reference, frame), axis=1).mean() for frame, place in enumerate(found.positions)
    ]
    return 100 * float(np.mean(errors)) / size


def test_a_torus_is_carried_along():
    shifts = [np.array([0.25 * frame - 0.25, 0.0, 0.0]) for frame in range(3)]
    meshes = [meshed(lambda p, s=s: torus(p - s, 0.4, 0.15), frame) for frame, s in enumerate(shifts)]
    found = track(meshes, [None] * 3, reference=1)
    assert found.report.distance < 0.5 and found.report.folds == 0 and found.report.objection() is None
    assert path_error(found, lambda p, r, f: p + shifts[f] - shifts[r], size_of(meshes)) < 0.5


def test_a_coloured_cube_turns_with_its_faces():
    angle, half = np.radians(22.5), np.array([0.5, 0.5, 0.5])
    meshes = [meshed(lambda p, f=f: box(turned(p, -f * angle), half), f) for f in range(4)]

    def coloured(mesh: Mesh, frame: int) -> np.ndarray:
        own = turned(mesh.vertices, -frame * angle)
        return np.where(np.abs(own) > 0.4, np.sign(own), 0) * 0.5 + 0.5

    colours = [coloured(mesh, frame) for frame, mesh in enumerate(meshes)]
    found = track(meshes, colours, reference=0)
    assert found.report.distance < 0.5
    assert path_error(found, lambda p, r, f: turned(p, (f - r) * angle), size_of(meshes)) < 1
    flat = found.positions[:, :, :2] - found.positions[:, :, :2].mean(1, keepdims=True)
    spin = np.angle((flat[-1] @ [1, 1j] * np.conj(flat[0] @ [1, 1j])).sum(), deg=True)
    assert spin == pytest.approx(67.5, rel=0.05)


def test_a_ball_that_grows_keeps_its_triangles_even():
    radii = [0.4, 0.55, 0.7]
    meshes = [meshed(lambda p, r=r: np.linalg.norm(p, axis=1) - r, f) for f, r in enumerate(radii)]
    found = track(meshes, [None] * 3, reference=0)
    assert found.report.distance < 0.5 and found.report.folds == 0
    assert path_error(found, lambda p, r, f: p * radii[f] / radii[r], size_of(meshes)) < 2
    # Every edge grows as the ball does.
    stretch = [frame.stretch for frame in found.report.frames]
    assert stretch == pytest.approx([1, 0.55 / 0.4, 0.7 / 0.4], rel=0.05)


def test_legs_that_pass_each_other_keep_their_sides():
    swings = np.radians([-35, -12, 12, 35])

    def figure(points: np.ndarray, swing: float) -> np.ndarray:
        template = capsule(points, np.array([0, 0, 0.15]), np.array([0, 0, 0.8]), 0.22)
        legs = [
            capsule(points, np.array([side, 0, 0.1]), np.array([side, side / 0.12 * np.sin(swing), 0.1 - np.cos(swing)]), 0.09)
            for side in (-0.12, 0.12)
        ]
        return np.minimum(template, np.minimum(*legs))

    meshes = [meshed(lambda p, a=a: figure(p, a), f, 1.3) for f, a in enumerate(swings)]
    found = track(meshes, [None] * 4, reference=0)
    assert found.report.distance < 0.5 and found.report.folds < 1
    start = found.positions[0]
    for side in (-0.12, 0.12):
        foot = np.linalg.norm(start - [side, side / 0.12 * np.sin(swings[0]), 0.1 - np.cos(swings[0])], axis=1) < 0.15
        assert foot.sum() > 5
        for place, swing in zip(found.positions, swings, strict=True):
            assert abs(place[foot, 1].mean() - side / 0.12 * np.sin(swing)) < 0.1


def test_a_thing_that_falls_in_two_is_better_off_with_a_mesh_a_frame():
    whole = meshed(lambda p: np.linalg.norm(p, axis=1) - 0.3, 0)
    apart = meshed(lambda p: np.minimum(*(np.linalg.norm(p - [x, 0, 0], axis=1) - 0.25 for x in (-0.8, 0.8))), 1)
    found = track([whole, apart], [None] * 2, reference=0)
    assert "frame 2" in found.report.objection()


def test_coordinates_and_scale_are_those_of_the_input():
    meshes = [meshed(lambda p, s=s: np.linalg.norm(p - [s, 0, 0], axis=1) - 0.4, f) for f, s in enumerate((0.0, 0.1))]
    far = [Mesh(mesh.vertices * 50 + [1000, 0, -300], mesh.triangles) for mesh in meshes]
    found = track(far, [None] * 2, reference=0)
    assert found.positions.dtype == np.float32 and found.triangles.dtype == np.int32
    assert found.positions[1].mean(0) == pytest.approx([1005, 0, -300], abs=0.5)


def test_references_are_large_and_few():
    sizes = [0.5, 0.99, 1.0, 0.98]
    meshes = [meshed(lambda p, r=r: np.linalg.norm(p, axis=1) - 0.4 * r, 0) for r in sizes]
    # A quarter of the area is too little; the others are within five per cent, the largest first.
    assert references(meshes) == [2, 1, 3]
    # The more frames there are, the fewer references are affordable.
    assert references(meshes + meshes[:2])[0] == 2 and len(references(meshes + meshes[:2])) == 2
    assert len(references(meshes * 10)) == 1


def test_dust_goes_and_a_small_part_stays():
    def solid(points: np.ndarray) -> np.ndarray:
        parts = ([0, 0, 0], 0.6), ([0.8, 0, 0], 0.1)
        return np.minimum(*(np.linalg.norm(points - centre, axis=1) - radius for centre, radius in parts))

    both = meshed(solid, 0)
    speck = Mesh(
        np.concatenate([np.array([[0, 0, 1], [0.001, 0, 1], [0, 0.001, 1]]), both.vertices]),
        np.concatenate([[[0, 1, 2]], both.triangles + 3]),
    )
    clean, kept = without_dust(speck)
    assert np.array_equal(clean.vertices, both.vertices) and np.array_equal(clean.triangles, both.triangles)
    assert kept.tolist() == list(range(3, len(speck.vertices)))


def test_one_frame_is_its_own_mesh():
    mesh = meshed(lambda p: np.linalg.norm(p, axis=1) - 0.4, 0)
    positions, triangles, reference = follow([mesh], [None])
    assert positions.shape == (1, len(mesh.vertices), 3) and reference == 0
    assert positions[0] == pytest.approx(mesh.vertices, abs=1e-6) and np.array_equal(triangles, mesh.triangles)


def test_a_prepared_reference_is_what_is_followed():
    meshes = [meshed(lambda p, s=s: box(p - [s, 0, 0], np.full(3, 0.4)), f) for f, s in enumerate((0.0, 0.1))]
    colours = [(mesh.vertices > [shift, 0, 0]).astype(float) for mesh, shift in zip(meshes, (0.0, 0.1), strict=True)]
    report_frame = []
    positions, triangles, reference = follow(
        meshes, colours, 1, lambda mesh: simplify(mesh, 300), report=lambda done, of: report_frame.append((done, of))
    )
    assert 250 < len(triangles) <= 300 and reference == 1 and report_frame == [(1, 1)]
    assert np.abs(positions[1] - positions[0] - [0.1, 0, 0]).mean() < 0.01
