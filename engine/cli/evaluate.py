"""`python -m engine evaluate`: runs the variants, then writes the table and the picture."""

from __future__ import annotations

import argparse
import time

import imageio.v3 as imageio

from engine.cli.console import Tell
from engine.config.quality import QUALITIES
from engine.contract import protocol
from engine.evaluate.ablation import evaluate, read_records, variants
from engine.evaluate.prompts import Words, draw
from engine.evaluate.report import caption, picture, table
from engine.evaluate.scorer import load_scorer
from engine.evaluate.triangle_soup import EvaluationError
from engine.job.request import choice, whole
from engine.models.presets import SCORER_FOLDER


def evaluate_command(options: argparse.Namespace, tell: Tell) -> int:
    """Does what the options of `engine.evaluate.options` ask for; `tell` hears messages, each with a line for people."""
    choice("quality", options.quality, QUALITIES)
    for name, low, high in (("count", 1, 640), ("draw", 0, 2**31 - 1), ("seed", 0, 2**31 - 1), ("workers", 1, 64)):
        whole(name, getattr(options, name), low, high)
    quality = QUALITIES[options.quality]
    words = [Words.of(prompt) for prompt in options.prompts] if options.prompts else draw(options.count, options.draw)
    # A prompt that comes twice is one job.
    words = list(dict.fromkeys(words))
    names = options.only or list(variants(quality))
    for name in names:
        choice("variant", name, variants(quality))
    folder, started = options.output, time.monotonic()
    asked = {(name, each.canonical) for name in names for each in words}
    try:
        before = sum((record.variant, record.prompt) in asked for record in read_records(folder))
        records = evaluate(folder, quality, words, names, load_scorer(SCORER_FOLDER), options.seed, options.workers)
        for found, record in enumerate(records, 1):
            left = (time.monotonic() - started) / found * (len(asked) - before - found)
            message = protocol.progress("evaluate", before + found, len(asked), left, {"rank": record.rank})
            tell(message, f"{before + found}/{len(asked)} {record.variant}: {caption(record)}; about {left / 60:.0f} min left")
        everything = read_records(folder)
        (folder / "evaluation.md").write_text(table(everything), "utf-8")
        imageio.imwrite(folder / "evaluation.png", picture(folder, everything))
    except OSError as error:
        raise EvaluationError(f"Can't write to {folder} ({error.strerror or error}): choose another --output.") from error
    tell(protocol.result(str(folder / "evaluation.md")), table(everything))
    return 0
