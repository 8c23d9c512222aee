"""Any mesh sequence to one mesh of fixed topology: python examples/meshes_to_one_mesh.py output/followed frame_*.obj"""

import sys
from pathlib import Path

from engine.contract.track import TrackRequest
from engine.pipeline.sequences.track_meshes import track_meshes


def follow(meshes: list[Path], output: Path) -> None:
    """Writes an asset folder whose mesh.npz has the same triangles in every frame."""
    track_meshes(TrackRequest(meshes, output, fps=24, overwrite=True), lambda message, note=None: print(note or message))


if __name__ == "__main__":
    follow([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]))
