"""One moment of a scene; files as exporters write them are in test_document."""

import numpy as np
import pytest

from engine.mesh.files.frame import MeshError
from engine.mesh.files.gltf.animation import animations
from engine.mesh.files.gltf.scene import GltfScene
from engine.mesh.files.pictures import Pictures
from tests.engine.mesh.files.gltf_files import Maker, triangle


def scene(maker: Maker, folder) -> GltfScene:
    return GltfScene(maker.write(folder / "mesh.glb"), "Frame 1", Pictures())


def test_children_go_with_their_parents_and_y_up_becomes_z_up(tmp_path):
    nodes = [{"mesh": 0, "translation": [1, 0, 0]}, {"children": [0], "scale": [2, 2, 2], "translation": [0, 0, 5]}]
    mesh = scene(triangle(nodes=nodes), tmp_path).mesh()
    # Doubled after the shift by 1, then 5 towards the viewer, which is -Y.
    assert mesh.vertices.tolist() == [[2, -5, 0], [4, -5, 0], [2, -5, 2]]
    assert mesh.triangles.tolist() == [[0, 1, 2]] and mesh.paint is None and mesh.losses == ()


def test_a_mesh_that_two_nodes_show_is_there_twice(tmp_path):
    mesh = scene(triangle(nodes=[{"mesh": 0}, {"mesh": 0, "translation": [0, 3, 0]}]), tmp_path).mesh()
    assert len(mesh.vertices) == 6 and mesh.triangles.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert mesh.vertices[3:, 2].tolist() == [3, 3, 4]


def test_a_moment_of_an_animation_takes_the_place_of_what_stands_there(tmp_path):
    maker = triangle(nodes=[{"mesh": 0, "translation": [7, 0, 0]}])
    maker.move(0, "translation", [0.0, 1.0], [[0, 0, 0], [4, 0, 0]])
    found = scene(maker, tmp_path)
    (move,) = animations(found.document)
    assert found.mesh().vertices[:, 0].min() == 7
    assert [found.mesh(move, seconds).vertices[:, 0].min() for seconds in (0.0, 0.25, 1.0)] == [0, 1, 4]


def test_nodes_that_hang_on_themselves_are_damage(tmp_path):
    with pytest.raises(MeshError, match="Frame 1"):
        scene(triangle(nodes=[{"mesh": 0, "children": [0]}], scenes=[{"nodes": [0]}]), tmp_path)


def test_vertex_colours_are_linear_light(tmp_path):
    maker = triangle()
    maker.root["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = maker.add([[0.2140411, 0, 1]] * 3)
    colours = scene(maker, tmp_path).mesh().paint.at(np.array([0]), np.full((1, 3), 1 / 3))
    assert colours[0] == pytest.approx([0.5, 0, 1], abs=1e-4)
