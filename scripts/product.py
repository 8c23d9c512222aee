"""What `scripts/run` does once the environment is there: engine, scene.blend, render.mp4."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from engine.__main__ import add_request_options, request_arguments

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Makes an animated, textured object from a prompt.")
    parser.add_argument("prompt")
    parser.add_argument("--output", type=Path, help="the folder for everything (output/ and the prompt's name)")
    parser.add_argument("--no-render", action="store_true", help="stop at scene.blend")
    parser.add_argument("--device", default="cpu", help="where the engine's tensors live: cpu, cuda, mps (cpu)")
    add_request_options(parser)
    options = parser.parse_args()
    output = options.output or ROOT / "output" / _folder_name(options.prompt)
    started = time.monotonic()
    code = _run_engine(options, output)
    if code:
        return code
    try:
        _build(options, output, started)
    except (OSError, RuntimeError) as error:
        print(f"Can't write the result to {output} ({error}); the asset is kept in {output / 'asset'}.", file=sys.stderr)
        return 1
    return 0


def _run_engine(options: argparse.Namespace, output: Path) -> int:
    """The engine, in its own process; what it prints goes straight to the terminal."""
    command = [sys.executable, "-m", "engine", "generate", "--output", str(output), *request_arguments(options)]
    command += ["--device", options.device, "--", options.prompt]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The engine got the signal too and is writing its checkpoint.
            continue


def _build(options: argparse.Namespace, output: Path, started: float) -> None:
    import bpy

    from mav3d_blender.timeline import import_asset
    from scripts.stage import add_camera_and_lights, render_movie

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    imported = import_asset(output / "asset", scene, match_frame_range=True, match_fps=True)
    add_camera_and_lights(scene)
    scene.frame_set(imported.first_frame)
    blend = output / "scene.blend"
    with _quiet():
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True, check_existing=False)
    print(f"Blender file: {blend} ({time.monotonic() - started:.0f} s from the start)", flush=True)
    if not options.no_render:
        movie = output / "render.mp4"
        with _quiet():
            render_movie(scene, movie)
        print(f"Movie: {movie} ({time.monotonic() - started:.0f} s from the start)", flush=True)


class _quiet:
    """Keeps Blender's own chatter, which goes to the file descriptor, off the terminal."""

    def __enter__(self) -> None:
        sys.stdout.flush()
        self.saved = os.dup(1)
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 1)

    def __exit__(self, *details: object) -> None:
        os.dup2(self.saved, 1)
        os.close(self.saved)


def _folder_name(prompt: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:60] or "untitled"


if __name__ == "__main__":
    sys.exit(main())
