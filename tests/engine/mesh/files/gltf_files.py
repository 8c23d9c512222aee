"""Small glTF files, made by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np

TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123, "uint32": 5125, "int8": 5120, "int16": 5122}
TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)


class Maker:
    """Collects arrays and JSON, and writes a .glb."""

    def __init__(self, **root: Any) -> None:
        self.root = {"asset": {"version": "2.0"}, "accessors": [], "bufferViews": [], **root}
        self.content = b""

    def view(self, content: bytes) -> int:
        """The number of a new buffer view."""
        self.content += b"\0" * (-len(self.content) % 4)
        self.root["bufferViews"].append({"buffer": 0, "byteOffset": len(self.content), "byteLength": len(content)})
        self.content += content
        return len(self.root["bufferViews"]) - 1

    def add(self, values: Any, kind: str = "float32", **more: Any) -> int:
        """The number of a new accessor for values [count] or [count, components]."""
        array = np.asarray(values, kind)
        width = 1 if array.ndim == 1 else int(np.prod(array.shape[1:]))
        entry = {"bufferView": self.view(array.tobytes()), "componentType": COMPONENTS[kind], "count": len(array)}
        self.root["accessors"].append(entry | {"type": TYPES[width], **more})
        return len(self.root["accessors"]) - 1

    def move(self, node: int, path: str, times: Any, values: Any, way: str = "LINEAR", name: str = "move") -> None:
        """A new animation with one channel."""
        sampler = {"input": self.add(times), "output": self.add(values), "interpolation": way}
        channel = {"sampler": 0, "target": {"node": node, "path": path}}
        self.root.setdefault("animations", []).append({"name": name, "samplers": [sampler], "channels": [channel]})

    def write(self, path: Path) -> Path:
        """As .glb."""
        self.root["buffers"] = [{"byteLength": len(self.content)}]
        text = json.dumps(self.root).encode()
        text += b" " * (-len(text) % 4)
        body = self.content + b"\0" * (-len(self.content) % 4)
        chunks = len(text).to_bytes(4, "little") + b"JSON" + text + len(body).to_bytes(4, "little") + b"BIN\0" + body
        path.write_bytes(b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks)
        return path


def triangle(**root: Any) -> Maker:
    """One triangle in the plane that faces the viewer, node 0. root: more of the document."""
    maker = Maker(**root)
    maker.root["meshes"] = [{"primitives": [{"attributes": {"POSITION": maker.add(TRIANGLE)}}]}]
    maker.root.setdefault("nodes", [{"mesh": 0}])
    return maker
