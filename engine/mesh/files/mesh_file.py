"""One mesh file of any kind."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path

import numpy as np
import trimesh

from engine.mesh.files.frame import EmptyError, MeshError, RawMesh
from engine.mesh.files.frame_list import KINDS
from engine.mesh.files.gltf.animation import animations
from engine.mesh.files.gltf.scene import GltfScene
from engine.mesh.files.mesh_frame import read_mesh_frame
from engine.mesh.files.obj import decoded, read_obj
from engine.mesh.files.pictures import Pictures
from engine.mesh.files.ply import read_ply
from engine.mesh.files.signature import mistaken

# It prints tracebacks of what it passes over.
logging.getLogger("trimesh").addHandler(logging.NullHandler())

MAX_FILE = 2**30


# Numbers that are not finite are looked for once all is read, and said by name.
@np.errstate(all="ignore")
def read_mesh(path: Path, name: str, pictures: Pictures | None = None) -> RawMesh:
    """One mesh file of any kind known here; glTF is turned Z up. name: for sentences. Raises MeshError."""
    pictures = pictures or Pictures()
    kind = KINDS.get(path.suffix.lower())
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise MeshError(f"{name} has more than {MAX_FILE // 2**20} MB: save a simpler mesh.")
        if size == 0:
            raise EmptyError(f"{name} is empty: the file has no content.")
        check_kind(path, name)
        match kind:
            case "OBJ":
                return read_obj(path, name, pictures)
            case "PLY":
                return read_ply(path, name, pictures)
            case "glTF":
                return _still(GltfScene(path, name, pictures))
            case "mesh frame":
                return read_mesh_frame(path, name, pictures)
            case "STL" | "OFF":
                return _by_trimesh(path, name)
    except OSError as error:
        raise MeshError(f"{name} can't be read ({error.strerror or error}): mend access to it, or leave it out.") from error
    except MemoryError as error:
        raise MeshError(f"{name} is too large for this machine's memory: save a simpler mesh.") from error
    raise MeshError(f"{name} is no mesh file known here: give {', '.join(KINDS)}.")


def check_kind(path: Path, name: str) -> None:
    """Raises MeshError where a file is something else than its name says, OSError where it can't be read."""
    with path.open("rb") as file:
        wrong = mistaken(file.read(256), KINDS.get(path.suffix.lower(), ""))
    if wrong is not None:
        raise MeshError(f"{name} {wrong}")


def _still(scene: GltfScene) -> RawMesh:
    if animations(scene.document):
        scene.losses.append("its animation is left out, since a file that moves has to be given alone")
    return scene.mesh()


def _by_trimesh(path: Path, name: str) -> RawMesh:
    """STL and OFF, whose colours no two programs write alike; their texts are put right first."""
    kind, content = path.suffix.lower().lstrip("."), path.read_bytes()
    if kind == "off" and re.match(rb"\s*\w*OFF\s+BINARY", content):
        raise MeshError(f"{name} is a binary OFF, which is not read here: export it as text, or as PLY.")
    if kind == "off" or re.match(rb"\W{0,4}\s*solid", content[:100]) and b"facet" in content[:2000]:
        content = re.sub(r"(?<=\d),(?=\d)", ".", decoded(content)).encode()
    else:
        announced = int.from_bytes(content[80:84], "little")
        if len(content) < 84 + 50 * announced:
            there = max(len(content) - 84, 0) // 50
            reason = f"it ends after {there} of {announced} triangles"
            raise MeshError(f"{name} can't be read ({reason}): export it anew, it is damaged.")
    try:
        mesh = trimesh.load_mesh(io.BytesIO(content), file_type=kind, process=False)
    except Exception as error:
        # Its readers fail in many ways, in words for who wrote them.
        reason = "numbers are missing or are none, or faces point to vertices that are not there"
        raise MeshError(f"{name} can't be read ({reason}): export it anew, it is damaged.") from error
    if not isinstance(mesh, trimesh.Trimesh):
        raise EmptyError(f"{name} is empty: it has no triangles.")
    split = True if kind == "stl" else None
    vertices, triangles = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    coloured = _off_has_colours(content) if kind == "off" else _stl_has_colours(content)
    losses = (f"colors of {kind.upper()} files are not read, save it as PLY to keep them",) if coloured else ()
    return RawMesh(vertices, triangles, losses=losses, split=split)


def _off_has_colours(content: bytes) -> bool:
    """Whether the header says so, or a face has numbers after its corners."""
    lines = [line.split(b"#")[0].split() for line in content.split(b"\n")]
    lines = [line for line in lines if line]
    # The last line is a face where there is one.
    face = lines[-1]
    return bool(re.match(rb"\s*(ST)?CN?4?n?OFF", content)) or len(face) > 1 + int(float(face[0]))


def _stl_has_colours(content: bytes) -> bool:
    """Whether a binary file says so in its header, or marks a triangle's two spare bytes as a color."""
    if b"facet" in content[:2000]:
        return False
    spare = np.frombuffer(content[84 : 84 + (len(content) - 84) // 50 * 50], np.uint8).reshape(-1, 50)[:, 48:]
    return b"COLOR=" in content[:80] or bool((spare[:, 1] >= 128).any())
