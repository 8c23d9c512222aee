import json

import imageio.v3 as imageio
import numpy as np
import pytest

from engine.evaluate.triangle_soup import EvaluationError, TriangleSoup, read_soups, texel_colours

VERTICES = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0], [0, 0, 1]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
# The first triangle is in the lower left quarter of the texture, the second in the upper right one.
UV = np.array([[[0, 0], [0.3, 0], [0, 0.3]], [[0.9, 0.9], [0.6, 0.9], [0.9, 0.6]]], np.float32)


def texture(lower_left: int, upper_right: int) -> np.ndarray:
    """Row 0 at the top, as in a PNG."""
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[1, 0], picture[0, 1] = lower_left, upper_right
    return picture


def write(folder, topology: str, textures: str):
    folder.mkdir(exist_ok=True)
    about = {"frames": 2, "topology": topology, "texture": textures}
    (folder / "asset.json").write_text(json.dumps(about))
    moved = np.stack([VERTICES, VERTICES + np.float32(1)])
    if topology == "fixed":
        np.savez(folder / "mesh.npz", vertices=moved, triangles=TRIANGLES, uv=UV)
    else:
        for number, vertices in enumerate(moved, 1):
            np.savez(folder / f"frame_{number:04d}.npz", vertices=vertices, triangles=TRIANGLES, uv=UV)
    names = {"albedo.png": (51, 102)} if textures == "one" else {"albedo_0001.png": (51, 102), "albedo_0002.png": (0, 255)}
    for name, values in names.items():
        imageio.imwrite(folder / name, texture(*values))
    return folder


@pytest.mark.parametrize("topology", ["fixed", "per-frame"])
@pytest.mark.parametrize("textures", ["one", "per-frame"])
def test_every_frame_has_its_own_triangles_and_colours(tmp_path, topology, textures):
    first, second = read_soups(write(tmp_path / "asset", topology, textures))
    assert np.array_equal(first.triangles, VERTICES[TRIANGLES]) and np.array_equal(second.triangles, VERTICES[TRIANGLES] + 1)
    # 51 and 102 of 255.
    assert first.colours == pytest.approx(np.repeat([[0.2], [0.4]], 3, 1))
    later = [[0.2], [0.4]] if textures == "one" else [[0.0], [1.0]]
    assert second.colours == pytest.approx(np.repeat(later, 3, 1))


def test_areas_by_hand():
    soup = TriangleSoup(VERTICES[TRIANGLES], np.zeros((2, 3)))
    assert soup.areas == pytest.approx([6, 1.5])


def test_texels_are_counted_from_the_bottom_and_repeat():
    picture = np.arange(6).reshape(2, 3, 1)
    uv = np.array([[0.1, 0.1], [0.9, 0.1], [0.4, 0.6], [1.1, -0.4]])
    assert texel_colours(picture, uv)[:, 0].tolist() == [0, 2, 4, 3]


@pytest.mark.parametrize("missing", ["asset.json", "mesh.npz", "albedo.png"])
def test_an_asset_that_lacks_something_is_one_sentence(tmp_path, missing):
    folder = write(tmp_path / "asset", "fixed", "one")
    (folder / missing).unlink()
    with pytest.raises(EvaluationError, match="can't be read .*: export it again"):
        read_soups(folder)


@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_damaged_asset_is_one_sentence(tmp_path, content):
    folder = write(tmp_path / "asset", "fixed", "one")
    (folder / "asset.json").write_text(content)
    with pytest.raises(EvaluationError, match="can't be read"):
        read_soups(folder)
