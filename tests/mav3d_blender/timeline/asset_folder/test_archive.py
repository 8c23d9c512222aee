import io
import zipfile

import numpy as np
import pytest

from mav3d_blender.timeline.asset_folder import archive
from mav3d_blender.timeline.asset_folder.archive import AssetError, read_arrays, read_shapes

POINTS, NAMES = np.arange(12, dtype=np.float32).reshape(4, 3), np.array(["hips", "a longer name"])


@pytest.fixture
def path(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", points=POINTS, names=NAMES)
    return tmp_path / "a.npz"


def test_shapes_come_from_headers_and_arrays_whole(path):
    assert read_shapes(path, {"points": np.float32, "names": str}) == {"points": (4, 3), "names": (2,)}
    points, names = read_arrays(path, ["points", "names"])
    assert points.tolist() == POINTS.tolist() and names.tolist() == NAMES.tolist()


def test_a_header_is_believed_before_anything_is_unpacked(tmp_path):
    """An array of a terabyte, of which not a byte is there."""
    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**5, 3)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("points.npy", header.getvalue())
    assert read_shapes(tmp_path / "a.npz", {"points": np.float32}) == {"points": (10**6, 10**5, 3)}


@pytest.mark.parametrize("dtypes", [{"points": np.float64}, {"points": str}, {"names": np.float32}])
def test_an_array_of_another_kind_is_named(path, dtypes):
    with pytest.raises(AssetError, match="of the wrong kind"):
        read_shapes(path, dtypes)


def test_what_is_missing_too_large_or_damaged_is_one_sentence(path, tmp_path, monkeypatch):
    with pytest.raises(AssetError, match="is missing: generate the asset again"):
        read_shapes(tmp_path / "none.npz", {})
    with pytest.raises(AssetError, match="can't be read"):
        read_shapes(path, {"uv": np.float32})
    (tmp_path / "b.npz").write_bytes(path.read_bytes()[:60])
    with pytest.raises(AssetError, match="can't be read"):
        read_shapes(tmp_path / "b.npz", {"points": np.float32})
    with pytest.raises(AssetError, match="can't be read"):
        read_arrays(tmp_path / "b.npz", ["points"])
    monkeypatch.setattr(archive, "MAX_FILE", 10)
    with pytest.raises(AssetError, match="which no mesh should be"):
        read_shapes(path, {"points": np.float32})


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.float32([1, np.nan]), count=np.int32([1]))
    assert read_arrays(tmp_path / "a.npz", ["count"])[0].tolist() == [1]
    with pytest.raises(AssetError, match="not finite"):
        read_arrays(tmp_path / "a.npz", ["points"])


def test_pickles_are_never_opened(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.array([{}], dtype=object))
    with pytest.raises(AssetError, match="can't be read"):
        read_arrays(tmp_path / "a.npz", ["points"])
