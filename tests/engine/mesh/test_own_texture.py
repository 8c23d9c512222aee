"""Textures that are passed on as they came."""

from pathlib import Path

import numpy as np
import pytest

from engine.mesh.bake import rasterise
from engine.mesh.files.frame import Frame
from engine.mesh.files.paint import Paint
from engine.mesh.own_texture import own_texture
from engine.mesh.picture import read_texture

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
UV = SQUARE[:, :2][FACES]
WHITE = np.ones((2, 3, 3))
PICTURE = np.random.default_rng(0).integers(0, 256, (8, 16, 3)).astype(np.uint8)
OTHER = np.full((4, 4, 3), 200, np.uint8)


def frame(paint: Paint | None, uv: np.ndarray | None = None, losses: tuple[str, ...] = ()) -> Frame:
    return Frame(Path("a.obj"), SQUARE, FACES, paint, "", losses, uv)


def shown(texture, paint: Paint, picture: int = 0) -> float:
    """The largest difference between what a texture shows inside the triangles and the paint itself."""
    triangle = np.repeat([0, 1], 50)
    weights = np.random.default_rng(1).dirichlet([2, 2, 2], 100)
    at = np.einsum("nk,nkc->nc", weights, texture.uv[triangle].astype(float)) % 1.0
    return np.abs(read_texture(texture.pictures[picture], at) - paint.at(triangle, weights)).max()


def test_one_picture_and_its_coordinates_stay_to_the_last_bit():
    look = Paint(WHITE, UV * 3 - 1, np.array([0, 0]), [PICTURE])
    texture = own_texture([frame(look), frame(look)], 64)
    assert np.array_equal(texture.uv, (UV * 3 - 1).astype(np.float32)) and texture.baked == 0
    assert len(texture.pictures) == 1 and texture.pictures[0] is PICTURE


def test_a_tint_goes_into_the_picture():
    look = Paint(WHITE * [1, 0.5, 0], UV, np.array([0, 0]), [PICTURE])
    (picture,) = own_texture([frame(look)], 64).pictures
    assert np.abs(picture - PICTURE * [1, 0.5, 0]).max() <= 0.5


def test_pictures_and_plain_colours_lie_beside_each_other():
    tint = WHITE * np.array([1, 0.25, 0.5])[None, None]
    tint[0] = 1
    for image, images in (([0, 1], [PICTURE, OTHER]), ([0, -1], [PICTURE]), ([-1, -1], [])):
        # The first triangle is two pictures further to the right.
        look = Paint(tint, UV + np.array([[[2.0, 0]], [[0, 0]]]), np.array(image), images)
        texture = own_texture([frame(look)], 64)
        assert texture.baked == 0 and texture.uv.min() > 0 and texture.uv.max() < 1
        # Half a pixel's rounding of colours.
        assert shown(texture, look) < 1 / 255


def test_what_does_not_fit_is_drawn_anew():
    repeated = Paint(WHITE, UV * 3, np.array([0, 1]), [PICTURE, OTHER])
    run = Paint.of_corners(np.eye(4)[:, :3][FACES])
    for look in (repeated, run):
        texture = own_texture([frame(look)], 256)
        assert texture.baked == 256 and texture.pictures[0].shape == (256, 256, 3)
    assert shown(texture, run) < 0.03


def test_coordinates_of_ones_own_are_kept_where_they_are_an_atlas():
    run = Paint.of_corners(np.eye(4)[:, :3][FACES])
    assert np.array_equal(own_texture([frame(run, UV)], 64).uv, UV.astype(np.float32))
    for uv in (UV * 2, UV * 0, np.stack([UV[0], UV[0]])):
        texture = own_texture([frame(run, uv)], 64)
        assert not np.array_equal(texture.uv, uv.astype(np.float32))
        row, column, *_ = rasterise(texture.uv, 64)
        assert len(np.unique(row * 64 + column)) == len(row)


def test_colours_that_change_are_a_picture_a_frame():
    dark, light = (Paint.of_corners(WHITE * value) for value in (0.2, 0.8))
    texture = own_texture([frame(dark), frame(None), frame(light), frame(dark)], 16)
    assert [int(picture[0, 0, 0]) for picture in texture.pictures] == [51, 51, 204, 51]


def test_a_frame_that_lacks_its_picture_shows_the_others():
    whole = Paint(WHITE, UV, np.array([0, 0]), [PICTURE])
    lacking = frame(Paint.of_corners(WHITE), losses=("the picture a.png is missing",))
    texture = own_texture([lacking, frame(whole)], 16)
    assert len(texture.pictures) == 1 and texture.pictures[0] is PICTURE


@pytest.mark.parametrize("uv", [None, UV * 2])
def test_without_colours_all_is_grey(uv):
    texture = own_texture([frame(None, uv)], 16)
    assert (texture.pictures[0] == 191).all() and texture.uv.shape == (2, 3, 2)
    assert uv is None or np.array_equal(texture.uv, uv.astype(np.float32))
