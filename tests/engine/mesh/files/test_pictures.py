import io

import numpy as np
import pytest
from PIL import Image

from engine.mesh.files.pictures import Pictures, find_beside

RED = np.full((2, 3, 3), [255, 0, 0], np.uint8)


def png(pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("name", ["skin.png", "SKIN.PNG", "C:\\work\\skin.png", "/elsewhere/skin.png", "sub/../skin.png"])
def test_a_picture_is_found_beside_the_mesh_whatever_machine_it_came_from(tmp_path, name):
    (tmp_path / "skin.png").write_bytes(png(RED))
    (tmp_path / "sub").mkdir()
    assert find_beside(name, tmp_path).samefile(tmp_path / "skin.png")


def test_names_may_be_written_as_addresses(tmp_path):
    (tmp_path / "my skin.png").write_bytes(png(RED))
    assert find_beside("my%20skin.png", tmp_path) == tmp_path / "my skin.png"


@pytest.mark.parametrize("name", ["", "none.png", "a\0b", "."])
def test_what_is_not_there_is_not_found(tmp_path, name):
    assert find_beside(name, tmp_path) is None
    with pytest.raises(ValueError, match="is missing"):
        Pictures().beside(name, tmp_path)


def test_one_picture_is_read_once(tmp_path):
    pictures = Pictures()
    (tmp_path / "skin.png").write_bytes(png(RED))
    first = pictures.beside("skin.png", tmp_path)
    assert first.tolist() == RED.tolist() and pictures.decoded(png(RED), "other name") is first


def test_grey_of_sixteen_bits_and_floats_become_eight_bits():
    assert Pictures().decoded(png(np.array([[0, 65535, 32768]], np.uint16)), "a")[0, :, 0].tolist() == [0, 255, 128]
    out = io.BytesIO()
    Image.fromarray(np.array([[0.0, 0.5, 7.0]], np.float32)).save(out, "TIFF")
    assert Pictures().decoded(out.getvalue(), "b")[0, :, 2].tolist() == [0, 128, 255]


def test_a_picture_of_more_pixels_than_are_read_or_that_warns_says_so_itself(recwarn):
    bombs = {side: io.BytesIO() for side in (9600, 14000)}
    for side, out in bombs.items():
        Image.new("1", (side, side)).save(out, "PNG")
    assert Pictures().decoded(bombs[9600].getvalue(), "a").shape == (8192, 8192, 3) and not recwarn.list
    with pytest.raises(ValueError, match="too many pixels: save it with 8192 a side or fewer"):
        Pictures().decoded(bombs[14000].getvalue(), "b")
    with pytest.raises(ValueError, match="the picture c can't be read .the file is empty"):
        Pictures().decoded(b"", "c")


def test_a_damaged_picture_is_a_clause():
    with pytest.raises(ValueError, match="the picture skin.png can't be read"):
        Pictures().decoded(png(RED)[:20], "skin.png")
