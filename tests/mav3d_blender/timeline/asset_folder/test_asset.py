"""What the reader of asset folders takes, and what it refuses in one sentence."""

import io
import zipfile

import imageio.v3 as imageio
import numpy as np
import pytest

from mav3d_blender.timeline.asset_folder.asset import AssetError, MovingMesh, read_asset
from tests.mav3d_blender.timeline.assets import (
    FACES,
    FRAMES,
    OCTAHEDRON,
    UV,
    bar,
    bar_positions,
    bar_rig,
    moving_octahedron,
    write_asset,
    write_fixed_asset,
    write_rigged_asset,
)

RIGHT = {"vertices": OCTAHEDRON, "triangles": FACES, "uv": UV}
MOVING = RIGHT | {"vertices": moving_octahedron(2)}


def test_fixed_topology_is_one_mesh_with_positions(tmp_path):
    asset = read_asset(write_fixed_asset(tmp_path / "asset"))
    assert isinstance(asset.meshes, MovingMesh) and (asset.frames, asset.fps) == (12, 12)
    np.testing.assert_array_equal(asset.meshes.positions, moving_octahedron())
    np.testing.assert_array_equal(asset.meshes.triangles, FACES)
    np.testing.assert_array_equal(asset.meshes.uv, UV)
    assert [path.name for path in asset.textures] == ["albedo.png"]


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
@pytest.mark.parametrize(("texture", "count"), [("one", 1), ("per-frame", 12)])
def test_either_texture_goes_with_either_topology(tmp_path, write, texture, count):
    assert len(read_asset(write(tmp_path / "asset", texture=texture)).textures) == count


@pytest.mark.parametrize(
    ("numbers", "first", "step"),
    [
        (None, None, 1),
        (range(12), 0, 1),
        (range(-20, 4, 2), -20, 2),
        ([1, 2, 3, *range(7, 16)], 1, 1),
        ([n / 2 for n in range(1, 13)], None, 1),
        (range(20240101, 20240113), None, 1),
    ],
)
def test_numbers_of_files_are_a_place_on_the_timeline(tmp_path, numbers, first, step):
    changes = {} if numbers is None else {"frame_numbers": list(numbers)}
    asset = read_asset(write_fixed_asset(tmp_path / "asset", **changes))
    assert (asset.first_number, asset.number_step) == (first, step)


def test_a_folder_that_is_no_asset_is_refused(tmp_path):
    with pytest.raises(AssetError, match="asset.json is missing"):
        read_asset(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 3}, "format"),
        ({"topology": "rigged"}, "topology"),
        ({"frames": 10**6}, "frames"),
        ({"fps": 0}, "fps"),
        ({"topology": "fluid"}, "topology"),
        ({"prompt": None}, "prompt"),
        ({"origin": [0, 0]}, "origin"),
        ({"origin": [0, 0, float("nan")]}, "origin"),
        ({"origin": "far"}, "origin"),
        ({"frame_numbers": [1, 2, 3]}, "frame_numbers"),
        ({"frame_numbers": [None] * 12}, "frame_numbers"),
        ({"frame_numbers": "1 to 12"}, "frame_numbers"),
        ({"frames": 3}, "3 frames"),
    ],
)
def test_a_wrong_asset_json_is_refused(tmp_path, changes, said):
    with pytest.raises(AssetError, match=said):
        read_asset(write_fixed_asset(tmp_path / "asset", moving_octahedron(2), **changes))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"vertices": OCTAHEDRON.astype(np.float64)}, "vertices"),
        ({"vertices": OCTAHEDRON * np.nan}, "not finite"),
        ({"vertices": OCTAHEDRON[None]}, "one frame's points"),
        ({"vertices": np.float32(1)}, "vertices"),
        ({"triangles": FACES + 1}, "outside its 6"),
        ({"triangles": FACES - 1}, "outside its 6"),
        ({"triangles": FACES[:0]}, "triangles"),
        ({"triangles": FACES.astype(np.int64)}, "triangles"),
        ({"uv": np.zeros((3, 3, 2), np.float32)}, "uv"),
        ({"uv": np.full_like(UV, np.inf)}, "not finite"),
    ],
)
def test_a_wrong_frame_is_refused(tmp_path, arrays, said):
    folder = write_asset(tmp_path / "asset", 2)
    np.savez(folder / "frame_0002.npz", **(RIGHT | arrays))
    with pytest.raises(AssetError, match=said) as error:
        read_asset(folder)
    assert "frame_0002.npz" in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"vertices": OCTAHEDRON}, "2 frames of points"),
        ({"vertices": moving_octahedron(3)}, "2 frames of points"),
        ({"vertices": moving_octahedron(2)[..., :2]}, "vertices"),
        ({"vertices": moving_octahedron(2)[:, :0]}, "vertices"),
        ({"vertices": moving_octahedron(2) * np.nan}, "not finite"),
        ({"vertices": moving_octahedron(2).astype(np.float16)}, "vertices"),
        ({"triangles": FACES + 1}, "outside its 6"),
        ({"uv": np.zeros((6, 2), np.float32)}, "uv"),
    ],
)
def test_a_wrong_moving_mesh_is_refused(tmp_path, arrays, said):
    folder = write_fixed_asset(tmp_path / "asset", moving_octahedron(2))
    np.savez(folder / "mesh.npz", **(MOVING | arrays))
    with pytest.raises(AssetError, match=said) as error:
        read_asset(folder)
    assert "mesh.npz" in str(error.value)


