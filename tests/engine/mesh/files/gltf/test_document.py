"""glTF as exporters write it: colours, nodes, and what moves."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from engine.mesh.files.frame import EmptyError, MeshError, RawMesh, checked
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence
from tests.engine.mesh.files.gltf_files import TRIANGLE, Maker, triangle

# Linear half and the sRGB that it is.
HALF, HALF_SRGB = 0.5, 0.7354


def read(maker: Maker, folder) -> RawMesh:
    return read_mesh(maker.write(folder / "mesh.glb"), "Frame 1")


def coloured(maker: Maker, **material) -> Maker:
    maker.root["materials"] = [{"pbrMetallicRoughness": material}]
    maker.root["meshes"][0]["primitives"][0]["material"] = 0
    return maker


def corners(mesh: RawMesh) -> np.ndarray:
    return mesh.vertices[mesh.triangles[0]]


def test_y_up_becomes_z_up(tmp_path):
    assert corners(read(triangle(), tmp_path)).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]


def test_a_materials_factor_is_linear(tmp_path):
    mesh = read(coloured(triangle(), baseColorFactor=[HALF, 0, 1, 1]), tmp_path)
    assert mesh.paint.at(np.array([0]), np.full((1, 3), 1 / 3))[0] == pytest.approx([HALF_SRGB, 0, 1], abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [("float32", HALF, {}), ("uint16", 32768, {"normalized": True}), ("uint8", 128, {"normalized": True})],
)
def test_vertex_colours_are_linear_and_multiply_the_factor(tmp_path, kind, value, more):
    maker = coloured(triangle(), baseColorFactor=[1, HALF, 1, 1])
    colours = [[value, 2 * value - (kind != "float32"), 0, value]] * 3
    maker.root["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = maker.add(colours, kind, **more)
    found = read(maker, tmp_path).paint.at(np.array([0]), np.full((1, 3), 1 / 3))[0]
    assert found == pytest.approx([HALF_SRGB, HALF_SRGB, 0], abs=3e-3)


def test_a_picture_is_moved_tinted_and_read_from_its_top_left(tmp_path):
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2, 2:] = [255, 255, 0]
    Image.fromarray(picture).save(tmp_path / "skin.png")
    moved = {"KHR_texture_transform": {"offset": [0.5, 0], "scale": [0.5, 0.5]}}
    maker = coloured(triangle(), baseColorTexture={"index": 0, "extensions": moved}, baseColorFactor=[1, 0, 1, 1])
    maker.root |= {"textures": [{"source": 0}], "images": [{"uri": "skin.png"}]}
    uv = maker.add([[0.5, 0.5]] * 3)
    maker.root["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = uv
    # (0.5, 0.5) lands at (0.75, 0.25), the yellow quarter; the factor takes its green.
    assert read(maker, tmp_path).paint.at(np.array([0]), np.full((1, 3), 1 / 3))[0] == pytest.approx([1, 0, 0])


def test_a_missing_picture_leaves_the_factor_and_is_said(tmp_path):
    maker = coloured(triangle(), baseColorTexture={"index": 0}, baseColorFactor=[1, 0, 0, 1])
    maker.root |= {"textures": [{"source": 0}], "images": [{"uri": "skin.png"}]}
    maker.root["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = maker.add([[0.5, 0.5]] * 3)
    mesh = read(maker, tmp_path)
    assert mesh.losses == ("the picture skin.png is missing, its material's plain color is used",)
    assert mesh.paint.tint[0, 0] == pytest.approx([1, 0, 0])


@pytest.mark.parametrize(
    ("material", "said"),
    [
        ({"emissiveFactor": [1, 0, 0]}, "the light that a material gives off is left out"),
        ({"emissiveFactor": [0, 0, 0], "alphaMode": "OPAQUE"}, None),
        ({"alphaMode": "BLEND"}, "the transparency of a material is left out"),
        (
            {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "texCoord": 1}}},
            "a texture has no texture coordinates to lie by and is left out",
        ),
    ],
)
def test_looks_that_are_left_out_are_said(tmp_path, material, said):
    Image.new("RGB", (4, 4), (0, 0, 255)).save(tmp_path / "skin.png")
    maker = coloured(triangle())
    maker.root |= {"materials": [material], "textures": [{"source": 0}], "images": [{"uri": "skin.png"}]}
    assert read(maker, tmp_path).losses == ((said,) if said else ())


def test_a_picture_inside_is_called_by_its_number(tmp_path):
    maker = coloured(triangle(), baseColorTexture={"index": 0})
    maker.root |= {"textures": [{"source": 0}], "images": [{"uri": "data:image/png;base64,AAAA"}]}
    maker.root["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = maker.add([[0.5, 0.5]] * 3)
    (loss,) = read(maker, tmp_path).losses
    assert loss.startswith("the picture number 0 can't be read (it is damaged or of a kind not known here: save it as PNG)")


def test_an_older_gltf_is_named(tmp_path):
    (tmp_path / "mesh.glb").write_bytes(b"glTF\1\0\0\0" + b"\0" * 20)
    with pytest.raises(MeshError, match="^Frame 1 is glTF 1: export it as glTF 2.0.$"):
        read_mesh(tmp_path / "mesh.glb", "Frame 1")


def test_nodes_place_turn_scale_and_mirror(tmp_path):
    half = 0.5**0.5
    nodes = [
        {"children": [1], "translation": [10, 0, 0], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": [0, 0, half, half]},
        {"mesh": 0, "matrix": [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 7, 1]},
    ]
    mesh = read(triangle(nodes=nodes, scenes=[{"nodes": [0, 2]}], scene=0), tmp_path)
    # A quarter turn about the axis towards the viewer takes X to up and up to -X.
    assert mesh.vertices[:3] == pytest.approx(np.array([[10, 0, 0], [10, 0, 2], [8, 0, 0]]), abs=1e-6)
    assert mesh.vertices[3:] == pytest.approx(np.array([[0, -7, 0], [-1, -7, 0], [0, -7, 1]]), abs=1e-6)
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]] for corner in range(3))
    # Both still face the viewer.
    assert (np.cross(b - a, c - a)[:, 1] < 0).all()


@pytest.mark.parametrize(("mode", "order"), [(5, [0, 1, 2, 3]), (6, [0, 1, 3, 2])])
def test_strips_and_fans_are_triangles(tmp_path, mode, order):
    maker = Maker(nodes=[{"mesh": 0}])
    points = maker.add([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    maker.root["meshes"] = [
        {"primitives": [{"attributes": {"POSITION": points}, "indices": maker.add(order, "uint8"), "mode": mode}]}
    ]
    mesh = read(maker, tmp_path)
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]] for corner in range(3))
    assert np.cross(b - a, c - a) == pytest.approx(np.array([[0, -1, 0], [0, -1, 0]]))


def test_a_gltf_with_its_data_inside_and_beside(tmp_path):
    maker = triangle()
    maker.write(tmp_path / "mesh.glb")
    (tmp_path / "my data.bin").write_bytes(maker.content)
    for uri in ("my%20data.bin", "data:application/octet-stream;base64," + base64.b64encode(maker.content).decode()):
        maker.root["buffers"] = [{"uri": uri, "byteLength": len(maker.content)}]
        (tmp_path / "mesh.gltf").write_text(json.dumps(maker.root))
        assert corners(read_mesh(tmp_path / "mesh.gltf", "Frame 1")).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    maker.root["buffers"][0]["uri"] = "gone.bin"
    (tmp_path / "mesh.gltf").write_text(json.dumps(maker.root))
    with pytest.raises(MeshError, match="needs the file gone.bin, which is missing"):
        read_mesh(tmp_path / "mesh.gltf", "Frame 1")


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ("KHR_draco_mesh_compression", "compressed with Draco, .* in Blender's glTF export switch Data > Compression off"),
        ("EXT_meshopt_compression", "compressed with meshopt, .* run gltfpack without -c"),
        ("ACME_own_thing", "needs ACME_own_thing"),
    ],
)
def test_what_cannot_be_unpacked_is_named(tmp_path, extension, said):
    with pytest.raises(MeshError, match=said) as caught:
        read(triangle(extensionsUsed=[extension], extensionsRequired=[extension]), tmp_path)
    assert "\n" not in str(caught.value)


def test_compressed_files_with_their_plain_values_beside_are_read(tmp_path):
    draco, meshopt = "KHR_draco_mesh_compression", "EXT_meshopt_compression"
    maker = triangle(extensionsUsed=[draco, meshopt])
    primitive = maker.root["meshes"][0]["primitives"][0]
    primitive["extensions"] = {draco: {"bufferView": 0, "attributes": {"POSITION": 0}}}
    assert corners(read(maker, tmp_path)).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    plain = maker.root["accessors"][0].pop("bufferView")
    with pytest.raises(MeshError, match="compressed with Draco"):
        read(maker, tmp_path)
    maker.root["accessors"][0]["bufferView"] = plain
    maker.root["bufferViews"][0]["buffer"] = 1
    path = tmp_path / "mesh.gltf"
    path.write_text(json.dumps(maker.root | {"buffers": [{}, {"byteLength": 36, "extensions": {meshopt: {"fallback": True}}}]}))
    with pytest.raises(MeshError, match="compressed with meshopt"):
        read_mesh(path, "Frame 1")


def test_instances_are_meshes_of_their_own(tmp_path):
    half = 0.5**0.5
    maker = triangle(extensionsRequired=["EXT_mesh_gpu_instancing"])
    attributes = {
        "TRANSLATION": maker.add([[0, 0, 0], [5, 0, 0], [0, 0, -3]]),
        "ROTATION": maker.add([[0, 0, 0, 1], [0, 0, half, half], [0, 0, 0, 1]]),
        "SCALE": maker.add([[1, 1, 1], [2, 2, 2], [-1, 1, 1]]),
    }
    maker.root["nodes"] = [{"mesh": 0, "translation": [10, 0, 0], "extensions": {"EXT_mesh_gpu_instancing":
                                                                                 {"attributes": attributes}}}]  # fmt: skip
    mesh = read(coloured(maker, baseColorFactor=[1, 0, 0, 1]), tmp_path)
    expected = [[10, 0, 0], [11, 0, 0], [10, 0, 1], [15, 0, 0], [15, 0, 2], [13, 0, 0], [10, 3, 0], [9, 3, 0], [10, 3, 1]]
    assert mesh.vertices == pytest.approx(np.array(expected), abs=1e-6)
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]] for corner in range(3))
    assert (np.cross(b - a, c - a)[:, 1] < 0).all() and mesh.paint.tint[2, 0] == pytest.approx([1, 0, 0])
    maker.move(0, "translation", [0.0, 0.1], [[0, 0, 0], [1, 0, 0]])
    first, last = read_sequence([maker.write(tmp_path / "mesh.glb")]).frames
    assert last.vertices - first.vertices == pytest.approx(np.tile([1, 0, 0], (9, 1)), abs=1e-6)


def test_a_picture_in_several_forms_is_read_in_any_that_can_be(tmp_path):
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "skin.png")
    (tmp_path / "skin.ktx2").write_bytes(b"\xabKTX 20\xbb\r\n\x1a\n" + b"\0" * 60)
    maker = coloured(triangle(extensionsRequired=["KHR_texture_basisu"]), baseColorTexture={"index": 0})
    maker.root["images"] = [{"uri": "skin.ktx2"}, {"uri": "skin.png"}]
    maker.root["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = maker.add([[0.5, 0.5]] * 3)
    maker.root["textures"] = [{"source": 1, "extensions": {"KHR_texture_basisu": {"source": 0}}}]
    mesh = read(maker, tmp_path)
    assert (mesh.paint.images[0] == [255, 0, 0]).all() and not mesh.losses
    del maker.root["textures"][0]["source"]
    (loss,) = read(maker, tmp_path).losses
    assert "skin.ktx2 is KTX2 (Basis Universal)" in loss and "in Blender's glTF export set Images to Automatic" in loss


def test_what_is_damaged_is_named_and_where(tmp_path):
    maker = triangle()
    maker.root["accessors"][0]["count"] = 9
    with pytest.raises(MeshError, match="in its accessor 0, 9 values need 108 bytes of buffer view 0, which has 36"):
        read(maker, tmp_path)
    maker.root["accessors"][0] |= {"count": 3, "type": "VEC9"}
    with pytest.raises(MeshError, match="in its accessor 0, VEC9 is missing or unknown"):
        read(maker, tmp_path)
    path = triangle().write(tmp_path / "mesh.glb")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(MeshError, match=r"it ends after \d+ of its \d+ bytes"):
        read_mesh(path, "Frame 1")
    (tmp_path / "mesh.gltf").write_text('{"asset":\n {"version": }}')
    with pytest.raises(MeshError, match="its JSON is damaged at line 2, column 14"):
        read_mesh(tmp_path / "mesh.gltf", "Frame 1")


@pytest.mark.parametrize(
    "damage",
    [
        {"nodes": [{"mesh": 5}]},
        {"nodes": [{"mesh": "0"}]},
        {"nodes": [{"mesh": 0, "children": [0]}], "scenes": [{"nodes": [0]}]},
        {"nodes": [{"mesh": 0, "translation": [1, 2]}]},
        {"nodes": [{"mesh": 0, "scale": [1, "x", 2]}]},
        {"scenes": [{"nodes": [0]}], "scene": -1},
        {"nodes": {}},
        {"asset": {"version": "1.0"}},
        {"bufferViews": []},
        {"accessors": [{"bufferView": 0, "componentType": 5126, "count": 10**9, "type": "VEC3"}]},
        {"accessors": [{"bufferView": 0, "componentType": 5126, "count": -3, "type": "VEC3"}]},
        {"accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC2"}]},
    ],
)
def test_a_damaged_document_is_one_sentence(tmp_path, damage):
    maker = triangle()
    maker.root |= damage
    with pytest.raises(MeshError) as caught:
        read(maker, tmp_path)
    assert "\n" not in str(caught.value) and not isinstance(caught.value, EmptyError)


def test_lines_and_points_are_no_surface(tmp_path):
    maker = triangle()
    maker.root["meshes"][0]["primitives"][0]["mode"] = 1
    with pytest.raises(EmptyError):
        checked(tmp_path / "mesh.glb", "Frame 1", read(maker, tmp_path))


def tops(sequence) -> list[list[float]]:
    """Where the corner is that was at the top, over the frames."""
    return [frame.vertices[frame.vertices[:, 2].argmax()].round(5).tolist() for frame in sequence.frames]


def test_moving_nodes_are_sampled_at_their_own_times(tmp_path):
    maker = triangle()
    maker.move(0, "translation", [1.0, 1.04, 1.08], [[0, 0, 0], [1, 0, 0], [1, 0, 2]])
    sequence = read_sequence([maker.write(tmp_path / "mesh.glb")])
    assert sequence.fps == 25 and tops(sequence) == [[0, 0, 1], [1, 0, 1], [1, -2, 1]]
    assert sequence.notes[0] == "mesh.glb: the animation move, 3 frames at 25 a second."


def test_keys_far_apart_are_filled_at_the_rate_asked_for(tmp_path):
    maker = triangle()
    maker.move(0, "translation", [0.0, 1.0], [[0, 0, 0], [4, 0, 0]])
    path = maker.write(tmp_path / "mesh.glb")
    assert [place[0] for place in tops(read_sequence([path], fps=4))] == [0, 1, 2, 3, 4]
    assert len(read_sequence([path]).frames) == 13 and read_sequence([path]).fps == 12


@pytest.mark.parametrize(
    ("way", "values", "half"),
    [
        ("STEP", [[0, 0, 0], [4, 0, 0]], 0),
        ("LINEAR", [[0, 0, 0], [4, 0, 0]], 2),
        # Hermite with a tangent of 8 a second at the start: half of 4 and an eighth of 8.
        ("CUBICSPLINE", [[0, 0, 0], [0, 0, 0], [8, 0, 0], [0, 0, 0], [4, 0, 0], [0, 0, 0]], 3),
    ],
)
def test_every_way_between_keys(tmp_path, way, values, half):
    maker = triangle()
    maker.move(0, "translation", [0.0, 1.0], values, way)
    assert [place[0] for place in tops(read_sequence([maker.write(tmp_path / "mesh.glb")], fps=2))] == [0, half, 4]


def test_a_turn_goes_the_shorter_way(tmp_path):
    half = 0.5**0.5
    maker = triangle()
    maker.move(0, "rotation", [0.0, 1.0], [[0, 0, 0, 1], [0, 0, -half, -half]])
    frame = read_sequence([maker.write(tmp_path / "mesh.glb")], fps=2).frames[1]
    assert frame.vertices[:, 2].max() == pytest.approx(half) and frame.vertices[:, 0].min() == pytest.approx(-half)


@pytest.mark.parametrize("sparse", [True, False])
def test_morph_targets_move(tmp_path, sparse):
    maker = triangle()
    up = np.array([[0, 0, 0], [0, 0, 0], [0, 3, 0]], np.float32)
    if sparse:
        changed = {"indices": {"bufferView": maker.view(b"\2"), "componentType": 5121}, "count": 1}
        changed["values"] = {"bufferView": maker.view(up[2].tobytes())}
        maker.root["accessors"].append({"componentType": 5126, "count": 3, "type": "VEC3", "sparse": changed})
    target = len(maker.root["accessors"]) - 1 if sparse else maker.add(up)
    maker.root["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": target}]
    maker.root["meshes"][0]["weights"] = [1.0]
    assert read(maker, tmp_path).vertices[:, 2].max() == 4
    maker.move(0, "weights", [0.0, 0.1], [0.0, 0.5])
    assert [place[2] for place in tops(read_sequence([maker.write(tmp_path / "mesh.glb")]))] == [1, 2.5]


def test_a_skin_bends(tmp_path):
    # The lower corners hold to a joint at rest, the upper one to a joint at height 1 that turns by a quarter towards +X.
    half = 0.5**0.5
    nodes = [{"mesh": 0, "skin": 0, "translation": [50, 0, 0]}, {"children": [2]}, {"translation": [0, 1, 0]}]
    maker = triangle(nodes=nodes)
    maker.root["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = maker.add(TRIANGLE * [1, 2, 1])
    shift = np.eye(4)
    shift[1, 3] = -1
    inverse = maker.add(np.stack([np.eye(4).T, shift.T]).reshape(2, 16))
    maker.root["skins"] = [{"joints": [1, 2], "inverseBindMatrices": inverse}]
    attributes = maker.root["meshes"][0]["primitives"][0]["attributes"]
    attributes["JOINTS_0"] = maker.add([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]], "uint8")
    attributes["WEIGHTS_0"] = maker.add([[1, 0, 0, 0]] * 3)
    maker.move(2, "rotation", [0.0, 0.1], [[0, 0, 0, 1], [0, 0, -half, half]])
    first, last = read_sequence([maker.write(tmp_path / "mesh.glb")]).frames
    # A skinned mesh's own node does not place it.
    assert first.vertices[:, [0, 2]].round(5).tolist() == [[0, 0], [1, 0], [0, 2]]
    assert last.vertices[:, [0, 2]].round(5).tolist() == [[0, 0], [1, 0], [1, 1]]


def test_animations_of_different_nodes_play_together_and_others_are_a_choice(tmp_path):
    maker = triangle(nodes=[{"mesh": 0}, {"mesh": 0}])
    maker.move(0, "translation", [0.0, 0.1], [[0, 0, 0], [2, 0, 0]], name="one")
    maker.move(1, "translation", [0.0, 0.1], [[0, 5, 0], [0, 6, 0]], name="two")
    frames = read_sequence([maker.write(tmp_path / "mesh.glb")]).frames
    assert frames[1].vertices[:, 0].max() == 3 and frames[1].vertices[:, 2].max() == 7
    maker.move(1, "translation", [0.0, 0.1], [[0, 5, 0], [0, 9, 0]], name="three")
    path = maker.write(tmp_path / "mesh.glb")
    sequence = read_sequence([path])
    assert "mesh.glb has 3 animations (one, two, three): one is taken." in sequence.notes
    assert read_sequence([path], animation="three").frames[1].vertices[:, 2].max() == 10
    with pytest.raises(MeshError, match="no animation 'four': choose one of one, two, three"):
        read_sequence([path], animation="four")


def test_what_does_not_move_or_not_long_enough_is_said(tmp_path):
    with pytest.raises(MeshError, match="mesh.glb has no animation"):
        read_sequence([triangle().write(tmp_path / "mesh.glb")])
    maker = triangle()
    maker.move(0, "translation", [1.0], [[0, 0, 0]])
    with pytest.raises(MeshError, match="a single moment"):
        read_sequence([maker.write(tmp_path / "mesh.glb")])
    maker = triangle()
    maker.move(0, "translation", [0.0, 1e6], [[0, 0, 0], [1, 0, 0]])
    with pytest.raises(MeshError, match="more than 2000 frames"):
        read_sequence([maker.write(tmp_path / "mesh.glb")])
    maker = triangle()
    maker.move(0, "translation", [0.1, 0.0], [[0, 0, 0], [1, 0, 0]])
    with pytest.raises(MeshError, match="times do not rise"):
        read_sequence([maker.write(tmp_path / "mesh.glb")])


def test_what_shrinks_to_nothing_can_be_skipped_or_held(tmp_path):
    maker = triangle()
    maker.move(0, "scale", [0.0, 0.1, 0.2], [[0, 0, 0], [1, 1, 1], [2, 2, 2]])
    path = maker.write(tmp_path / "mesh.glb")
    # It is a mesh all the same, but nothing that could be followed.
    assert read_sequence([path]).clip_frames == 3
    with pytest.raises(EmptyError, match="Frame 1 .*skipped or held"):
        read_sequence([path], share=False)
    assert read_sequence([path], empty="skip", share=False).clip_frames == 2
    assert read_sequence([path], empty="hold", share=False).clip_frames == 3


def test_moving_files_in_a_list_are_taken_as_they_stand_and_said(tmp_path):
    maker = triangle()
    maker.move(0, "translation", [0.0, 0.1], [[0, 0, 0], [1, 0, 0]])
    paths = [maker.write(tmp_path / f"f_{number}.glb") for number in (1, 2)]
    assert "its animation is left out" in read_sequence(paths).notes[-1]
