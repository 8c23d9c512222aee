"""The paper's ablation (MAV3D, section 4.3) on the built-in models: the full method and each part of it left out.

Every run is a job of its own, in a process of its own; a record is written as each ends, so that an evaluation that was
stopped goes on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.config.ablations import ABLATIONS, ablate
from engine.config.quality import Quality
from engine.contract.errors import Stopped
from engine.evaluate.prompts import Words
from engine.evaluate.r_precision import every_prompt, rank, scene_clips
from engine.evaluate.scorer import Scorer
from engine.evaluate.triangle_soup import EvaluationError, read_soups
from engine.evaluate.verdict import judge_soups
from engine.files import write_text
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.pipeline.checkpoint import begun_field, load_checkpoint
from engine.stages.train_state import TrainState

ROOT = Path(__file__).resolve().parent.parent.parent
FULL = "the full method"


@dataclass(frozen=True)
class Record:
    """What came of one prompt. rank: of the prompt among all, from 1 (`engine.evaluate.r_precision`). seconds: by the clock."""

    variant: str
    prompt: str
    colour: bool
    shape: bool
    motion: bool
    overlap: float
    rank: int
    seconds: float
    error: str = ""

    @property
    def right(self) -> bool:
        return self.colour and self.shape and self.motion


def variants(quality: Quality) -> dict[str, list[str]]:
    """The full method and all that can be left out of `quality`, by name, as options of `generate`."""
    parts = [part for part in ABLATIONS if ablate(quality, [part]) != quality]
    changed = {f"no {part.replace('-', ' ')}": ["--without", part] for part in parts}
    return {FULL: [], **changed, "a plain network for the planes": ["--backbone", "mlp"]}


def evaluate(
    folder: Path, quality: Quality, words: list[Words], names: list[str], scorer: Scorer, seed: int, workers: int
) -> Iterator[Record]:
    """Runs what is not in `folder`/results.jsonl yet and yields each record as it comes.

    names: of `variants`. workers: runs at a time; each has its share of the processor's cores. Raises EvaluationError where
    the folder holds results of another quality or seed, and Stopped when a run was stopped from outside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_same(folder, {"quality": quality.name, "seed": seed})
    done = {(record.variant, record.prompt) for record in read_records(folder)}
    options = variants(quality)
    left = [(name, each) for each in words for name in names if (name, each.canonical) not in done]
    threads = max((os.cpu_count() or 1) // workers, 1)

    def one(name: str, each: Words) -> Record:
        arguments = ["--quality", quality.name, "--seed", str(seed), *options[name]]
        return run(job_folder(folder, name, each), name, each, arguments, threads)

    pool = ThreadPoolExecutor(workers)
    try:
        for finished in as_completed([pool.submit(one, name, each) for name, each in left]):
            record = finished.result()
            if not record.error:
                record = judged(record, job_folder(folder, record.variant, Words.of(record.prompt)), scorer)
            with open(folder / "results.jsonl", "a", encoding="utf-8") as results:
                results.write(json.dumps(asdict(record)) + "\n")
            yield record
    finally:
        # Whoever stops one run means the whole evaluation: those not begun yet are dropped.
        pool.shutdown(cancel_futures=True)


def run(folder: Path, variant: str, words: Words, arguments: list[str], threads: int) -> Record:
    """One job in `folder`, not judged yet; one that was stopped goes on."""
    command = [sys.executable, "-P", "-m", "engine", "generate", "--keep-going", "--output", str(folder)]
    command += [*arguments, "--", words.prompt]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads)}
    started = time.monotonic()
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    seconds = round(time.monotonic() - started, 1)
    if finished.returncode == 130:
        raise Stopped(f"Stopped; run the same command to go on with {folder.parent.parent}.")
    failed = finished.stderr.strip()[-300:] or f"exit code {finished.returncode}"
    nothing = Record(variant, words.canonical, False, False, False, 0.0, len(every_prompt()), seconds)
    return replace(nothing, error=failed) if finished.returncode else nothing


def judged(record: Record, folder: Path, scorer: Scorer) -> Record:
    """`record` with what the asset and the checkpoint in `folder` show."""
    job, words = JobFolder(folder), Words.of(record.prompt)
    verdict = judge_soups(read_soups(job.asset), words.shape, words.motion)
    state = TrainState.new(begun_field(job, resolve_folder(job).quality.field), 0)
    if load_checkpoint(job, state) is None:
        raise EvaluationError(f"There is no checkpoint in {folder}: remove the folder and evaluate again.")
    place = rank(scorer, scene_clips(state.field), words.canonical, every_prompt())
    return replace(
        record, **verdict.matches(words.colour, words.motion), overlap=round(verdict.shape_overlap, 3), rank=place
    )


def job_folder(folder: Path, variant: str, words: Words) -> Path:
    """Where the job of one prompt under one variant lives."""
    return folder / re.sub(r"\W+", "-", variant) / re.sub(r"\W+", "-", words.canonical)


def read_records(folder: Path) -> list[Record]:
    """What an evaluation has found so far. Raises EvaluationError if its results can't be read."""
    path = folder / "results.jsonl"
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [Record(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise EvaluationError(f"{path} is damaged ({error}): remove it, or choose another --output.") from error


def _check_same(folder: Path, settings: dict[str, object]) -> None:
    path = folder / "settings.json"
    if not path.exists():
        write_text(path, json.dumps(settings) + "\n")
    elif path.read_text("utf-8").strip() != json.dumps(settings):
        raise EvaluationError(f"{folder} holds results of another quality or seed: choose another --output.")


def variant_names(records: list[Record]) -> list[str]:
    """The variants there are, the full method first, the others as they came."""
    return sorted(dict.fromkeys(record.variant for record in records), key=lambda name: name != FULL)


def by_variant(records: list[Record], measure: Callable[[Record], float]) -> dict[str, float]:
    """The mean of a measure over each variant's records."""
    names = variant_names(records)
    found = {name: [measure(record) for record in records if record.variant == name] for name in names}
    return {name: sum(values) / len(values) for name, values in found.items()}
