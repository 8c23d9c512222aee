"""Runs prompts through the engine with the stand-ins as models of one's own choice, and judges what comes out.

Each run is a job of its own in a process of its own; results go to DIR/results.jsonl as they come, and a judgement that was
stopped goes on. The judge is that of the built-in models: the body that the words say, posed and coloured by the world.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.config.quality import PUBLIC_QUALITIES
from engine.evaluate.bodies.verdict import judge_body
from engine.evaluate.triangle_soup import EvaluationError, read_soups
from engine.files import write_text
from scripts.stand_ins.changes import VARIANTS, judged_quality
from scripts.stand_ins.networks import TRAINING
from scripts.stand_ins.words import JUDGED, prompt_of, words_of

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("colour", "shape", "motion")


def run_job(variant: str, static_steps: int, dynamic_steps: int, arguments: list[str]) -> int:
    """The engine's command line with the judged quality in the draft's place, for a process that does nothing else."""
    from engine.__main__ import main

    PUBLIC_QUALITIES["draft"] = VARIANTS[variant](judged_quality(static_steps, dynamic_steps))
    return main(arguments)


def judge(
    models: Path, image: str, output: Path, variants: Iterable[str], prompts: int, steps: tuple[int, int], seed: int
) -> list[dict[str, Any]]:
    """The first `prompts` of JUDGED under each of `variants`, with the model folders in `models`; returns all records that
    there are in `output`. image: the role that the image model has there. Raises EvaluationError where `output` holds what
    other models, steps or another seed gave.
    """
    models, output = models.resolve(), output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    trained = [_trained(models, role) for role in (image, "video")]
    _check_same(output, {"image": image, "trained": trained, "steps": list(steps), "seed": seed})
    results = output / "results.jsonl"
    done = {(record["variant"], record["prompt"]) for record in read_records(results)}
    for variant in variants:
        for words in JUDGED[:prompts]:
            if (variant, prompt_of(*words)) in done:
                continue
            record = judge_one(models, image, output, variant, words, steps, seed)
            print(json.dumps(record), flush=True)
            with open(results, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
    return read_records(results)


def judge_one(
    models: Path, image: str, output: Path, variant: str, words: tuple[str, str, str], steps: tuple[int, int], seed: int
) -> dict[str, Any]:
    """One prompt from text to verdict; what went wrong is in "error"."""
    prompt = prompt_of(*words)
    folder = output / re.sub(r"\W+", "-", variant) / re.sub(r"\W+", "-", prompt)
    command = [sys.executable, "-m", "scripts.stand_ins", "job", variant, str(steps[0]), str(steps[1]), "generate", prompt]
    command += ["--preset", "custom", "--quality", "draft", "--keep-going", "--seed", str(seed), "--output", str(folder)]
    command += ["--image-model", str(models / image), "--video-model", str(models / "video")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    started = time.monotonic()
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=ROOT)
    record: dict[str, Any] = {"variant": variant, "prompt": prompt, "seconds": round(time.monotonic() - started)}
    if finished.returncode:
        return record | dict.fromkeys(PARTS, False) | {"overlap": 0.0, "error": finished.stderr.strip()[-300:]}
    try:
        verdict = judge_body(read_soups(folder / "asset"), words_of(*words))
    except (EvaluationError, ValueError) as error:
        return record | dict.fromkeys(PARTS, False) | {"overlap": 0.0, "error": str(error)}
    found = {part: bool(getattr(verdict, part)) for part in PARTS}
    limbs = None if verdict.limbs is None else asdict(verdict.limbs)
    return record | found | {"overlap": round(verdict.overlap, 3), "limbs": limbs, "whole": asdict(verdict.whole)}


def _trained(models: Path, role: str) -> int:
    """Steps that a model was trained. Raises EvaluationError where there is none."""
    path = models / role / TRAINING
    try:
        return json.loads(path.read_text("utf-8"))["step"]
    except FileNotFoundError as error:
        raise EvaluationError(f"{path} is missing: train the stand-ins first.") from error


def _check_same(output: Path, settings: dict[str, Any]) -> None:
    path, text = output / "settings.json", json.dumps(settings) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text("utf-8") != text:
        raise EvaluationError(f"{output} holds what other models, steps or another seed gave: choose another --output.")


def read_records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def table(records: list[dict[str, Any]]) -> str:
    """What was right of each variant's prompts, in Markdown."""
    lines = ["| | prompts | colour | shape | motion | all three | overlap |", "|---|---|---|---|---|---|---|"]
    for variant in dict.fromkeys(record["variant"] for record in records):
        own = [record for record in records if record["variant"] == variant]
        counts = [sum(record[part] for record in own) for part in PARTS]
        right = sum(all(record[part] for part in PARTS) for record in own)
        overlap = sum(record["overlap"] for record in own) / len(own)
        lines.append(f"| {variant} | {len(own)} | {' | '.join(map(str, (*counts, right)))} | {overlap:.2f} |")
    return "\n".join(lines)