@pytest.mark.parametrize("lacking", ["vertices", "triangles", "uv"])
def test_a_mesh_without_one_of_its_arrays_is_refused(tmp_path, lacking):
    folder = write_fixed_asset(tmp_path / "asset", moving_octahedron(2))
    np.savez(folder / "mesh.npz", **{name: array for name, array in MOVING.items() if name != lacking})
    with pytest.raises(AssetError, match=f"can't be read.*{lacking}"):
        read_asset(folder)


@pytest.mark.parametrize(
    ("shape", "said"),
    [((2, 2_000_001, 3), "vertices"), ((1000, 2_000_000, 3), "MB is the most")],
)
def test_a_huge_mesh_is_refused_by_its_header(tmp_path, shape, said):
    folder = write_fixed_asset(tmp_path / "asset", moving_octahedron(2), frames=shape[0])
    head = io.BytesIO()
    # Only the header: reading any further would say that the data is missing.
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(folder / "mesh.npz", "w") as archive:
        archive.writestr("vertices.npy", head.getvalue())
        for name in ("triangles", "uv"):
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, MOVING[name])
    with pytest.raises(AssetError, match=said):
        read_asset(folder)


def test_pickled_arrays_are_never_opened(tmp_path):
    folder = write_asset(tmp_path / "asset", 1)
    np.savez(folder / "frame_0001.npz", vertices=np.array([{"a": 1}], object), triangles=FACES, uv=UV)
    with pytest.raises(AssetError, match="vertices of the wrong kind, object"):
        read_asset(folder)


@pytest.mark.parametrize("content", [b"", b"no archive at all"])
def test_a_damaged_mesh_is_refused(tmp_path, content):
    folder = write_fixed_asset(tmp_path / "asset")
    (folder / "mesh.npz").write_bytes(content)
    with pytest.raises(AssetError, match="mesh.npz can't be read"):
        read_asset(folder)


def test_what_is_missing_is_named(tmp_path):
    folder = write_fixed_asset(tmp_path / "asset", texture="per-frame")
    (folder / "albedo_0002.png").unlink()
    with pytest.raises(AssetError, match="albedo_0002.png is missing"):
        read_asset(folder)
    folder = write_fixed_asset(tmp_path / "asset")
    (folder / "mesh.npz").unlink()
    with pytest.raises(AssetError, match="mesh.npz is missing"):
        read_asset(folder)


def test_a_texture_has_to_be_a_png_of_a_sane_size(tmp_path):
    folder = write_fixed_asset(tmp_path / "asset")
    (folder / "albedo.png").write_bytes(b"GIF89a" + bytes(40))
    with pytest.raises(AssetError, match="albedo.png is no PNG"):
        read_asset(folder)
    imageio.imwrite(folder / "albedo.png", np.zeros((1, 20000, 3), np.uint8))
    with pytest.raises(AssetError, match="20000 x 1 pixels"):
        read_asset(folder)


