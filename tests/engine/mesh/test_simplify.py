"""A ball keeps its volume when it is smoothed and decimated."""

import math

import numpy as np
import pytest
import trimesh

from engine.mesh.simplify import simplify, smooth
from engine.mesh.surface import Mesh, volume


def ball(radius: float = 0.5, rough: float = 0.0) -> Mesh:
    """1280 triangles; rough: how far vertices are off at random, metres."""
    sphere = trimesh.creation.icosphere(subdivisions=3, radius=radius)
    vertices = sphere.vertices.astype(np.float32)
    vertices += rough * np.random.default_rng(0).standard_normal(vertices.shape).astype(np.float32)
    return Mesh(vertices, sphere.faces.astype(np.int32))


def roughness(mesh: Mesh) -> float:
    return float(np.linalg.norm(mesh.vertices, axis=1).std())


def test_a_decimated_ball_keeps_its_volume_and_radius():
    whole, few = ball(), simplify(ball(), 400)
    assert 300 < len(few.triangles) <= 400
    assert few.vertices.dtype == np.float32 and few.triangles.dtype == np.int32
    assert volume(few) == pytest.approx(volume(whole), rel=0.02)
    assert np.linalg.norm(few.vertices, axis=1) == pytest.approx(0.5, abs=0.01)


def test_a_mesh_of_few_triangles_is_left_as_it_is():
    mesh = ball()
    assert simplify(mesh, len(mesh.triangles)) is mesh


def test_smoothing_takes_roughness_away_and_keeps_the_volume():
    rough = ball(rough=0.01)
    smoothed = smooth(rough)
    assert roughness(smoothed) < roughness(rough) / 2
    assert volume(smoothed) == pytest.approx(4 / 3 * math.pi * 0.5**3, rel=0.02)
    assert np.array_equal(smoothed.triangles, rough.triangles)


def test_a_round_by_hand():
    """Two triangles: vertices 0 and 2 have three neighbours, 1 and 3 have two."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 3]], np.float32)
    mesh = Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    once = smooth(mesh, rounds=1, forward=0.5, backward=0.0).vertices
    others = [(1, 2, 3), (0, 2), (0, 1, 3), (0, 2)]
    expected = [(vertices[own] + vertices[list(near)].mean(0)) / 2 for own, near in enumerate(others)]
    assert once == pytest.approx(np.array(expected), abs=1e-6)


def test_a_vertex_without_a_triangle_and_an_empty_mesh_are_smoothed_too():
    empty = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))
    assert smooth(empty) is empty
    alone = Mesh(np.ones((4, 3), np.float32), np.array([[0, 1, 2]], np.int32))
    assert np.isfinite(smooth(alone).vertices).all()
