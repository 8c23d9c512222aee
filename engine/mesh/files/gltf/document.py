"""A glTF 2.0 document: its JSON, its buffers, and the numbers in them.

Own code: trimesh reads no animation, morph target or skin, takes linear vertex colours for sRGB, leaves materials without a
picture out, and puts zeros where a file is compressed.
"""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from engine.mesh.files.frame import MeshError
from engine.mesh.files.pictures import Pictures, find_beside

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
SHAPES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
DRACO = "KHR_draco_mesh_compression"
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
# What compresses meshes, and how a file is had without it.
COMPRESSED = {
    DRACO: "Draco, which is not read here: in Blender's glTF export switch Data > Compression off",
    **dict.fromkeys(
        MESHOPT, "meshopt, which is not read here: export it from Blender as it is, or run gltfpack without -c and -cc"
    ),
}
# What a file may require and is read without: looks, lights, and what the readers here know.
HARMLESS = ("KHR_materials_", "KHR_lights_", "KHR_texture_", "KHR_mesh_quantization", "KHR_xmp", "EXT_texture_", "EXT_lights_",
            "MSFT_texture_dds", "EXT_mesh_gpu_instancing", "KHR_animation_pointer", "KHR_node_visibility")  # fmt: skip
MAGIC, JSON_CHUNK, BINARY_CHUNK = b"glTF", 0x4E4F534A, 0x004E4942
MAX_VALUES = 2**26


