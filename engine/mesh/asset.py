"""Writes the asset folder that Blender's side reads: asset.json, meshes, textures, previews."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np

from engine.files import replace_folder
from engine.finite import check_finite, json_text
from engine.mesh.rig.rig import Rig
from engine.mesh.surface import Mesh

# With a rig; older readers go on reading everything else.
FORMAT, FORMAT_WITHOUT_RIG = 2, 1


@dataclass(frozen=True)
class TexturedMesh:
    """uv float32 [triangles, 3, 2], origin bottom left; albedo sRGB uint8 [height, width, 3], row 0 at the top."""

    mesh: Mesh
    uv: np.ndarray
    albedo: np.ndarray


@dataclass(frozen=True)
class Polygons:
    """The faces that triangles were cut from: corners int32 [C], their vertices one after the other; counts int32 [P], how many
    each has; uv float32 [C, 2], origin bottom left."""

    corners: np.ndarray
    counts: np.ndarray
    uv: np.ndarray


@dataclass(frozen=True)
class MovingMesh:
    """One mesh of fixed topology: positions float32 [frames, vertices, 3], triangles int32 [triangles, 3], uv as above;
    albedos: one for all frames, or one a frame. rig, and rest float32 [vertices, 3]: what moves it, if it is rigged. polygons:
    its faces, where these are no triangles."""

    positions: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    albedos: list[np.ndarray]
    rest: np.ndarray | None = None
    rig: Rig | None = None
    polygons: Polygons | None = None


def write_asset(
    folder: Path,
    meshes: MovingMesh | list[TexturedMesh],
    preview: np.ndarray,
    about: dict[str, Any],
    extra: dict[str, str | np.ndarray] | None = None,
) -> None:
    """Writes one moving mesh (topology "rigged" or "fixed"), or a mesh and a texture a frame ("per-frame"), into a new
    `folder`, replacing an older one whole; what somebody else put into that one stays in it. Raises DivergedError, with nothing
    written, where a number is not finite.

    preview: uint8 frames [frames, height, width, 3] for preview.png (the middle one) and preview.mp4.
    about: the other entries of asset.json (prompt, seed, preset, quality, models, engine, job, fps, loop, metrics, and where
    the meshes are about a place of their own: "origin", [x, y, z] in metres, the object's location).
    extra: further files by name, texts or pictures.
    """
    _check_finite(meshes)
    json_text(about, "asset.json")
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        _write(work, meshes, preview, about, extra or {})
        _keep_others(folder, work)
        replace_folder(work, folder, folder.with_name(folder.name + ".old"))
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _write(
    work: Path,
    meshes: MovingMesh | list[TexturedMesh],
    preview: np.ndarray,
    about: dict[str, Any],
    extra: dict[str, str | np.ndarray],
) -> None:
    record = _write_moving(work, meshes) if isinstance(meshes, MovingMesh) else _write_frames(work, meshes)
    record = {"format": FORMAT if record["topology"] == "rigged" else FORMAT_WITHOUT_RIG, **about, **record}
    for name, content in extra.items():
        if isinstance(content, str):
            (work / name).write_text(content, "utf-8")
        else:
            imageio.imwrite(work / name, content)
    imageio.imwrite(work / "preview.png", preview[len(preview) // 2])
    imageio.imwrite(work / "preview.mp4", preview, fps=about["fps"], codec="libx264", macro_block_size=2)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(work.iterdir())}
    record["files"] = files
    (work / "asset.json").write_text(json_text(record, "asset.json", 2) + "\n", "utf-8")


def _keep_others(folder: Path, work: Path) -> None:
    """Copies what is in an asset's folder, and is not of the asset, into the one that takes its place."""
    try:
        own = json.loads((folder / "asset.json").read_text("utf-8"))["files"]
        others = [path for path in folder.iterdir() if path.name not in (*own, "asset.json")]
    except (OSError, ValueError, KeyError, TypeError):
        # No asset was there, or nobody can say what is its own.
        return
    for path in others:
        copy = work / path.name
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, copy, symlinks=True, dirs_exist_ok=True)
        elif not copy.exists():
            shutil.copy2(path, copy, follow_symlinks=False)


def _check_finite(meshes: MovingMesh | list[TexturedMesh]) -> None:
    if isinstance(meshes, MovingMesh):
        check_finite(meshes.positions, "mesh.npz (vertices)")
        check_finite(meshes.uv, "mesh.npz (uv)")
        return
    for number, frame in enumerate(meshes, 1):
        check_finite(frame.mesh.vertices, f"frame_{number:04d}.npz (vertices)")
        check_finite(frame.uv, f"frame_{number:04d}.npz (uv)")


def _write_moving(work: Path, mesh: MovingMesh) -> dict[str, Any]:
    arrays = {"vertices": mesh.positions, "triangles": mesh.triangles, "uv": mesh.uv}
    if mesh.polygons is not None:
        arrays |= {"corners": mesh.polygons.corners, "counts": mesh.polygons.counts, "corner_uv": mesh.polygons.uv}
    if mesh.rig is not None:
        arrays["rest"] = mesh.rest
        np.savez_compressed(work / "rig.npz", **mesh.rig.arrays())
    np.savez_compressed(work / "mesh.npz", **arrays)
    if len(mesh.albedos) == 1:
        imageio.imwrite(work / "albedo.png", mesh.albedos[0])
    else:
        _write_albedos(work, mesh.albedos)
    texture = "one" if len(mesh.albedos) == 1 else "per-frame"
    topology = "fixed" if mesh.rig is None else "rigged"
    return {"frames": len(mesh.positions), "topology": topology, "texture": texture}


def _write_frames(work: Path, frames: list[TexturedMesh]) -> dict[str, Any]:
    for number, frame in enumerate(frames, 1):
        np.savez_compressed(
            work / f"frame_{number:04d}.npz", vertices=frame.mesh.vertices, triangles=frame.mesh.triangles, uv=frame.uv
        )
    _write_albedos(work, [frame.albedo for frame in frames])
    return {"frames": len(frames), "topology": "per-frame", "texture": "per-frame"}


def _write_albedos(work: Path, albedos: list[np.ndarray]) -> None:
    for number, albedo in enumerate(albedos, 1):
        imageio.imwrite(work / f"albedo_{number:04d}.png", albedo)
