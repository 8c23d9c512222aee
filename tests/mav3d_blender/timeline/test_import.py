"""Asset folders into Blender, checked on the evaluated scene. The assets are made here, by hand."""

import hashlib
import json
import math
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np
import pytest

from mav3d_blender.timeline import import_asset
from mav3d_blender.timeline.asset import AssetError, read_asset

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float32)
FACES = np.array(
    [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32
)  # fmt: skip
FRAMES = 12


def write_asset(folder: Path, count: int = FRAMES, **changes) -> Path:
    """An octahedron that grows by a tenth a frame; every other frame lacks its lowest faces."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        faces = FACES if number % 2 else FACES[:4]
        uv = np.tile(np.array([[0, 0], [1, 0], [0, 1]], np.float32), (len(faces), 1, 1))
        np.savez(folder / f"frame_{number:04d}.npz", vertices=OCTAHEDRON * (1 + number / 10), triangles=faces, uv=uv)
        imageio.imwrite(folder / f"albedo_{number:04d}.png", np.full((8, 8, 3), (80 + 14 * number, 0, 0), np.uint8))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    about = {"format": 1, "prompt": "an octahedron growing", "seed": 1, "preset": "primitives", "quality": "draft",
             "models": {}, "engine": "test", "job": "test", "fps": 12, "frames": count, "loop": True,
             "topology": "per-frame", "texture": "per-frame", "metrics": {}, "files": files}  # fmt: skip
    (folder / "asset.json").write_text(json.dumps(about | changes))
    return folder


@pytest.fixture
def scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def evaluated(scene: bpy.types.Scene, host: bpy.types.Object, frame: int) -> tuple[int, float, str]:
    """Faces, extent along X and material of what is seen at a frame."""
    scene.frame_set(frame)
    mesh = host.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.array([vertex.co for vertex in mesh.vertices])
    return len(mesh.polygons), float(np.ptp(points[:, 0])), mesh.materials[mesh.polygons[0].material_index].name


def test_each_frame_shows_its_own_mesh_and_material(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path / "asset"), scene, start=5)
    assert (imported.first_frame, imported.last_frame) == (5, 16)
    materials = set()
    for number in range(1, FRAMES + 1):
        faces, extent, material = evaluated(scene, imported.object, 4 + number)
        assert faces == (8 if number % 2 else 4)
        assert extent == pytest.approx(2 * (1 + number / 10), rel=1e-5)
        materials.add(material)
    assert len(materials) == FRAMES


def test_the_ends_are_held(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path / "asset"), scene, start=5)
    assert evaluated(scene, imported.object, -20) == evaluated(scene, imported.object, 5)
    assert evaluated(scene, imported.object, 300) == evaluated(scene, imported.object, 16)


def test_one_object_is_in_the_scene_and_the_frames_are_out_of_it(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path / "asset"), scene)
    assert [item.name for item in scene.objects] == ["an octahedron growing"]
    assert list(imported.collection.objects) == [imported.object]
    assert len(bpy.data.collections["an octahedron growing frames"].objects) == FRAMES


def test_range_and_rate_are_changed_only_when_asked(scene, tmp_path):
    folder = write_asset(tmp_path / "asset")
    before = (scene.frame_start, scene.frame_end, scene.render.fps)
    import_asset(folder, scene)
    assert (scene.frame_start, scene.frame_end, scene.render.fps) == before
    import_asset(folder, scene, start=3, match_frame_range=True, match_fps=True)
    assert (scene.frame_start, scene.frame_end, scene.render.fps) == (3, 14, 12)


def test_the_result_survives_saving(scene, tmp_path):
    import_asset(write_asset(tmp_path / "asset"), scene)
    expected = [evaluated(scene, scene.objects[0], frame) for frame in (1, 7, 12)]
    path = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    for file in (tmp_path / "asset").iterdir():
        file.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    assert [evaluated(scene, scene.objects[0], frame) for frame in (1, 7, 12)] == expected
    assert all(image.packed_file for image in bpy.data.images if image.source == "FILE")


def test_cycles_renders_the_texture_of_the_frame(scene, tmp_path):
    import_asset(write_asset(tmp_path / "asset"), scene)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -9, 0), (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    next(n for n in world.node_tree.nodes if n.type == "BACKGROUND").inputs["Color"].default_value = (1, 1, 1, 1)
    scene.world = world
    scene.render.engine, scene.cycles.samples = "CYCLES", 4
    scene.view_settings.view_transform = "Standard"
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = 24
    reds = []
    for frame in (1, 11):
        scene.frame_set(frame)
        scene.render.filepath = str(tmp_path / f"{frame}.png")
        bpy.ops.render.render(write_still=True)
        picture = imageio.imread(tmp_path / f"{frame}.png")
        solid = picture[picture[..., 3] == 255]
        assert solid[:, 0].mean() > 2 * solid[:, 1].mean()
        reds.append(solid[:, 0].mean())
    assert reds[1] > 1.6 * reds[0]


def test_a_folder_that_is_no_asset_is_refused(tmp_path):
    with pytest.raises(AssetError, match="asset.json is missing"):
        read_asset(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format"),
        ({"frames": 10**6}, "frames"),
        ({"fps": 0}, "fps"),
        ({"topology": "fluid"}, "topology"),
        ({"prompt": None}, "prompt"),
    ],
)
def test_a_wrong_asset_json_is_refused(tmp_path, changes, said):
    with pytest.raises(AssetError, match=said):
        read_asset(write_asset(tmp_path / "asset", 1, **changes))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"vertices": OCTAHEDRON.astype(np.float64)}, "vertices"),
        ({"vertices": OCTAHEDRON * np.nan}, "not finite"),
        ({"triangles": FACES + 1}, "outside its 6"),
        ({"triangles": FACES[:0]}, "triangles"),
        ({"uv": np.zeros((3, 3, 2), np.float32)}, "uv"),
    ],
)
def test_a_wrong_mesh_is_refused_before_anything_is_added(scene, tmp_path, arrays, said):
    folder = write_asset(tmp_path / "asset", 2)
    right = {"vertices": OCTAHEDRON, "triangles": FACES, "uv": np.zeros((8, 3, 2), np.float32)}
    np.savez(folder / "frame_0002.npz", **(right | arrays))
    with pytest.raises(AssetError, match=said):
        import_asset(folder, scene)
    assert not bpy.data.meshes and not scene.objects


def test_pickled_arrays_are_never_opened(tmp_path):
    folder = write_asset(tmp_path / "asset", 1)
    np.savez(folder / "frame_0001.npz", vertices=np.array([{"a": 1}], object), triangles=FACES, uv=np.zeros((8, 3, 2)))
    with pytest.raises(AssetError, match="can't be read"):
        read_asset(folder)


def test_a_missing_texture_is_named(tmp_path):
    folder = write_asset(tmp_path / "asset", 2)
    (folder / "albedo_0002.png").unlink()
    with pytest.raises(AssetError, match="albedo_0002.png is missing"):
        read_asset(folder)
