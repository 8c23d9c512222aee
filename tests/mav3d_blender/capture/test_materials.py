import json

import bpy
import imageio.v3 as imageio
import numpy as np
import pytest

from mav3d_blender.capture.materials import Materials


def material(name: str, base=(1, 1, 1, 1)) -> tuple[bpy.types.Material, bpy.types.NodeSocket]:
    """A material with a Principled shader, and its Base Color."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    shader = next(node for node in made.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = base
    return made, shader.inputs["Base Color"]


def linked(made: bpy.types.Material, entry: bpy.types.NodeSocket, kind: str) -> bpy.types.Node:
    node = made.node_tree.nodes.new(kind)
    made.node_tree.links.new(node.outputs[0], entry)
    return node


def written(folder, *materials: bpy.types.Material | None) -> tuple[list[int], list[dict], list[str]]:
    table = Materials(folder)
    numbers = [table.number_of(each) for each in materials]
    table.write()
    return numbers, json.loads((folder / "materials.json").read_text()), table.notes


def test_a_plain_colour_is_srgb_and_a_material_is_one_number(scene, tmp_path):
    red, _ = material("red", (0.5, 0, 1, 1))
    numbers, entries, notes = written(tmp_path, red, None, red)
    assert numbers == [0, -1, 0] and notes == []
    assert entries == [{"colour": pytest.approx([0.7354, 0, 1], abs=1e-3), "picture": None}]


def test_a_picture_on_disk_is_copied_to_the_last_bit_through_other_nodes(scene, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (8, 16, 3)).astype(np.uint8)
    imageio.imwrite(tmp_path / "skin.png", picture)
    made, entry = material("skin")
    tree = made.node_tree
    bright = linked(made, entry, "ShaderNodeGamma")
    node = linked(made, bright.inputs[0], "ShaderNodeTexImage")
    node.image = bpy.data.images.load(str(tmp_path / "skin.png"))
    assert len(tree.links) == 3
    (tmp_path / "frames").mkdir()
    _, (entry,), notes = written(tmp_path / "frames", made)
    assert (tmp_path / "frames" / entry["picture"]).read_bytes() == (tmp_path / "skin.png").read_bytes() and notes == []
    node.image.pack()
    (tmp_path / "skin.png").unlink()
    (tmp_path / "again").mkdir()
    _, (entry,), _ = written(tmp_path / "again", made)
    assert np.array_equal(imageio.imread(tmp_path / "again" / entry["picture"])[..., :3], picture)


def test_what_blender_has_alone_is_written_as_png(scene, tmp_path):
    image = bpy.data.images.new("painted", 4, 2)
    pixels = np.tile(np.float32([0.2, 0.4, 0.6, 1]), 8)
    pixels[:3] = 1
    image.pixels.foreach_set(pixels)
    made, entry = material("painted")
    linked(made, entry, "ShaderNodeTexImage").image = image
    _, (entry,), _ = written(tmp_path, made)
    found = imageio.imread(tmp_path / entry["picture"])
    # The first pixel is the lowest, left.
    assert found.shape[:2] == (2, 4) and found[1, 0, :3].tolist() == [255] * 3 and found[0, 3, :3].tolist() == [51, 102, 153]
    assert [each.name for each in bpy.data.images] == ["painted"]


def test_vertex_colours_stand_for_themselves(scene, tmp_path):
    made, entry = material("skin")
    linked(made, entry, "ShaderNodeVertexColor")
    assert written(tmp_path, made)[1] == [{"colour": None, "picture": None}]


@pytest.mark.parametrize(
    ("kind", "said"), [("gone", "can't be read"), ("SEQUENCE", "changes over time"), ("noise", "bake it to an image")]
)
def test_what_is_lost_is_said(scene, tmp_path, kind, said):
    made, entry = material("skin", (1, 0, 0, 1))
    node = linked(made, entry, "ShaderNodeTexNoise" if kind == "noise" else "ShaderNodeTexImage")
    if kind != "noise":
        node.image = bpy.data.images.new("skin", 4, 4)
        node.image.source = "SEQUENCE" if kind == "SEQUENCE" else "FILE"
        node.image.filepath = str(tmp_path / "gone.png")
    _, entries, (note,) = written(tmp_path, made)
    assert entries == [{"colour": pytest.approx([1, 0, 0]), "picture": None}] and said in note and "skin" in note
