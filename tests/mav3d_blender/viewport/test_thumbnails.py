from pathlib import Path

import bpy
import imbuf
import pytest

from mav3d_blender.viewport.thumbnails import MAX_ICONS, Thumbnails, fit_size
from tests.mav3d_blender.fake_engine import png


@pytest.mark.parametrize(
    ("size", "fitted"), [((64, 16), (48, 12)), ((16, 64), (12, 48)), ((10, 20), (10, 20)), ((1000, 1), (48, 1))]
)
def test_an_image_is_scaled_down_in_proportion(size, fitted):
    assert fit_size(*size, 48) == fitted


def test_an_image_has_one_icon_and_what_is_none_has_no_icon(tmp_path):
    thumbnails = Thumbnails()
    path = tmp_path / "a.png"
    assert thumbnails.icon("") == thumbnails.icon(str(path)) == 0
    path.write_bytes(png(64, 16, (200, 10, 10)))
    # Without a window there are no icons, but the smaller copies that they are made from.
    thumbnails.icon(str(path)), thumbnails.icon(str(path))
    copies = list(Path(bpy.app.tempdir).glob("mav3d_*.png"))
    assert len(copies) == 1 and max(imbuf.load(str(copies[0])).size) == 48
    broken = tmp_path / "b.png"
    broken.write_bytes(b"no image")
    assert thumbnails.icon(str(broken)) == 0
    for number in range(MAX_ICONS):
        (tmp_path / f"{number}.png").write_bytes(b"")
        thumbnails.icon(str(tmp_path / f"{number}.png"))
    assert len(thumbnails._icons) <= MAX_ICONS
    thumbnails.remove()
