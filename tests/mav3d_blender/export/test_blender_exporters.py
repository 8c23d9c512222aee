"""glTF, USD and Alembic: written by Blender's exporters, read into an empty scene again, and compared frame by frame."""

import json
import shutil
import struct
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np
import pytest

from mav3d_blender.timeline import import_asset
from tests.mav3d_blender.timeline.assets import (
    FACES,
    FRAMES,
    UV,
    moving_octahedron,
    shown_mesh,
    shown_points,
    write_fixed_asset,
)

START = 5
# Debian's Blender has neither.
USD = pytest.mark.skipif(not bpy.app.build_options.usd, reason="this Blender is built without USD")
ALEMBIC = pytest.mark.skipif(not bpy.app.build_options.alembic, reason="this Blender is built without Alembic")


def write_glb(path: Path) -> Path:
    bpy.ops.export_scene.gltf(filepath=str(path.with_suffix(".glb")))
    return path.with_suffix(".glb")


def write_usd(path: Path) -> Path:
    bpy.ops.wm.usd_export(filepath=str(path.with_suffix(".usdc")), export_animation=True)
    return path.with_suffix(".usdc")


def write_alembic(path: Path) -> Path:
    bpy.ops.wm.alembic_export(filepath=str(path.with_suffix(".abc")), start=START, end=START + FRAMES - 1)
    return path.with_suffix(".abc")


def read(path: Path) -> bpy.types.Object:
    """Into an empty scene of the asset's rate; the mesh object."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 12
    operators = {".glb": bpy.ops.import_scene.gltf, ".usdc": bpy.ops.wm.usd_import, ".abc": bpy.ops.wm.alembic_import}
    operators[path.suffix](filepath=str(path))
    (host,) = (item for item in bpy.context.scene.objects if item.type == "MESH")
    return host


@pytest.mark.parametrize("texture", ["one", "per-frame"])
@pytest.mark.parametrize("write", [write_glb, pytest.param(write_usd, marks=USD), pytest.param(write_alembic, marks=ALEMBIC)])
def test_motion_comes_back_frame_by_frame(scene, tmp_path, write, texture):
    """Formats may split vertices at seams; each is known by its place in the first frame, and has to move as that one does."""
    folder = write_fixed_asset(tmp_path / "asset", texture=texture)
    import_asset(folder, scene, start=START, match_frame_range=True, match_fps=True)
    host = read(write(tmp_path / "exported"))
    scene = bpy.context.scene
    positions = moving_octahedron()
    first = world_points(scene, host, START)
    distance = np.linalg.norm(first[:, None] - positions[0], axis=-1)
    which = distance.argmin(1)
    assert distance.min(1).max() < 1e-5 and set(which) == set(range(6))
    for index in range(FRAMES):
        np.testing.assert_allclose(world_points(scene, host, START + index), positions[index][which], atol=1e-5)
    mesh = shown_mesh(scene, host, START)
    faces = {frozenset(which[list(face.vertices)]) for face in mesh.polygons}
    assert faces == {frozenset(face) for face in FACES}


def test_gltf_has_exact_morph_targets_weights_and_the_first_texture(scene, tmp_path):
    folder = write_fixed_asset(tmp_path / "asset", texture="per-frame")
    import_asset(folder, scene, start=START, match_frame_range=True, match_fps=True)
    shutil.rmtree(folder)
    document, arrays, views = open_glb(write_glb(tmp_path / "exported"))
    (mesh,), (animation,) = document["meshes"], document["animations"]
    (primitive,), (channel,) = mesh["primitives"], animation["channels"]
    sampler = animation["samplers"][channel["sampler"]]
    assert (channel["target"]["path"], sampler["interpolation"]) == ("weights", "LINEAR")
    np.testing.assert_allclose(arrays[sampler["input"]].ravel(), (START + np.arange(FRAMES)) / 12, rtol=1e-6)
    np.testing.assert_array_equal(arrays[sampler["output"]].reshape(FRAMES, FRAMES), np.eye(FRAMES))
    # glTF has Y up: (x, y, z) of Blender is (x, z, -y) there.
    positions = moving_octahedron()[..., [0, 2, 1]] * np.float32([1, 1, -1])
    base = arrays[primitive["attributes"]["POSITION"]]
    which = np.linalg.norm(base[:, None] - positions[0], axis=-1).argmin(1)
    np.testing.assert_array_equal(base, positions[0][which])
    assert len(primitive["targets"]) == FRAMES
    for target, expected in zip(primitive["targets"], positions - positions[0], strict=True):
        np.testing.assert_allclose(arrays[target["POSITION"]], expected[which], atol=1e-6)
    assert [material["name"] for material in document["materials"]] == ["an octahedron growing 0001"]
    colour = document["materials"][primitive["material"]]["pbrMetallicRoughness"]["baseColorTexture"]
    image = document["images"][document["textures"][colour["index"]]["source"]]
    assert (imageio.imread(views[image["bufferView"]]) == (94, 0, 0)).all()


def test_uvs_come_back_from_gltf(scene, tmp_path):
    import_asset(write_fixed_asset(tmp_path / "asset"), scene)
    mesh = read(write_glb(tmp_path / "exported")).data
    read_back = np.float32([item.vector for item in mesh.uv_layers.active.uv])
    expected = np.unique(UV.reshape(-1, 2).round(4), axis=0)
    np.testing.assert_allclose(np.unique(read_back.round(4), axis=0), expected, atol=1e-5)


def world_points(scene: bpy.types.Scene, host: bpy.types.Object, frame: int) -> np.ndarray:
    points = shown_points(scene, host, frame)
    matrix = np.array(host.matrix_world)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def open_glb(path: Path) -> tuple[dict, list[np.ndarray], list[bytes]]:
    """The JSON, all accessors of floats [count, components] (one without data is zeros, as glTF has it), and the raw views."""
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    start = 28 + length
    views = []
    for view in document["bufferViews"]:
        at = start + view.get("byteOffset", 0)
        views.append(data[at : at + view["byteLength"]])
    arrays = []
    for accessor in document["accessors"]:
        assert "sparse" not in accessor
        shape = accessor["count"], {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        if accessor["componentType"] == 5126 and "bufferView" in accessor:
            arrays.append(np.frombuffer(views[accessor["bufferView"]], np.float32).reshape(shape))
        else:
            arrays.append(np.zeros(shape, np.float32))
    return document, arrays, views
