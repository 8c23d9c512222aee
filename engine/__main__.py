"""The engine's command line: generate, resume, export, render, track, rig, estimate, evaluate, models, serve."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from engine.cli.console import tell
from engine.cli.hints import hint
from engine.cli.render import add_render_options
from engine.contract import protocol
from engine.contract.errors import EngineError
from engine.evaluate.options import add_evaluate_options
from engine.mesh.rig.options import add_rig_options
from engine.mesh.track.options import add_track_options
from engine.models.options import add_models_options

REQUEST_OPTIONS = (
    "preset", "quality", "seed", "topology", "frames", "fps", "static_steps", "dynamic_steps", "super_resolution_steps",
    "mode", "without", "backbone", "image_model", "video_model", "upscale_model", "negative_prompt", "image_guidance_scale",
    "video_guidance_scale", "upscale_guidance_scale", "memory", "image_adapter", "image",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 a reason the user can mend, 130 stopped."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except EngineError as error:
        _tell(options, protocol.error(error.kind, str(error), hint(error)))
        return 130 if error.kind == "stopped" else 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="Text to an animated, textured 3D object.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    generate = commands.add_parser("generate", help="make an asset from a prompt, or go on with it")
    generate.add_argument("prompt")
    generate.add_argument("--output", type=Path, required=True, help="the job folder; the same request there is continued")
    add_request_options(generate)
    generate.set_defaults(run=_generate)
    resume = commands.add_parser("resume", help="go on with the job in a folder")
    resume.add_argument("folder", type=Path)
    resume.add_argument("--topology", help="changes it: auto, fixed, per-frame")
    resume.add_argument("--memory", help="changes it: auto, low")
    for name in ("frames", "fps", "static-steps", "dynamic-steps", "super-resolution-steps"):
        resume.add_argument(f"--{name}", type=int, help="changes it; more steps go on with a finished job as well")
    resume.set_defaults(run=_resume)
    export = commands.add_parser("export", help="write asset/ from a job's newest checkpoint")
    export.add_argument("folder", type=Path)
    export.set_defaults(run=_export)
    render = commands.add_parser("render", help="pictures of a job's scene from any camera, at any times")
    render.add_argument("folder", type=Path)
    add_render_options(render)
    render.set_defaults(run=_render)
    estimate = commands.add_parser("estimate", help="how long a request would take and how much memory, found by trying")
    estimate.add_argument("prompt", nargs="?", default="a red ball bouncing")
    add_request_options(estimate)
    estimate.set_defaults(run=_estimate)
    evaluate = commands.add_parser("evaluate", help="how often prompts come out right, with each part of the method left out")
    add_evaluate_options(evaluate)
    evaluate.set_defaults(run=_evaluate)
    models = commands.add_parser("models", help="list, check, fetch or remove the models of the presets")
    add_models_options(models)
    models.set_defaults(run=_models)
    serve = commands.add_parser("serve", help="take messages of the protocol on stdin and answer on stdout, for the add-on")
    serve.set_defaults(run=_serve, json=True)
    for command in (generate, resume, export, render, estimate, serve):
        command.add_argument("--device", default="cpu", help="where tensors live: cpu, cuda, mps (cpu)")
    track = commands.add_parser("track", help="any mesh sequence becomes one mesh of fixed topology that moves")
    add_track_options(track)
    track.set_defaults(run=_track)
    rig = commands.add_parser("rig", help="bones for an asset with one moving mesh")
    add_rig_options(rig)
    rig.set_defaults(run=_rig)
    for command in (generate, resume, export, render, estimate, evaluate, track, rig):
        command.add_argument("--json", action="store_true", help="print messages of the protocol, one a line")
    return parser


def add_request_options(parser: argparse.ArgumentParser) -> None:
    """The options that make up a request, beside its prompt."""
    parser.add_argument("--preset", default="primitives", help="which models: primitives, paper, open, custom (primitives)")
    for role in ("image", "video", "upscale"):
        parser.add_argument(f"--{role}-model", metavar="MODEL", help=f"{role} model in place of the preset's, folder or hub id")
        parser.add_argument(f"--{role}-guidance-scale", type=float, metavar="SCALE", help="how closely it holds to the prompt")
    parser.add_argument("--image-adapter", metavar="FOLDER", help="IP-Adapter that shows --image to Stable Diffusion models")
    parser.add_argument("--memory", help="auto; low, to have less on the device at once (auto)")
    parser.add_argument("--negative-prompt", metavar="TEXT", help="what pictures are to be unlike")
    parser.add_argument("--image", metavar="PICTURE", help="a picture of the object, without background or before a plain one")
    parser.add_argument("--quality", default="standard", help="how long and how fine: draft, standard, high, paper")
    parser.add_argument("--mode", default="4d", help="4d; 3d, a still object; video, right from the front alone (4d)")
    parser.add_argument("--seed", type=int, help="whole number; drawn and shown when left out")
    parser.add_argument("--topology", default="auto", help="auto, fixed, per-frame")
    parser.add_argument("--frames", type=int, default=16, help="frames of the clip (16)")
    parser.add_argument("--fps", type=int, default=12, help="frames a second (12)")
    for stage in ("static", "dynamic", "super-resolution"):
        parser.add_argument(f"--{stage}-steps", type=int, help=f"steps of the {stage} stage, in place of the quality's")
    parser.add_argument("--without", action="append", metavar="PART", help="leave a part of the method out (see the README)")
    parser.add_argument("--backbone", default="hexplane", help="what holds the scene: hexplane, mlp (hexplane)")
    parser.add_argument("--overwrite", action="store_true", help="replace another job in the output folder")


def request_values(options: argparse.Namespace) -> dict[str, Any]:
    """The request as plain values; what was not given is left out."""
    names = ("prompt", *REQUEST_OPTIONS)
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def request_arguments(options: argparse.Namespace) -> list[str]:
    """The same as command line arguments, without the prompt."""
    arguments = ["--overwrite"] if options.overwrite else []
    for name, value in request_values(options).items():
        if name != "prompt":
            for each in value if isinstance(value, list) else [value]:
                arguments += [f"--{name.replace('_', '-')}", str(each)]
    return arguments


def _generate(options: argparse.Namespace) -> int:
    from engine.job.request import Request

    values = request_values(options)
    # Everything that can be wrong with the request itself is said before torch is even imported.
    request = Request.checked(values)
    request.canonical_prompt()

    from engine.job.folder import JobFolder
    from engine.pipeline.run import with_seed
    from engine.reference.conditioning import take_in

    request, photo = take_in(request)

    folder = JobFolder(options.output)
    if "seed" not in values:
        # The seed of an earlier run of this request, so that running it again continues it.
        request = with_seed(request, folder, options.overwrite)
    return _work(options, request, folder, options.overwrite, photo)


def _resume(options: argparse.Namespace) -> int:
    from engine.job.folder import JobFolder
    from engine.job.lock import held
    from engine.job.resume import CHANGEABLE, change

    folder = JobFolder(options.folder)
    folder.request()
    with held(folder.path):
        request = change(folder, {name: getattr(options, name) for name in CHANGEABLE})
    return _work(options, request, folder, overwrite=False)


def _work(options: argparse.Namespace, request: Any, folder: Any, overwrite: bool, photo: Any = None) -> int:
    from engine.job.lock import held
    from engine.pipeline.device import find_device
    from engine.pipeline.run import is_done, work

    device = find_device(options.device)
    if not overwrite and is_done(request, folder):
        _tell(options, protocol.result(str(folder.asset)), note=f"Already finished: {folder.asset}")
        return 0
    with held(folder.path):
        stop = _stop_on_signals()
        work(request, folder, lambda message: _tell(options, message), stop, device, overwrite=overwrite, photo=photo)
    return 0


def _serve(options: argparse.Namespace) -> int:
    from engine.server.serve import serve

    return serve(options.device)


def _export(options: argparse.Namespace) -> int:
    from engine.job.folder import JobFolder, load_scene, went_through
    from engine.job.lock import held
    from engine.job.request import Request
    from engine.pipeline.device import find_device
    from engine.pipeline.export import export_asset

    folder = JobFolder(options.folder)
    request = Request.checked(folder.request())
    quality = request.resolved_quality()
    with held(folder.path):
        scene, progress = load_scene(folder, quality, request.seed, find_device(options.device))
        finished = went_through(progress, quality)
        export_asset(scene, request, quality, folder, lambda message: _tell(options, message), None if finished else progress)
    if not finished:
        print(f"Asset of the unfinished scene: {folder.asset}", file=sys.stderr)
    return 0


def _render(options: argparse.Namespace) -> int:
    from engine.cli.render import render_command

    return render_command(options, lambda message, note: _tell(options, message, note))


def _estimate(options: argparse.Namespace) -> int:
    from engine.cli.estimate import estimate_command
    from engine.job.request import Request

    request = Request.checked(request_values(options))
    return estimate_command(request, options, lambda message, note: _tell(options, message, note))


def _evaluate(options: argparse.Namespace) -> int:
    from engine.cli.evaluate import evaluate_command

    return evaluate_command(options, lambda message, note: _tell(options, message, note))


def _models(options: argparse.Namespace) -> int:
    from engine.cli.models import models_command

    return models_command(options, lambda message, note: _tell(options, message, note))


def _track(options: argparse.Namespace) -> int:
    from engine.cli.track import track_command

    return track_command(options, lambda message, note: _tell(options, message, note))


def _rig(options: argparse.Namespace) -> int:
    from engine.cli.rig import rig_command

    return rig_command(options, lambda message, note: _tell(options, message, note))


def _stop_on_signals():
    """A function that says whether the user asked to stop; a second signal ends the process at once."""
    asked: list[int] = []

    def handle(number: int, frame: Any) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return lambda: bool(asked)


def _tell(options: argparse.Namespace, message: dict[str, Any], note: str | None = None) -> None:
    tell(message, note, options.json)


if __name__ == "__main__":
    # Threads that wait by spinning stop everything else on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Only `models fetch` asks the hub for anything, and not even that where the user says no.
    if sys.argv[1:3] != ["models", "fetch"]:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # What Metal lacks runs on the CPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main())