def test_a_rigged_asset_has_a_rig_that_gives_its_vertices(tmp_path):
    asset = read_asset(write_rigged_asset(tmp_path / "asset"))
    rest, _ = bar()
    assert asset.rig.names == ["root", "limb"]
    np.testing.assert_array_equal(asset.meshes.positions, bar_positions(rest, bar_rig(rest)))
    for frame in range(FRAMES):
        shown = asset.rig.in_world(asset.rig.vertices(frame), frame)
        np.testing.assert_allclose(shown, asset.meshes.positions[frame], atol=1e-6)
        np.testing.assert_allclose(asset.rig.at_rest(asset.meshes.positions[frame], frame), rest, atol=1e-5)


@pytest.mark.parametrize(
    ("rig", "said"),
    [
        ({"names": np.array(["root", "root"])}, "names that don't differ"),
        ({"names": np.array(["root", "ä" * 31])}, "too long"),
        ({"names": np.array([{"a": 1}, "limb"], object)}, "names of the wrong kind, object"),
        ({"names": np.array([], str)}, "0 bones"),
        ({"parents": np.int32([-1, 1])}, "no tree"),
        ({"parents": np.int64([-1, 0])}, "parents of the wrong kind"),
        ({"pose": np.zeros((3, 2, 4, 4), np.float32)}, "pose of shape"),
        ({"pose": np.zeros((FRAMES, 2, 4, 4), np.float32)}, "no rotations"),
        ({"weights": np.zeros((84, 4), np.float32)}, "sum to 1"),
        ({"weights": np.full((84, 4), np.inf, np.float32)}, "not finite"),
        ({"bones": np.full((84, 4), 2, np.int32)}, "outside its 2"),
        ({"root": np.zeros((FRAMES, 10), np.float32)}, "unit quaternions"),
        ({"rest_tail": np.float32([[0, 0, 0], [0, 0, 2]])}, "without a length"),
    ],
)
def test_a_wrong_rig_is_refused(tmp_path, rig, said):
    with pytest.raises(AssetError, match=said) as error:
        read_asset(write_rigged_asset(tmp_path / "asset", rig))
    assert "rig.npz" in str(error.value)


def test_a_rigged_asset_lacks_neither_rig_nor_rest(tmp_path):
    folder = write_rigged_asset(tmp_path / "asset")
    (folder / "rig.npz").unlink()
    with pytest.raises(AssetError, match="rig.npz is missing"):
        read_asset(folder)
    folder = write_rigged_asset(tmp_path / "asset")
    np.savez(folder / "mesh.npz", **MOVING)
    with pytest.raises(AssetError, match="rest"):
        read_asset(folder)


QUADS = {
    "corners": np.array([0, 2, 1, 3], np.int32), "counts": np.array([4], np.int32), "corner_uv": np.zeros((4, 2), np.float32),
}  # fmt: skip


def with_faces(folder, **changes):
    """A fixed asset whose mesh also has polygons."""
    write_fixed_asset(folder)
    with np.load(folder / "mesh.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(folder / "mesh.npz", **arrays | QUADS | changes)
    return folder


def test_faces_that_are_no_triangles_are_read(tmp_path):
    mesh = read_asset(with_faces(tmp_path)).meshes
    assert mesh.polygons.corners.tolist() == [0, 2, 1, 3] and mesh.frame(1).polygons.counts.tolist() == [4]
    assert read_asset(write_fixed_asset(tmp_path / "plain")).meshes.polygons is None


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"counts": np.array([3], np.int32)}, "corners don't add up"),
        ({"counts": np.array([2, 2], np.int32)}, "corners don't add up"),
        ({"corners": np.array([0, 2, 1, 6], np.int32)}, "point outside its 6 vertices"),
        ({"corner_uv": np.zeros((3, 2), np.float32)}, "polygons of the wrong kind"),
    ],
)
def test_wrong_faces_are_refused(tmp_path, arrays, said):
    with pytest.raises(AssetError, match=said):
        read_asset(with_faces(tmp_path, **arrays))
