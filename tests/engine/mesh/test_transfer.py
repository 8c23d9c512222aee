"""Colours of given meshes on the mesh that follows them."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.mesh.files.frame import Frame
from engine.mesh.files.paint import Paint
from engine.mesh.files.sequence import read_sequence
from engine.mesh.surface import Mesh
from engine.mesh.transfer import GREY, albedo, colours_near, nearest_on

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
# The square's own texture fills the picture.
UV = SQUARE[:, :2][FACES]


def plain(colours: np.ndarray | None) -> Frame:
    return Frame(Path("square.ply"), SQUARE, FACES, None if colours is None else Paint.of_corners(colours[FACES]))


def test_the_nearest_place_is_on_the_triangle_below_or_on_its_rim():
    triangle, weights = nearest_on(Mesh(SQUARE, FACES), np.array([[0.75, 0.25, 0.3], [0.25, 0.75, -0.1], [2.0, 0, 0]]))
    assert triangle.tolist() == [0, 1, 0]
    assert weights == pytest.approx(np.array([[0.25, 0.5, 0.25], [0.25, 0.25, 0.5], [0, 1, 0]]), abs=1e-6)


@pytest.mark.parametrize("ending", ["glb", "obj"])
def test_a_texture_is_read_as_sharp_as_it_is(tmp_path, ending):
    # Left half red, right half blue, as no colours of four corners could show; in glTF the square stands upright.
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :32, 0], image[:, 32:, 2] = 255, 255
    material = {
        "glb": trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(image)),
        "obj": trimesh.visual.material.SimpleMaterial(image=Image.fromarray(image)),
    }[ending]
    for number in (1, 2):
        visual = trimesh.visual.TextureVisuals(SQUARE[:, :2], material=material)
        mesh = trimesh.Trimesh(SQUARE, FACES, visual=visual, process=False)
        (tmp_path / str(number)).mkdir()
        mesh.export(tmp_path / str(number) / f"frame.{ending}")
    frames = read_sequence([tmp_path / "1" / f"frame.{ending}", tmp_path / "2" / f"frame.{ending}"]).frames
    low, high = np.array([[0.45, 0.3, 0], [0.55, 0.3, 0]]), np.array([[0.2, 0.9, 0], [0.9, 0.9, 0]])
    for places in (low, high):
        places = places[:, [0, 2, 1]] if ending == "glb" else places
        assert colours_near(frames[1], places) == pytest.approx(np.array([[1, 0, 0], [0, 0, 1]]), abs=0.02)


def test_a_colour_is_what_most_frames_show():
    red, white = np.tile([1.0, 0, 0], (4, 1)), np.ones((4, 3))
    positions = np.stack([SQUARE] * 3)
    baked = albedo([plain(red), plain(white), plain(red)], positions, FACES, UV, 16)
    assert baked.shape == (16, 16, 3) and (baked == [255, 0, 0]).all()


def test_vertex_colours_run_into_each_other():
    corner = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    assert colours_near(plain(corner), np.array([[0.5, 0.25, 0]]))[0] == pytest.approx([0.5, 0.25, 0], abs=1e-6)


def test_frames_without_colours_leave_it_to_the_others():
    red = np.tile([1.0, 0, 0], (4, 1))
    baked = albedo([plain(None), plain(red), plain(None)], np.stack([SQUARE] * 3), FACES, UV, 8)
    assert (baked == [255, 0, 0]).all()


def test_without_colours_all_is_grey():
    assert (albedo([plain(None)] * 2, np.stack([SQUARE] * 2), FACES, UV, 8) == round(255 * GREY)).all()