class Document:
    """What a .glb or .gltf file says. json: its root object."""

    def __init__(self, path: Path, name: str, pictures: Pictures) -> None:
        """name: of the file, for sentences. Raises MeshError where it is no glTF 2.0, or needs what is not known here."""
        self.path, self.name, self.pictures = path, name, pictures
        self._buffers: dict[int, bytes] = {}
        try:
            content = path.read_bytes()
            if content[:4] == MAGIC and content[4:8] == b"\1\0\0\0":
                raise MeshError(f"{name} is glTF 1: export it as glTF 2.0.")
            self.json, self._chunk = _parts(content)
        except (ValueError, RecursionError, struct.error) as error:
            raise self.damaged(error) from error
        version = str(self.object(self.json, "asset").get("version", ""))
        if not version.startswith("2"):
            raise MeshError(f"{name} is glTF {version or 'of no version'}: export it as glTF 2.0.")
        required = [str(each) for each in self.list(self.json, "extensionsRequired")]
        for extension in required:
            if extension in COMPRESSED:
                raise self.compressed(extension)
        unknown = [each for each in required if not each.startswith(HARMLESS)]
        if unknown:
            raise MeshError(f"{name} needs {unknown[0]}, which is not known here: export it anew without that extension.")

    def damaged(self, reason: object) -> MeshError:
        """The error that says so."""
        text = str(reason).splitlines()[0][:160] if str(reason) else type(reason).__name__
        return MeshError(f"{self.name} can't be read ({text}): export it anew, it is damaged.")

    def compressed(self, extension: str) -> MeshError:
        """The error that says with what, and how to have the file without. extension: one of COMPRESSED."""
        return MeshError(f"{self.name} is compressed with {COMPRESSED[extension]}.")

    def list(self, owner: dict[str, Any], key: str) -> list[Any]:
        """A list of the owner's, empty where it has none. Raises MeshError where it is something else."""
        value = owner.get(key, [])
        if not isinstance(value, list):
            raise self.damaged(f"{key} is no list")
        return value

    def object(self, owner: dict[str, Any], key: str) -> dict[str, Any]:
        """An object of the owner's, empty where it has none. Raises MeshError where it is something else."""
        value = owner.get(key, {})
        if not isinstance(value, dict):
            raise self.damaged(f"{key} is no object")
        return value

    def item(self, key: str, index: Any) -> dict[str, Any]:
        """One of the document's nodes, meshes, accessors, …. Raises MeshError where there is none."""
        items = self.list(self.json, key)
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(items):
            raise self.damaged(f"there is no {index!r} in its {key}")
        if not isinstance(items[index], dict):
            raise self.damaged(f"{key} holds something else than objects")
        return items[index]

    def numbers(self, index: Any) -> np.ndarray:
        """An accessor's values [count, components]: normalised whole numbers as shares, float64; others as they are."""
        accessor = self.item("accessors", index)
        try:
            kind, width = np.dtype(COMPONENTS[accessor["componentType"]]), SHAPES[accessor["type"]]
            count = _whole(accessor["count"])
            if count * width > MAX_VALUES:
                raise ValueError(f"{count} values")
            values = np.zeros((count, width), kind)
            if "bufferView" in accessor:
                values = self._rows(accessor["bufferView"], _whole(accessor.get("byteOffset", 0)), count, width, kind)
            if "sparse" in accessor:
                values = self._sparse(values, accessor["sparse"], width, kind)
        except (KeyError, TypeError, ValueError) as error:
            raise self.damaged(f"in its accessor {index}, {_reason(error)}") from error
        if accessor.get("normalized") is True and kind.kind in "iu":
            return np.maximum(values / np.iinfo(kind).max, -1.0)
        return values

    def attribute(self, index: Any, count: int | None, widths: tuple[int, ...]) -> np.ndarray:
        """An accessor's values, float64 [count, one of widths]; count: None for any. Raises MeshError."""
        values = self.numbers(index).astype(np.float64)
        if values.shape[1] not in widths or count is not None and len(values) != count:
            raise self.damaged(f"accessor {index} has the shape {values.shape}")
        return values

    def fixed(self, values: Any, count: int, where: str) -> np.ndarray:
        """A list of so many numbers, float64 [count]. where: what it belongs to. Raises MeshError."""
        numbers = self.floats(values, where)
        if len(numbers) != count:
            raise self.damaged(f"in {where}, {count} numbers are wanted where there are {len(numbers)}")
        return numbers

    def floats(self, values: Any, where: str) -> np.ndarray:
        """A list of numbers, float64. Raises MeshError."""
        if not isinstance(values, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            raise self.damaged(f"in {where}, a list holds something else than numbers")
        try:
            return np.array(values, np.float64)
        except OverflowError as error:
            raise self.damaged(error) from error

    def content(self, index: Any) -> bytes:
        """A buffer view's bytes. Raises MeshError."""
        view = self.item("bufferViews", index)
        try:
            start, length = _whole(view.get("byteOffset", 0)), _whole(view["byteLength"])
        except (KeyError, TypeError, ValueError) as error:
            raise self.damaged(f"in its buffer view {index}, {_reason(error)}") from error
        buffer = self._buffer(view.get("buffer"))
        if start + length > len(buffer):
            raise self.damaged(f"its buffer view {index} needs bytes up to {start + length} of a buffer that has {len(buffer)}")
        return buffer[start : start + length]

    def picture(self, index: Any) -> np.ndarray:
        """The image `index`, sRGB uint8 [height, width, 3]. Raises ValueError with a clause that says what is wrong."""
        image = self.item("images", index)
        uri = str(image.get("uri", ""))
        name = str(image.get("name") or "")[:60] or (f"number {index}" if uri[:5] in ("", "data:") else uri[:60])
        if "bufferView" in image:
            return self.pictures.decoded(self.content(image["bufferView"]), name)
        if uri.startswith("data:"):
            return self.pictures.decoded(_data(uri), name)
        return self.pictures.beside(uri, self.path.parent)

    def _buffer(self, index: Any) -> bytes:
        buffer = self.item("buffers", index)
        uri, extensions = buffer.get("uri"), self.object(buffer, "extensions")
        if index in self._buffers:
            return self._buffers[index]
        if uri is None and any(self.object(extensions, each).get("fallback") for each in MESHOPT):
            # What only a reader of the extension has.
            raise self.compressed(MESHOPT[0])
        if uri is None:
            content = self._chunk
        elif str(uri).startswith("data:"):
            try:
                content = _data(str(uri))
            except ValueError as error:
                raise self.damaged(error) from error
        else:
            path = find_beside(str(uri), self.path.parent)
            if path is None:
                raise MeshError(
                    f"{self.name} needs the file {unquote(str(uri))}, which is missing: put it beside, or export .glb."
                )
            content = path.read_bytes()
        self._buffers[index] = content
        return content

    def _rows(self, view: Any, offset: int, count: int, width: int, kind: np.dtype) -> np.ndarray:
        content = self.content(view)
        size = width * kind.itemsize
        stride = _whole(self.item("bufferViews", view).get("byteStride", size))
        if count and (stride < size or offset + stride * (count - 1) + size > len(content)):
            needed = offset + stride * (count - 1) + size
            raise ValueError(f"{count} values need {needed} bytes of buffer view {view}, which has {len(content)}")
        if count == 0:
            return np.zeros((0, width), kind)
        return np.ndarray((count, width), kind, content, offset, (stride, kind.itemsize))

    def _sparse(self, values: np.ndarray, sparse: dict[str, Any], width: int, kind: np.dtype) -> np.ndarray:
        count, indices, changed = _whole(sparse["count"]), sparse["indices"], sparse["values"]
        place = np.dtype(COMPONENTS[indices["componentType"]])
        rows = self._rows(indices["bufferView"], _whole(indices.get("byteOffset", 0)), count, 1, place)[:, 0].astype(np.int64)
        if count and not (0 <= rows.min() and rows.max() < len(values)):
            raise ValueError("sparse indices point outside")
        values = values.copy()
        values[rows] = self._rows(changed["bufferView"], _whole(changed.get("byteOffset", 0)), count, width, kind)
        return values


def _parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a .glb, or of a .gltf, which has none."""
    binary = b""
    if content[:4] == MAGIC:
        version, length = struct.unpack_from("<II", content, 4)
        if version != 2:
            raise ValueError(f"version {version} of the container")
        if length > len(content):
            raise ValueError(f"it ends after {len(content)} of its {length} bytes")
        text, at = None, 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", content, at)
            chunk = content[at + 8 : at + 8 + size]
            if len(chunk) < size:
                raise ValueError(f"its part at byte {at} has {len(chunk)} of {size} bytes")
            if kind == JSON_CHUNK and text is None:
                text = chunk
            elif kind == BINARY_CHUNK and not binary:
                binary = chunk
            at += 8 + size
        if text is None:
            raise ValueError("it holds no JSON")
    else:
        text = content
    try:
        root = json.loads(text.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"its JSON is damaged at line {error.lineno}, column {error.colno}") from error
    except ValueError as error:
        raise ValueError("its JSON is no UTF-8") from error
    if not isinstance(root, dict):
        raise ValueError("it is no JSON object")
    return root, binary


def _reason(error: Exception) -> str:
    """What was wrong, in words, where Python names only a key or a type."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing or unknown"
    return "something is of another type than it has to be" if isinstance(error, TypeError) else str(error)


def _whole(value: Any) -> int:
    """A whole number from 0. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
        raise ValueError(f"{value!r} is no size")
    return value


def _data(uri: str) -> bytes:
    """The bytes of a data URI. Raises ValueError."""
    head, comma, body = uri.partition(",")
    if not comma:
        raise ValueError("a data URI without data")
    return base64.b64decode(unquote(body)) if head.endswith(";base64") else unquote(body).encode("latin-1", "replace")
