"""An asset folder with one moving mesh gets bones: read, rigged, written again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np

from engine.contract import protocol
from engine.contract.rig import RigRequest
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.report import RigReport
from engine.mesh.rig.rig import RigError
from engine.mesh.rig.sequence import rig_sequence
from engine.pipeline.sequences.track_pictures import preview

# What write_asset says itself, and what it writes.
OWN = ("format", "frames", "topology", "texture", "files")
WRITTEN = ("asset.json", "mesh.npz", "rig.npz", "rig.png", "albedo.png", "preview.png", "preview.mp4")


def rig_asset(request: RigRequest, emit: Callable[..., None]) -> None:
    """Reads, finds bones and writes; reports what is odd. Raises RigError in one sentence, with nothing changed."""
    output = request.output or request.asset
    if output != request.asset and output.exists():
        if not request.overwrite:
            raise RigError(f"{output} exists: choose another --output folder, or add --overwrite.")
        if not output.is_dir() or any(output.iterdir()) and not (output / "asset.json").is_file():
            raise RigError(f"{output} holds something else than an asset, and --overwrite would remove it: choose another.")
    about, mesh = read_moving(request.asset)
    extra = _reports(request.asset, about.get("files", {}))
    emit(protocol.progress("rig", 0, 1, 0.0, {}))
    rigged = rig_sequence(mesh.positions, mesh.triangles, request.bones, request.turn_only)
    for note in rigged.notes:
        emit({"type": "note", "message": note}, note)
    moving = replace(mesh, positions=rigged.vertices, rest=rigged.rest, rig=rigged.rig)
    metrics = {**about.get("metrics", {}), "rig": rigged.report.as_dict()}
    about = {name: value for name, value in about.items() if name not in OWN} | {"metrics": metrics}
    extra |= {"rig.png": rig_picture(rigged)}
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_asset(output, moving, preview(rigged.vertices, mesh.triangles), about, extra)
    except OSError as error:
        raise RigError(f"Can't write to {output} ({error.strerror or error}): choose another --output.") from error
    emit(protocol.progress("rig", 1, 1, 0.0, {}))
    emit(protocol.result(str(output)), summary(output, rigged.report))


def read_moving(folder: Path) -> tuple[dict[str, Any], MovingMesh]:
    """asset.json and the moving mesh of an asset folder, without a rig it may have. Raises RigError."""
    if folder.is_file():
        raise RigError(f"{folder} is a file: give the asset's folder.")
    try:
        about = json.loads((folder / "asset.json").read_text("utf-8"))
        topology = about["topology"]
        if topology == "per-frame":
            raise RigError(f"{folder} has a mesh of its own in every frame: `track` makes one moving mesh of them.")
        with np.load(folder / "mesh.npz", allow_pickle=False) as file:
            vertices, triangles, uv = (file[name] for name in ("vertices", "triangles", "uv"))
        names = ["albedo.png"] if about["texture"] == "one" else [f"albedo_{n:04d}.png" for n in range(1, len(vertices) + 1)]
        albedos = [imageio.imread(folder / name)[..., :3] for name in names]
    except RigError:
        raise
    except FileNotFoundError as error:
        inside = folder / "asset"
        advice = f" The job's asset is {inside}." if (inside / "asset.json").is_file() else ""
        raise RigError(f"{folder} is no asset folder: {Path(error.filename).name} is missing.{advice}") from error
    except Exception as error:
        # Archives and pictures that are damaged fail in as many ways, some as what the system refuses.
        if reason := getattr(error, "strerror", None):
            raise RigError(f"{folder} can't be read ({reason}): mend access to it, or make the asset anew.") from error
        raise RigError(f"{folder} can't be read as an asset, since a file in it is damaged: make it anew.") from error
    whole_mesh = vertices.ndim == 3 and vertices.shape[2] == 3 and triangles.ndim == 2 and triangles.shape[1] == 3
    if not whole_mesh or len(triangles) == 0 or triangles.min() < 0 or triangles.max() >= vertices.shape[1]:
        raise RigError(f"{folder} has a mesh.npz that is no moving mesh: write it again.")
    if not np.isfinite(vertices).all() or not np.isfinite(uv).all():
        raise RigError(f"{folder / 'mesh.npz'} holds numbers that are not finite: make the asset anew.")
    return about, MovingMesh(vertices, triangles, uv, albedos)


def summary(output: Path, report: RigReport) -> str:
    """A line for people."""
    bones = "one bone" if report.bones == 1 else f"{report.bones} bones"
    return (
        f"Asset: {output} ({bones}, on average {report.mean.mean():.2f} % of the size from where the mesh was, "
        f"{report.largest.max():.2f} % at most; rig.png there shows them)"
    )


def _reports(folder: Path, names: Any) -> dict[str, str | np.ndarray]:
    """The asset's reports and their pictures, which go along. names: of all files that it was written with. Raises RigError."""
    found: dict[str, str | np.ndarray] = {}
    for path in sorted(folder.iterdir()):
        if path.name in names and path.name not in WRITTEN and not path.name.startswith("albedo_"):
            try:
                if path.suffix == ".json":
                    found[path.name] = path.read_text("utf-8")
                elif path.suffix == ".png":
                    found[path.name] = imageio.imread(path)
            except Exception as error:
                # Decoders fail in many ways.
                raise RigError(f"{path} is damaged and can't go along: mend it, or remove it.") from error
    return found
