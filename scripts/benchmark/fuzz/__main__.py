"""Damaged input of every kind, by the thousand: python -m scripts.benchmark.fuzz.

Mesh files, pictures, job and asset files, file names and protocol lines are damaged in their bytes, numbers, lines, JSON or
arrays, and given to what reads them. Each has to be read, or refused in one sentence: a traceback, a warning, a sentence of
several lines, more than SECONDS of the processor, and a number that is not finite in what is read or written are faults. Meshes
that are read go on, now and then, to an asset that Blender's side reads back. Inputs that made a fault are kept in --keep. Exit
code 1 if there was one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from engine.contract.errors import DivergedError, EngineError
from mav3d_blender.timeline.asset_folder.asset import AssetError
from scripts.benchmark.fuzz.subject import Subject, draw_mutation
from scripts.benchmark.fuzz.subjects import subjects
from scripts.benchmark.machine import describe_machine

SECONDS = 20
# What refuses: engine, Blender's side, and the decoder of lines.
REFUSALS = (EngineError, AssetError, ValueError)
OUTCOMES = ("read", "refused", "fault")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="damaged inputs in all (2000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="kinds whose names begin so")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "mav3d-fuzz", help="where faults are kept")
    options = parser.parse_args(arguments)
    chosen = [subject for subject in subjects() if subject.name.startswith(options.only)]
    draw, counts, started = random.Random(options.seed), {subject.name: Counter() for subject in chosen}, time.monotonic()
    for number in range(options.count):
        subject = chosen[number % len(chosen)]
        content = draw_mutation(subject, draw)
        outcome, said = tried(subject, content)
        counts[subject.name][outcome] += 1
        if outcome == "fault":
            path = options.keep / f"{number:05d}-{subject.file}"
            options.keep.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{subject.name}, input {number}, kept as {path}:\n{said}", flush=True)
    print(f"{describe_machine()}; seed {options.seed}, {time.monotonic() - started:.0f} s\n")
    print(table(counts))
    return 1 if any(count["fault"] for count in counts.values()) else 0


def tried(subject: Subject, content: bytes) -> tuple[str, str]:
    """What became of one input, one of OUTCOMES, and what was said of it."""
    folder = Path(tempfile.mkdtemp())
    (folder / subject.file).write_bytes(content)
    try:
        with warnings.catch_warnings(), _Alarm(SECONDS):
            warnings.simplefilter("error")
            # What Python shows nobody.
            warnings.simplefilter("ignore", ResourceWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            subject.read(folder)
        return "read", ""
    except DivergedError:
        return "fault", traceback.format_exc()
    except REFUSALS as error:
        # What is not meant for people comes from deep inside.
        own = isinstance(error, EngineError | AssetError) or subject.name.startswith(("line", "preview"))
        if not own or not str(error).strip() or "\n" in str(error).strip():
            return "fault", traceback.format_exc()
        return "refused", str(error)
    except Exception:
        return "fault", traceback.format_exc()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def table(counts: dict[str, Counter[str]]) -> str:
    """Kinds and what became of their inputs, in Markdown."""
    total = sum(counts.values(), Counter())
    rows = [f"| {name} | {' | '.join(str(count[each]) for each in OUTCOMES)} |" for name, count in counts.items()]
    head = ["| kind | read | refused | faults |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, f"| all | {' | '.join(str(total[each]) for each in OUTCOMES)} |"])


class _Alarm:
    """Raises TimeoutError in what takes more of the processor's seconds, where the system has alarms."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer"):
            self.before = signal.signal(signal.SIGPROF, self._ring)
            signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self.before)

    def _ring(self, *_: object) -> None:
        raise TimeoutError(f"more than {self.seconds} s")


if __name__ == "__main__":
    sys.exit(main())
