"""A finished or stopped job's scene from any camera, at any times: python examples/render_scene.py output/ball orbit.mp4"""

import math
import sys
from pathlib import Path

from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.pipeline.checkpoint import load_state
from engine.pipeline.render_frames import render_frames, write_frames
from engine.scene.camera_path import Pose


def render(folder: Path, output: Path, frames: int = 48, size: int = 256) -> None:
    """A movie, or a folder of pictures, of a camera that rises while it goes once round and the clip plays."""
    job_folder = JobFolder(folder)
    job = resolve_folder(job_folder)
    state, _ = load_state(job_folder, job.quality, job.request.seed)
    path = [
        Pose(azimuth=2 * math.pi * i / frames, elevation=math.radians(10 + 30 * i / frames), time=(i + 0.5) / frames)
        for i in range(frames)
    ]
    write_frames(render_frames(state.field, path, size, samples=96, background=0.45), output, fps=12)


if __name__ == "__main__":
    render(Path(sys.argv[1]), Path(sys.argv[2]))
