"""Runs many prompts through the whole product and judges each .blend: python -m scripts.benchmark.prompts.

Prompts are drawn at random from the vocabulary of the toys or, with `--preset creatures`, of bodies that bend. Results go to
DIR/results.jsonl as they come, and a contact sheet to DIR/sheet.png, a row a prompt: eight frames of the engine's preview, the
same of the .blend in Cycles, and four from behind. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from PIL import Image, ImageDraw

from engine.contract.prompt import canonical_prompt
from engine.evaluate.bodies import prompts as bodies
from engine.evaluate.prompts import Words, draw
from engine.models.world.words import lexicon
from engine.models.world.words.vocabulary import bodies_vocabulary

TILE = 96


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.prompts", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("output/benchmark"))
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of prompts")
    parser.add_argument("--prompts", nargs="*", help="these instead of drawn ones; of toys each as colour object motion")
    parser.add_argument("--preset", choices=["primitives", "creatures"], default="primitives")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    chosen = chosen_prompts(options)
    results = options.output / "results.jsonl"
    done = {json.loads(line)["prompt"] for line in results.read_text().splitlines()} if results.exists() else set()
    for prompt, words in chosen.items():
        if prompt in done:
            continue
        with open(results, "a") as file:
            file.write(json.dumps(run(prompt, words, options)) + "\n")
    report(results, options.output)


def chosen_prompts(options: argparse.Namespace) -> dict[str, Words | lexicon.Words]:
    """What each prompt says, by the prompt as a person types it."""
    if options.preset == "primitives":
        words = [Words.of(prompt) for prompt in options.prompts] if options.prompts else draw(options.count, options.seed)
        return {each.prompt: each for each in words}
    if options.prompts:
        return {text: lexicon.Words.parse(canonical_prompt(text, bodies_vocabulary())) for text in options.prompts}
    return {bodies.sentence(each): each for each in bodies.draw(options.count, options.seed)}


def run(prompt: str, words: Words | lexicon.Words, options: argparse.Namespace) -> dict:
    """One prompt from text to verdict."""
    folder = options.output / prompt.replace(" ", "-")
    command = [sys.executable, "-m", "scripts.product", prompt, "--output", str(folder), "--quality", options.quality]
    started, worked = time.monotonic(), _processor_seconds()
    more = ["--preset", options.preset, "--seed", "0", "--no-render"]
    finished = subprocess.run([*command, *more], capture_output=True, text=True)
    seconds = time.monotonic() - started
    # On a shared machine the processor's own time says more than the clock.
    record = {"prompt": prompt, "seconds": round(seconds, 1), "cpu_seconds": round(_processor_seconds() - worked, 1)}
    record["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if finished.returncode:
        record |= {"colour": False, "shape": False, "motion": False, "error": finished.stderr.strip()[-300:]}
    else:
        record |= verdict_on(folder / "scene.blend", words)
    print(json.dumps(record), flush=True)
    return record


def verdict_on(blend: Path, words: Words | lexicon.Words) -> dict:
    """Whether colour, shape and motion are right, and the measures."""
    from scripts.benchmark.judge import judge, judge_creature

    if isinstance(words, Words):
        verdict = judge(blend, words.shape, words.motion)
        return verdict.matches(words.colour, words.motion) | {"verdict": dataclasses.asdict(verdict)}
    body = judge_creature(blend, words)
    return {"colour": body.colour, "shape": body.shape, "motion": body.motion, "verdict": dataclasses.asdict(body)}


def _processor_seconds() -> float:
    """User and system time of all child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(results: Path, output: Path) -> None:
    """Prints the score and lays the previews out as one picture."""
    records = [json.loads(line) for line in results.read_text().splitlines()]
    for part in ("colour", "shape", "motion"):
        print(f"{part}: {sum(record[part] for record in records)} of {len(records)}")
    right = sum(record["colour"] and record["shape"] and record["motion"] for record in records)
    print(f"all three: {right} of {len(records)}; slowest {max(r['seconds'] for r in records):.0f} s")
    rows = [row(output / record["prompt"].replace(" ", "-"), caption(record)) for record in records if "error" not in record]
    if rows:
        imageio.imwrite(output / "sheet.png", np.concatenate(rows))


def caption(record: dict) -> str:
    """The prompt and what is wrong with the result."""
    wrong = [part for part in ("colour", "shape", "motion") if not record[part]]
    return record["prompt"] + (f": wrong {', '.join(wrong)}" if wrong else ": right")


def row(folder: Path, text: str) -> np.ndarray:
    """One prompt's strip of the contact sheet; made once and kept in its folder, uint8 [height, width, 3]."""
    from scripts.benchmark.views import render_views

    kept = folder / "strip.png"
    if not kept.exists():
        preview = imageio.imread(folder / "asset" / "preview.mp4")[::2]
        side = preview.shape[2] // 2
        preview = [np.array(Image.fromarray(frame[:, :side]).resize((TILE, TILE))) for frame in preview]
        front = render_views(folder / "scene.blend", 0.5, 2, TILE)
        behind = render_views(folder / "scene.blend", 0.5 + math.pi, 4, TILE)
        imageio.imwrite(kept, np.concatenate([*preview, *front, *behind], 1))
    strip = imageio.imread(kept)
    label = Image.new("RGB", (strip.shape[1], 14), "white")
    ImageDraw.Draw(label).text((4, 1), text, fill="black")
    return np.concatenate([np.array(label), strip])


if __name__ == "__main__":
    main()
