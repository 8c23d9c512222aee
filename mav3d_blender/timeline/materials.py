"""Materials that show a baked albedo in Material Preview, EEVEE and Cycles alike."""

from __future__ import annotations

from pathlib import Path

import bpy


def make_material(name: str, texture: Path, pack: bool) -> bpy.types.Material:
    """A rough, non-metallic surface coloured by `texture` (sRGB). pack: keep the picture inside the .blend."""
    material = bpy.data.materials.new(name)
    if not material.use_nodes:
        material.use_nodes = True
    tree = material.node_tree
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.8
    surface.inputs["Specular IOR Level"].default_value = 0.2
    image = bpy.data.images.load(str(texture), check_existing=False)
    image.name = name
    image.colorspace_settings.name = "sRGB"
    if pack:
        image.pack()
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image, node.location = image, (-320, 280)
    tree.links.new(node.outputs["Color"], surface.inputs["Base Color"])
    return material
