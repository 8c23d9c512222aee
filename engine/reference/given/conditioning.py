"""What a job keeps of the mesh that it animates: the mesh itself, and how it was fitted into the scene."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.request import GIVEN_MESH
from engine.reference.given.fit import MeshFit
from engine.reference.given.mesh import ReferenceMesh


@dataclass(frozen=True)
class GivenMesh:
    """A mesh, and where it stands in the scene."""

    mesh: ReferenceMesh
    fit: MeshFit


def fit_path(folder: Path) -> Path:
    """Where a job keeps what its mesh is and where it stands."""
    return folder / Path(GIVEN_MESH).with_suffix(".json")


def keep_mesh(folder: Path, mesh: ReferenceMesh, fit: MeshFit | None) -> None:
    """Writes what is not in a job's folder yet. Raises OSError."""
    if not (folder / GIVEN_MESH).exists():
        mesh.save(folder / GIVEN_MESH)
    if fit is not None:
        fit.save(fit_path(folder))


def load_given(folder: Path, sha256: str) -> GivenMesh:
    """The mesh in a job's folder, with this sum of what it holds, and its place. Raises DamagedError."""
    return GivenMesh(ReferenceMesh.load(folder / GIVEN_MESH, sha256), MeshFit.load(fit_path(folder)))
