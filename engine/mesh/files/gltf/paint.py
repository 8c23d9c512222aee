"""The looks of a glTF primitive: vertex colours, materials, textures."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.mesh.files.gltf.document import Document
from engine.mesh.files.paint import Paint, coordinates, srgb


def read_paint(
    document: Document, primitive: dict[str, Any], triangles: np.ndarray, count: int, losses: list[str]
) -> Paint | None:
    """Vertex colours and the factor, which are linear, times the picture, which is sRGB. count: of the vertices; losses: what
    can't be had is added to it."""
    attributes, tint = document.object(primitive, "attributes"), None
    if "COLOR_0" in attributes:
        colours = document.attribute(attributes["COLOR_0"], count, (3, 4))[:, :3]
        if document.item("accessors", attributes["COLOR_0"]).get("normalized") is not True and (colours > 1).any():
            # Whole numbers that were not marked as shares.
            colours = colours / (255 if colours.max() <= 255 else 65535)
        tint = np.nan_to_num(colours)
    factor, texture, plain = _material(document, primitive)
    losses += _left_out(document, primitive)
    if factor is not None:
        tint = (1.0 if tint is None else tint) * np.nan_to_num(document.fixed(factor, 4, "a material")[:3])
    if tint is None and texture is None:
        # A material that says nothing is white; no material is no colour.
        tint = np.ones(3) if plain else None
    if (tint is None and texture is None) or not _inside(triangles, count):
        return None
    corners = np.broadcast_to(np.ones(3) if tint is None else srgb(tint), (count, 3))[triangles]
    paint = Paint.of_corners(corners)
    if not isinstance(texture, dict):
        return paint
    try:
        pixels = _pixels(document, texture)
    except ValueError as error:
        losses.append(f"{error}, its material's plain color is used")
        return paint if tint is not None else None
    uv = _coordinates(document, texture, attributes, count)
    if uv is None:
        losses.append("a texture has no texture coordinates to lie by and is left out")
        return paint if tint is not None else None
    return Paint(corners, uv[triangles], np.zeros(len(triangles), np.int64), [pixels])


def read_uv(document: Document, primitive: dict[str, Any], triangles: np.ndarray, count: int) -> np.ndarray | None:
    """Texture coordinates of the triangles' corners, [T, 3, 2]: of the picture that they show, or else the first there are."""
    _, texture, _ = _material(document, primitive)
    attributes = document.object(primitive, "attributes")
    uv = _coordinates(document, texture if isinstance(texture, dict) else {}, attributes, count)
    return None if uv is None or not _inside(triangles, count) else uv[triangles]


def _material(document: Document, primitive: dict[str, Any]) -> tuple[Any, Any, bool]:
    """The colour factor and the texture of a primitive's material, and whether it has the usual entry for either."""
    material = document.item("materials", primitive["material"]) if "material" in primitive else {}
    look = document.object(material, "pbrMetallicRoughness")
    glossy = document.object(document.object(material, "extensions"), "KHR_materials_pbrSpecularGlossiness")
    factor = look.get("baseColorFactor", glossy.get("diffuseFactor"))
    return factor, look.get("baseColorTexture", glossy.get("diffuseTexture")), bool(look)


def _left_out(document: Document, primitive: dict[str, Any]) -> list[str]:
    """What a material looks like by other means than its color, a clause each."""
    material = document.item("materials", primitive["material"]) if "material" in primitive else {}
    factor = document.fixed(material.get("emissiveFactor", [0, 0, 0]), 3, "a material")
    glows = "the light that a material gives off is left out" if (factor > 0).any() else ""
    clear = "" if material.get("alphaMode", "OPAQUE") == "OPAQUE" else "the transparency of a material is left out"
    return [clause for clause in (glows, clear) if clause]


def _inside(triangles: np.ndarray, count: int) -> bool:
    return len(triangles) == 0 or bool(0 <= triangles.min() and triangles.max() < count)


def _pixels(document: Document, texture: dict[str, Any]) -> np.ndarray:
    """The picture of a texture, which may stand in several forms for readers old and new. Raises ValueError with a clause where
    none can be had."""
    item = document.item("textures", texture.get("index"))
    forms = document.object(item, "extensions")
    sources = [item.get("source"), *(document.object(forms, name).get("source") for name in forms)]
    failure = ValueError("a texture that names no picture is left out")
    for source in reversed([source for source in sources if source is not None]):
        try:
            return document.picture(source)
        except ValueError as error:
            failure = error
    raise failure


def _coordinates(document: Document, texture: dict[str, Any], attributes: dict[str, Any], count: int) -> np.ndarray | None:
    """Texture coordinates of the vertices, [V, 2], origin bottom left; None where the mesh has none."""
    moved = document.object(document.object(texture, "extensions"), "KHR_texture_transform")
    key = f"TEXCOORD_{moved.get('texCoord', texture.get('texCoord', 0))}"
    if key not in attributes:
        return None
    uv = document.attribute(attributes[key], count, (2,))
    if moved:
        angle = float(document.floats([moved.get("rotation", 0)], "a texture")[0])
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        uv = (uv * document.fixed(moved.get("scale", [1, 1]), 2, "a texture")) @ turn.T
        uv = uv + document.fixed(moved.get("offset", [0, 0]), 2, "a texture")
    return coordinates(uv * [1, -1] + [0, 1])
