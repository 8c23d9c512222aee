"""Mesh files as a sequence: read, welded and checked before any work begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh

from engine.contract.errors import EngineError

KINDS = (".obj", ".ply", ".glb", ".gltf", ".stl", ".off")
LARGEST_FILE = 2**30
# Frames of one thing that differ more than this in size were saved in different units.
LARGEST_GROWTH = 5.0
# Vertices closer than this share of the size are one.
SAME_PLACE = 1e-6


class MeshError(EngineError):
    kind = "mesh"


@dataclass(frozen=True)
class Texture:
    """uv float64 [T, 3, 2] of the triangles' corners, origin bottom left; image uint8 [height, width, 3], sRGB."""

    uv: np.ndarray
    image: np.ndarray


@dataclass(frozen=True)
class Frame:
    """One mesh of a sequence. vertices float64 [V, 3]; triangles int32 [T, 3]; colours float64 [V, 3] in [0, 1] or None;
    texture: what they were read from, if it was one. note: what is odd about it."""

    path: Path
    vertices: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray | None
    note: str
    texture: Texture | None = None

    @property
    def size(self) -> float:
        """The box's diagonal."""
        return float(np.linalg.norm(np.ptp(self.vertices, axis=0)))


def find_meshes(names: list[Path]) -> list[Path]:
    """The files that `names` mean: files as they are given, and of a folder all meshes, by number. Raises MeshError."""
    paths: list[Path] = []
    for name in names:
        if name.is_dir():
            inside = [path for path in name.iterdir() if path.suffix.lower() in KINDS]
            if not inside:
                raise MeshError(f"There is no mesh in the folder {name}: files that end in {', '.join(KINDS)} are looked for.")
            paths += sorted(inside, key=_by_number)
        elif not name.exists():
            raise MeshError(f"{name} is missing: give the frames in their order, or a folder of them.")
        elif name.suffix.lower() not in KINDS:
            raise MeshError(f"{name} is no mesh file known here: give {', '.join(KINDS)}.")
        else:
            paths.append(name)
    if len(paths) < 2:
        raise MeshError("One mesh is no sequence: give at least two frames, in their order.")
    return paths


def read_sequence(paths: list[Path]) -> list[Frame]:
    """Reads every frame. Raises MeshError naming the frame that is empty, damaged, not finite, or of another scale."""
    frames = [read_frame(path, number) for number, path in enumerate(paths, 1)]
    for number, (before, after) in enumerate(zip(frames[:-1], frames[1:], strict=True), 2):
        growth = after.size / before.size
        if not 1 / LARGEST_GROWTH < growth < LARGEST_GROWTH:
            raise MeshError(
                f"Frame {number} ({after.path.name}) is {growth:.3g} times as large as the frame before it: save all frames at "
                "one scale."
            )
    if any(frame.colours is None for frame in frames):
        frames = [replace(frame, colours=None, texture=None) for frame in frames]
    return frames


def read_frame(path: Path, number: int) -> Frame:
    """One mesh file; GLB and glTF are turned Z up. Raises MeshError."""
    name = f"Frame {number} ({path.name})"
    if path.stat().st_size > LARGEST_FILE:
        raise MeshError(f"{name} has more than {LARGEST_FILE // 2**20} MB: save a simpler mesh.")
    try:
        loaded = trimesh.load(path, force="scene", process=False)
        mesh = loaded.to_mesh() if loaded.geometry else None
    except Exception as error:
        # The readers of a dozen formats fail in as many ways.
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
        raise MeshError(f"{name} can't be read ({reason}): save it again.") from error
    if mesh is None or not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise MeshError(f"{name} is empty: it has no triangles.")
    vertices, triangles = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    bad = int((~np.isfinite(vertices)).any(1).sum())
    if bad:
        raise MeshError(f"{name} holds numbers that are not finite, in {bad} of {len(vertices)} vertices: save it again.")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise MeshError(f"{name} has triangles that point outside its {len(vertices)} vertices: save it again.")
    if path.suffix.lower() in (".glb", ".gltf"):
        vertices = vertices[:, [0, 2, 1]] * [1, -1, 1]
    return _weld(Frame(path, vertices, triangles, _colours(mesh), "", _texture(mesh)), name)


def _weld(frame: Frame, name: str) -> Frame:
    """Vertices in one place become one, triangles without an area go."""
    vertices, texture = frame.vertices, frame.texture
    if not frame.size > 0:
        raise MeshError(f"{name} is a single point: save it again.")
    grid = np.round((vertices - vertices.min(0)) / (frame.size * SAME_PLACE)).astype(np.int64)
    _, first, same = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    triangles = same.reshape(-1)[frame.triangles]
    a, b, c = triangles.T
    whole = (a != b) & (b != c) & (c != a)
    triangles = triangles[whole]
    if len(triangles) == 0:
        raise MeshError(f"{name} has no triangle with an area: save it again.")
    used, renumbered = np.unique(triangles, return_inverse=True)
    kept = first[used]
    triangles = renumbered.reshape(-1, 3).astype(np.int32)
    colours = None if frame.colours is None else frame.colours[kept]
    texture = None if texture is None else replace(texture, uv=texture.uv[whole])
    return Frame(frame.path, vertices[kept], triangles, colours, _oddity(triangles), texture)


def _oddity(triangles: np.ndarray) -> str:
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    _, counts = np.unique(np.sort(edges, 1), axis=0, return_counts=True)
    several, open_ = int((counts > 2).sum()), int((counts == 1).sum())
    if several:
        return f"{several} edges have more than two triangles"
    return f"{open_} edges are open" if open_ else ""


def _colours(mesh: trimesh.Trimesh) -> np.ndarray | None:
    """Colours of the vertices in [0, 1], from the file's own or its texture; None where it has neither."""
    visual = mesh.visual
    if not visual.defined:
        return None
    if visual.kind == "texture":
        if not _textured(visual):
            return None
        visual = visual.to_color()
    colours = np.asarray(visual.vertex_colors)
    if colours.shape[:1] != (len(mesh.vertices),):
        return None
    return colours[:, :3].astype(np.float64) / 255


def _texture(mesh: trimesh.Trimesh) -> Texture | None:
    """The file's own texture, tinted as its material says; None where it has none."""
    visual = mesh.visual
    if not visual.defined or visual.kind != "texture" or not _textured(visual):
        return None
    image = np.array(_picture(visual.material).convert("RGB"))
    factor = getattr(visual.material, "baseColorFactor", None)
    if factor is not None:
        # The factor is linear, the picture sRGB.
        tint = (np.asarray(factor, np.float64)[:3] / 255) ** (1 / 2.2)
        image = (image * tint).round().astype(np.uint8)
    return Texture(np.asarray(visual.uv, np.float64)[np.asarray(mesh.faces)], image)


def _textured(visual: trimesh.visual.TextureVisuals) -> bool:
    return getattr(visual, "uv", None) is not None and _picture(visual.material) is not None


def _picture(material):
    return getattr(material, "baseColorTexture", None) or getattr(material, "image", None)


def _by_number(path: Path) -> list[tuple[int, int | str]]:
    """frame_2 before frame_10."""
    return [(0, int(piece)) if piece.isdigit() else (1, piece) for piece in re.split(r"(\d+)", path.name.lower())]
