"""What `scripts/run` does once the environment is there: engine, scene.blend, render.mp4."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import time
from pathlib import Path

from engine.cli.generate import add_generate_options
from engine.cli.main import run_command

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Makes an animated, textured object from a prompt.")
    parser.add_argument("--output", type=Path, help="the folder for everything (output/ and the prompt's name)")
    parser.add_argument("--no-render", action="store_true", help="stop at scene.blend")
    add_generate_options(parser)
    options = parser.parse_args()
    options.output = options.output or ROOT / "output" / _folder_name(options.prompt)
    started = time.monotonic()
    code = _run_engine(options)
    if code:
        return code
    try:
        _build(options, options.output, started)
    except (OSError, RuntimeError) as error:
        kept = options.output / "asset"
        print(f"Can't write the result to {options.output} ({error}); the asset is kept in {kept}.", file=sys.stderr)
        return 1
    return 0


def _run_engine(options: argparse.Namespace) -> int:
    """The engine in a process of its own, whose memory is free again before Blender's is taken; returns its exit code."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    process = multiprocessing.get_context("spawn").Process(target=_exit_with_command, args=(options,))
    process.start()
    while process.is_alive():
        try:
            process.join()
        except KeyboardInterrupt:
            # The engine got the signal too and is writing its checkpoint.
            continue
    return process.exitcode if process.exitcode >= 0 else 128 - process.exitcode


def _exit_with_command(options: argparse.Namespace) -> None:
    sys.exit(run_command(options))


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
