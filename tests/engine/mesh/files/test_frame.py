from pathlib import Path

import numpy as np
import pytest

from engine.mesh.files.frame import EmptyError, MeshError, RawMesh, checked
from engine.mesh.files.paint import Paint

# A tetrahedron, closed.
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def frame(vertices=CORNERS, triangles=FACES, **more):
    return checked(Path("a.obj"), "Frame 1 (a.obj)", RawMesh(np.array(vertices, float), np.array(triangles), **more))


def test_a_good_mesh_stays_as_it_is_and_knows_its_size():
    found = frame()
    assert sorted(map(tuple, found.vertices)) == sorted(map(tuple, CORNERS)) and len(found.triangles) == 4
    assert found.size == pytest.approx(3**0.5) and (found.note, found.colours) == ("", None)
    # The same faces, by places, wound as before.
    assert {frozenset(map(tuple, found.vertices[face])) for face in found.triangles} == {
        frozenset(map(tuple, CORNERS[face])) for face in FACES
    }


def test_vertices_in_one_place_are_one_and_what_no_triangle_uses_is_gone():
    soup = CORNERS[FACES].reshape(-1, 3) + np.tile([0, 1e-8], 18).reshape(-1, 3)
    found = frame(np.concatenate([soup, [[500, 0, 0]]]), np.arange(12).reshape(4, 3))
    assert found.vertices.shape == (4, 3) and found.note == "" and found.size == pytest.approx(3**0.5)


def test_a_triangle_without_an_area_goes_with_its_colour():
    tint = np.arange(5).reshape(5, 1, 1) * np.ones((5, 3, 3)) / 5
    found = frame(triangles=[*FACES, [1, 1, 2]], paint=Paint.of_corners(tint))
    assert len(found.triangles) == 4 and found.paint.tint[:, 0, 0] == pytest.approx(tint[:4, 0, 0])


def test_what_is_odd_is_noted():
    assert frame(triangles=FACES[:3]).note == "3 edges are open"
    assert frame([*CORNERS, [1, 1, 1]], [*FACES, [0, 1, 4]]).note == "1 edges have more than two triangles"


@pytest.mark.parametrize(
    ("vertices", "triangles", "kind", "said"),
    [
        (CORNERS, np.zeros((0, 3), int), EmptyError, "it has 4 points and no triangle"),
        (np.zeros((0, 3)), np.zeros((0, 3), int), EmptyError, "it has no triangles"),
        (np.ones((3, 3)), [[0, 1, 2]], EmptyError, "in a single point"),
        (CORNERS, [[0, 1, 1]], EmptyError, "no triangle with an area"),
        (CORNERS, [[0, 1, 4]], MeshError, "point outside its 4 vertices"),
        (CORNERS + [np.inf, 0, 0], FACES, MeshError, "not finite, in 4 of 4 vertices"),
        (CORNERS * 1e31, FACES, MeshError, "scale the sequence to meters"),
    ],
)
def test_what_is_no_surface_is_one_sentence(vertices, triangles, kind, said):
    with pytest.raises(kind, match=said) as raised:
        frame(vertices, triangles)
    assert str(raised.value).startswith("Frame 1 (a.obj)")
