"""Materials that show a baked albedo in Material Preview, EEVEE and Cycles alike."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

# On a picture: it was made for a result.
MADE = "mav3d"
# How far apart nodes are, in the node editor's units.
COLUMN = 320


def make_material(name: str, texture: Path, pack: bool, uv: np.ndarray) -> bpy.types.Material:
    """A rough, non-metallic surface colored by `texture` (sRGB). pack: keep it inside the .blend. uv [triangles, 3, 2]:
    where the surface is in the texture; its mean color is what Solid shading shows."""
    material = bpy.data.materials.new(name)
    if not material.use_nodes:
        material.use_nodes = True
    tree = material.node_tree
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.8
    surface.inputs["Specular IOR Level"].default_value = 0.2
    image = bpy.data.images.load(str(texture), check_existing=False)
    image.name, image[MADE] = name, True
    image.colorspace_settings.name = "sRGB"
    if pack:
        image.pack()
        # Where Unpack puts it: beside the file, and under another name than the next result's.
        image.filepath_raw = f"//textures/{bpy.path.clean_name(image.name)}{texture.suffix}"
        for packed in image.packed_files:
            packed.filepath = image.filepath_raw
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    node.location = (surface.location.x - COLUMN, surface.location.y)
    tree.links.new(node.outputs["Color"], surface.inputs["Base Color"])
    material.diffuse_color = mean_color(image, uv)
    return material


def is_made(node: bpy.types.Node) -> bool:
    """Whether a node shows a picture that was made for a result."""
    return node.type == "TEX_IMAGE" and node.image is not None and MADE in node.image


def mean_color(image: bpy.types.Image, uv: np.ndarray) -> tuple[float, float, float, float]:
    """The mean of an sRGB image over triangles uv [triangles, 3, 2], each counted by its area; linear RGB, and opaque."""
    width, height = image.size
    if not len(uv) or not width * height:
        return (0.8, 0.8, 0.8, 1.0)
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, image.channels)
    across, along = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    areas = np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]) + 1e-12
    middle = np.clip(uv.mean(1), 0, 1 - 1e-6)
    shown = pixels[(middle[:, 1] * height).astype(int), (middle[:, 0] * width).astype(int)]
    shown = shown[:, :3] if image.channels >= 3 else np.repeat(shown[:, :1], 3, 1)
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return (*np.average(linear, axis=0, weights=areas).tolist(), 1.0)
