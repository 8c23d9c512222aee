"""The colours and pictures of materials, as `contract.track` has them in materials.json."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..common.contract import track

# Kinds of files that are copied as they are; others are written as PNG.
COPIED = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".tga"}
COLOUR_NODES = ("VERTEX_COLOR", "ATTRIBUTE")


class Materials:
    """Numbers the materials of a capture and writes their pictures into `folder`. notes: sentences on what is left out."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.notes = folder, []
        self._numbers: dict[str, int] = {}
        self._entries: list[dict[str, Any]] = []
        self._pictures: dict[str, str | None] = {}

    def number_of(self, material: bpy.types.Material | None) -> int:
        """The number of a material, -1 for none; a new one is looked into."""
        if material is None:
            return -1
        if material.name_full not in self._numbers:
            self._numbers[material.name_full] = len(self._entries)
            self._entries.append(self._entry(material.original))
        return self._numbers[material.name_full]

    def write(self) -> None:
        """Writes materials.json."""
        (self.folder / track.MATERIALS).write_text(json.dumps(self._entries, indent=1), "utf-8")

    def _entry(self, material: bpy.types.Material) -> dict[str, Any]:
        colour: list[float] | None = [_srgb(value) for value in material.diffuse_color[:3]]
        entry = _colour_input(material)
        if entry is None:
            return {"colour": colour, "picture": None}
        colour = [_srgb(value) for value in entry.default_value[:3]]
        for node in _upstream(entry):
            if node.type == "TEX_IMAGE" and node.image is not None:
                return {"colour": colour, "picture": self._picture(node.image, material)}
            if node.type in COLOUR_NODES:
                return {"colour": None, "picture": None}
        if entry.is_linked:
            self.notes.append(f"The material {material.name} is made by nodes: bake it to an image to keep its colors.")
        return {"colour": colour, "picture": None}

    def _picture(self, image: bpy.types.Image, material: bpy.types.Material) -> str | None:
        """The file's name, None where it can't be written."""
        if image.name_full not in self._pictures:
            name = None
            if image.source in ("FILE", "GENERATED"):
                name = _write(image, self.folder / f"picture_{len(self._pictures) + 1:03d}")
            if name is None:
                what = "can't be read" if image.source in ("FILE", "GENERATED") else "changes over time or is in tiles"
                self.notes.append(f"The image {image.name} of the material {material.name} {what}: its plain color is used.")
            self._pictures[image.name_full] = name
        return self._pictures[image.name_full]


def _colour_input(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """Where the shader that is seen takes its color; None where there is none."""
    if material.node_tree is None or not material.use_nodes:
        return None
    output = material.node_tree.get_output_node("ALL")
    if output is None or not output.inputs["Surface"].is_linked:
        return None
    for node in _upstream(output.inputs["Surface"]):
        for name in ("Base Color", "Color"):
            if name in node.inputs and any(each.type == "SHADER" for each in node.outputs):
                return node.inputs[name]
    return None


def _upstream(socket: bpy.types.NodeSocket) -> Iterator[bpy.types.Node]:
    """The nodes that a socket hangs on, the nearest first."""
    waiting, seen = [socket], set()
    while waiting:
        for link in waiting.pop(0).links:
            node = link.from_node
            if node.name not in seen:
                seen.add(node.name)
                yield node
                waiting += list(node.inputs)


def _write(image: bpy.types.Image, path: Path) -> str | None:
    """Writes a picture as it is, or as PNG; returns the file's name, None where that fails."""
    source = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
    suffix = source.suffix.lower() if source else ""
    try:
        if suffix in COPIED and not image.is_dirty:
            target = path.with_suffix(suffix)
            if image.packed_file is not None:
                target.write_bytes(image.packed_file.data)
                return target.name
            if source.is_file():
                shutil.copyfile(source, target)
                return target.name
        return _write_png(image, path.with_suffix(".png"))
    except (OSError, RuntimeError):
        return None


def _write_png(image: bpy.types.Image, path: Path) -> str | None:
    """Writes the pixels that Blender has, also those that were painted and not saved."""
    width, height = image.size
    if not width or not height:
        return None
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(-1, image.channels)
    colours = np.ones((len(pixels), 4), np.float32)
    colours[:, :3] = pixels[:, :3] if image.channels >= 3 else pixels[:, :1]
    if image.is_float:
        colours[:, :3] = np.vectorize(_srgb, otypes=[np.float32])(np.nan_to_num(colours[:, :3]))
    copy = bpy.data.images.new("MAV3D Capture", width, height)
    try:
        copy.pixels.foreach_set(colours.ravel())
        copy.file_format = "PNG"
        copy.save(filepath=str(path))
    finally:
        bpy.data.images.remove(copy)
    return path.name if path.is_file() else None


def _srgb(linear: float) -> float:
    """IEC 61966-2-1."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
