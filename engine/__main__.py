"""The engine's command line: generate, resume, export."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import protocol
from engine.errors import EngineError


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 a reason the user can mend, 130 stopped."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except EngineError as error:
        _tell(options, protocol.error(error.kind, str(error)))
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
    resume.set_defaults(run=_resume)
    export = commands.add_parser("export", help="write asset/ from a job's newest checkpoint")
    export.add_argument("folder", type=Path)
    export.set_defaults(run=_export)
    for command in (generate, resume, export):
        command.add_argument("--json", action="store_true", help="print messages of the protocol, one a line")
    return parser


def add_request_options(parser: argparse.ArgumentParser) -> None:
    """The options that make up a request, beside its prompt."""
    parser.add_argument("--preset", default="primitives", help="which models (primitives)")
    parser.add_argument("--quality", default="standard", help="how long and how fine: draft, standard")
    parser.add_argument("--seed", type=int, help="whole number; drawn and shown when left out")
    parser.add_argument("--topology", default="auto", help="auto, fixed, per-frame")
    parser.add_argument("--frames", type=int, default=16, help="frames of the clip (16)")
    parser.add_argument("--fps", type=int, default=12, help="frames a second (12)")
    for stage in ("static", "dynamic", "super-resolution"):
        parser.add_argument(f"--{stage}-steps", type=int, help=f"steps of the {stage} stage, in place of the quality's")
    parser.add_argument("--overwrite", action="store_true", help="replace another job in the output folder")


def request_values(options: argparse.Namespace) -> dict[str, Any]:
    """The request as plain values; what was not given is left out."""
    names = ("prompt", "preset", "quality", "seed", "topology", "frames", "fps")
    names += ("static_steps", "dynamic_steps", "super_resolution_steps")
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _generate(options: argparse.Namespace) -> int:
    from engine.request import Request

    values = request_values(options)
    # Everything that can be wrong with the request itself is said before torch is even imported.
    request = Request.checked(values)
    request.canonical_prompt()

    from engine.job import JobFolder

    folder = JobFolder(options.output)
    if "seed" not in values:
        # The seed of an earlier run of this request, so that running it again continues it.
        earlier = folder.request() if (options.output / "job.json").is_file() and not options.overwrite else {}
        request = replace(request, seed=earlier.get("seed", random.randrange(2**31)))
    return _work(options, request, folder, options.overwrite)


def _resume(options: argparse.Namespace) -> int:
    from engine.job import JobFolder
    from engine.request import Request

    folder = JobFolder(options.folder)
    return _work(options, Request.checked(folder.request()), folder, overwrite=False)


def _work(options: argparse.Namespace, request: Any, folder: Any, overwrite: bool) -> int:
    from engine.errors import JobError
    from engine.generate import generate
    from engine.version import VERSION

    if not overwrite and folder.finished and folder.request() == request.as_dict():
        _tell(options, protocol.result(str(folder.asset)), note=f"Already finished: {folder.asset}")
        return 0
    folder.open(request.as_dict(), {"engine": VERSION, "protocol": protocol.VERSION}, overwrite)
    _tell(options, {"type": "started", **request.as_dict()})

    def emit(message: dict[str, Any]) -> None:
        folder.log(message)
        _tell(options, message)

    try:
        generate(request, folder, emit, _stop_on_signals())
    except BrokenPipeError:
        raise
    except OSError as error:
        raise JobError(
            f"Can't write to {folder.path} ({error.strerror or error}): make room or mend access, then run the same command "
            "to go on from the last checkpoint."
        ) from error
    return 0


def _export(options: argparse.Namespace) -> int:
    from engine.errors import JobError
    from engine.export import export_asset
    from engine.job import JobFolder
    from engine.request import Request
    from engine.stages.scene import Scene

    folder = JobFolder(options.folder)
    request = Request.checked(folder.request())
    quality = request.resolved_quality()
    scene = Scene.new(quality.field, request.seed)
    if folder.load(scene) is None:
        raise JobError(f"There is no checkpoint in {options.folder} yet: run resume first.")
    export_asset(scene, request, quality, folder, lambda message: _tell(options, message))
    return 0


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
    """Prints a message: as protocol with --json, else as a line for people (errors to stderr)."""
    if options.json:
        print(protocol.encode(message), flush=True)
        return
    kind = message["type"]
    if note:
        print(note, flush=True)
    elif kind == "error":
        print(f"\n{message['message']}".lstrip() if not sys.stdout.isatty() else f"\n{message['message']}", file=sys.stderr)
    elif kind == "started":
        print(f"\"{message['prompt']}\" with preset {message['preset']}, quality {message['quality']}, seed {message['seed']}")
    elif kind == "progress":
        _progress_line(message)
    elif kind == "result":
        print(f"\nAsset: {message['path']}", flush=True)


def _progress_line(message: dict[str, Any]) -> None:
    done, steps = message["step"], message["steps"]
    bar = "#" * (20 * done // steps)
    name = message["stage"].replace("_", "-")
    line = f"{name:<17} [{bar:<20}] {done:>4}/{steps}  {_duration(message['eta_s'])} left"
    if sys.stdout.isatty():
        print(f"\r{line}\033[K", end="\n" if done == steps else "", flush=True)
    elif done == steps or done % max(1, steps // 10) == 0:
        print(line, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    # Threads that wait by spinning stop everything else on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main())
