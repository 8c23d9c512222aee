"""The mesh that a job animates, as its folder keeps it: one file that needs nothing beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.contract.errors import DamagedError
from engine.files import written_aside
from engine.mesh.files.frame import Faces, Frame, MeshError, RawMesh, extent
from engine.mesh.files.frame_list import KINDS
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.paint import Paint
from engine.reference.given.bones import GivenBones, bones_of, read_bones

# Sizes that single precision holds with room for squares of shares of them.
SMALLEST, LARGEST = 1e-12, 1e12
NAME = "The mesh"


@dataclass(frozen=True)
class ReferenceMesh:
    """vertices float64 [V, 3] in the order of the file; triangles int32 [T, 3]; faces: the polygons they were cut from, None
    where these are triangles; uv: of the corners, [T, 3, 2], None where there are none; paint: its colours, or None; losses:
    what the file names and can't be had, a clause each; bones: those that it hangs on already, or None."""

    vertices: np.ndarray
    triangles: np.ndarray
    faces: Faces | None = None
    uv: np.ndarray | None = None
    paint: Paint | None = None
    losses: tuple[str, ...] = ()
    bones: GivenBones | None = None

    @property
    def size(self) -> float:
        """The box's diagonal."""
        return extent(self.vertices)

    @property
    def sha256(self) -> str:
        """Of everything that the job's file holds."""
        digest = hashlib.sha256()
        for name, array in sorted(self._arrays().items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def frame(self) -> Frame:
        """The same as one frame of a sequence."""
        return Frame(Path(), self.vertices, self.triangles, self.paint, "", self.losses, self.uv)

    def save(self, path: Path) -> None:
        """Writes an .npz aside, then renames it. Raises OSError."""
        with written_aside(path) as part, open(part, "wb") as file:
            np.savez_compressed(file, **self._arrays())

    @classmethod
    def load(cls, path: Path, sha256: str) -> ReferenceMesh:
        """Raises DamagedError where the file is missing, or is none with this sum that `save` wrote."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            faces = Faces(*(arrays[name] for name in FACES)) if FACES[0] in arrays else None
            paint = None
            if "tint" in arrays:
                images = [arrays[f"picture_{number}"] for number in range(sum(name.startswith("picture_") for name in arrays))]
                paint = Paint(*(arrays[name] for name in ("tint", "paint_uv", "image")), images)
            losses = tuple(arrays["losses"].tolist())
            bones = {name.removeprefix(BONES): array for name, array in arrays.items() if name.startswith(BONES)}
            found = cls(arrays["vertices"], arrays["triangles"], faces, arrays.get("uv"), paint, losses)
            found = replace(found, bones=bones_of(bones, found.vertices, path.name) if bones else None)
            if found.sha256 != sha256:
                raise ValueError("it is not the mesh that the job began with")
            return found
        except FileNotFoundError as error:
            raise DamagedError(f"{path}, the mesh of the job, is missing: put it back, or begin the job anew.") from error
        except Exception as error:
            # Archives fail in many ways.
            raise DamagedError(f"{path}, the mesh of the job, is damaged ({error}): begin the job anew.") from error

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"vertices": self.vertices, "triangles": self.triangles, "losses": np.array(self.losses, str)}
        if self.faces is not None:
            arrays |= {name: getattr(self.faces, name) for name in FACES}
        if self.uv is not None:
            arrays["uv"] = self.uv
        if self.paint is not None:
            arrays |= {"tint": self.paint.tint, "paint_uv": self.paint.uv, "image": self.paint.image}
            arrays |= {f"picture_{number}": picture for number, picture in enumerate(self.paint.images)}
        if self.bones is not None:
            arrays |= {f"{BONES}{name}": array for name, array in self.bones.arrays().items()}
        return arrays


FACES = ("corners", "counts", "places", "owner")
# What the names of bones' arrays begin with among the mesh's.
BONES = "bones_"


def read_given_mesh(path: Path, bones: Path | None = None) -> ReferenceMesh:
    """The mesh in one file of a kind known here, with the vertices and faces that it has, and with the bones in another file.
    Raises MeshError."""
    if path.is_dir():
        raise MeshError(f"{path} is a folder: give one mesh file, since one mesh is animated and no sequence.")
    if any(letter in path.name for letter in "*?") and not path.exists():
        raise MeshError(f"{path} names several files: give one mesh file, since one mesh is animated.")
    if path.suffix.lower() not in KINDS:
        raise MeshError(f"{path.name} is no mesh file known here: give one of {', '.join(KINDS)}.")
    if not path.is_file():
        raise MeshError(f"There is no mesh {path}: give the path of a mesh file.")
    raw = read_mesh(path, path.name)
    check_given(path.name, raw)
    vertices = np.float64(raw.vertices)
    own = None if bones is None else read_bones(bones, vertices)
    return ReferenceMesh(vertices, raw.triangles.astype(np.int32), raw.faces, raw.uv, raw.paint, tuple(raw.losses), own)


def check_given(name: str, raw: RawMesh) -> None:
    """Raises MeshError where there is no surface that could be animated. name: of the file, for sentences."""
    vertices, triangles = raw.vertices, raw.triangles
    if len(triangles) == 0:
        what = f"{len(vertices)} points and no faces" if len(vertices) else "no faces"
        raise MeshError(f"{name} has {what}: give a mesh with a surface.")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise MeshError(f"{name} has faces that point outside its {len(vertices)} vertices: export it anew, it is damaged.")
    if bad := int((~np.isfinite(vertices)).any(1).sum()):
        raise MeshError(f"{name} holds numbers that are not finite, in {bad} of {len(vertices)} vertices: remove these.")
    size = extent(vertices[np.unique(triangles)])
    if not SMALLEST < size < LARGEST:
        what = "is a single point" if size == 0 else f"is {size:.0e} across"
        raise MeshError(f"{name} {what}: give a mesh of a size that one can see.")
