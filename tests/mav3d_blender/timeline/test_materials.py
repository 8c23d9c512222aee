import bpy
import imageio.v3 as imageio
import numpy as np
import pytest

from mav3d_blender.timeline.materials import make_material

UV = np.float32([[[0, 0], [1, 0], [0, 1]]])


@pytest.fixture
def texture(tmp_path):
    imageio.imwrite(tmp_path / "albedo.png", np.full((4, 4, 3), (204, 51, 0), np.uint8))
    return tmp_path / "albedo.png"


def nodes(material: bpy.types.Material, kind: str) -> list[bpy.types.Node]:
    return [node for node in material.node_tree.nodes if node.type == kind]


@pytest.mark.parametrize("pack", [True, False])
def test_the_surface_has_the_colour_of_the_texture(scene, texture, pack):
    material = make_material("octahedron", texture, pack, UV)
    (surface,), (picture,) = nodes(material, "BSDF_PRINCIPLED"), nodes(material, "TEX_IMAGE")
    (link,) = surface.inputs["Base Color"].links
    assert (link.from_node, link.from_socket.name) == (picture, "Color")
    (output,) = nodes(material, "OUTPUT_MATERIAL")
    assert output.inputs["Surface"].links[0].from_node == surface
    assert picture.image.colorspace_settings.name == "sRGB" and bool(picture.image.packed_file) is pack
    assert [round(255 * value) for value in picture.image.pixels[:3]] == [204, 51, 0]


def test_nodes_stand_side_by_side(scene, texture):
    material = make_material("octahedron", texture, False, UV)
    (surface,), (picture,) = nodes(material, "BSDF_PRINCIPLED"), nodes(material, "TEX_IMAGE")
    assert picture.location.x + picture.width < surface.location.x
    assert surface.location.x + surface.width < nodes(material, "OUTPUT_MATERIAL")[0].location.x


def test_solid_shading_shows_the_mean_color_of_the_surface_alone(scene, tmp_path):
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, :2], pixels[:, 2] = (255, 0, 0), (0, 255, 0)
    imageio.imwrite(tmp_path / "albedo.png", pixels)
    # Three quarters of the surface are red, one is green; the black column is in no triangle.
    red, green = [[0, 0], [0.5, 0], [0.2, 0.6]], [[0.5, 0], [0.74, 0], [0.6, 1 / 2.4]]
    material = make_material("octahedron", tmp_path / "albedo.png", False, np.float32([red, green]))
    assert material.diffuse_color[:] == pytest.approx((0.75, 0.25, 0, 1), abs=0.01)
    gray = np.full((4, 4, 3), 188, np.uint8)
    imageio.imwrite(tmp_path / "gray.png", gray)
    assert make_material("gray", tmp_path / "gray.png", True, UV).diffuse_color[0] == pytest.approx(0.5, abs=0.01)


def test_it_is_rough_and_no_metal(scene, texture):
    (surface,) = nodes(make_material("octahedron", texture, False, UV), "BSDF_PRINCIPLED")
    values = {name: surface.inputs[name].default_value for name in ("Roughness", "Specular IOR Level", "Metallic")}
    assert values == pytest.approx({"Roughness": 0.8, "Specular IOR Level": 0.2, "Metallic": 0.0})


def test_two_materials_of_one_file_have_pictures_of_their_own(scene, texture):
    first, second = (nodes(make_material("octahedron", texture, True, UV), "TEX_IMAGE")[0].image for _ in range(2))
    assert first != second and (first.name, second.name) == ("octahedron", "octahedron.001")


def test_a_texture_that_is_not_there_is_an_error(scene, tmp_path):
    with pytest.raises(RuntimeError, match="none.png"):
        make_material("octahedron", tmp_path / "none.png", True, UV)
