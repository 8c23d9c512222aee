"""`python -m engine evaluate`: how often prompts come out right, and what each part of the method is worth."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.request_options import add_common_options
from engine.contract import protocol
from engine.contract.request import check_choice, check_integer
from engine.files import write_text, written_aside


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("evaluate", help="how often prompts come out right, with each part of the method left out")
    parser.add_argument("--output", type=Path, required=True, help="the folder of jobs and results; one there is gone on with")
    parser.add_argument("--quality", default="standard", help="draft, standard, high (standard)")
    parser.add_argument("--count", type=int, default=8, help="prompts, drawn at random (8)")
    parser.add_argument("--draw", type=int, default=0, help="seed of the draw of prompts (0)")
    parser.add_argument("--prompts", nargs="+", metavar="PROMPT", help="these instead, each as color object motion")
    parser.add_argument("--seed", type=int, default=0, help="of every run (0)")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="these variants alone; a wrong name lists them all")
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, each with its share of the cores (1)")
    add_common_options(parser, device=False)
    parser.set_defaults(run=evaluate)


def evaluate(options: argparse.Namespace, console: Console) -> int:
    """Runs the variants, then writes the table and the picture."""
    import imageio.v3 as imageio

    from engine.config.quality import QUALITIES
    from engine.evaluate.ablation import evaluate as evaluate_prompts
    from engine.evaluate.ablation import read_records, variants
    from engine.evaluate.prompts import Words, draw
    from engine.evaluate.report import caption, picture, table
    from engine.evaluate.scorer import load_scorer
    from engine.evaluate.triangle_soup import EvaluationError
    from engine.models.presets import SCORER_FOLDER
    from engine.pipeline.eta import TaskEta

    check_choice("quality", options.quality, QUALITIES)
    for name, low, high in (("count", 1, 640), ("draw", 0, 2**31 - 1), ("seed", 0, 2**31 - 1), ("workers", 1, 64)):
        check_integer(name, getattr(options, name), low, high)
    quality = QUALITIES[options.quality]
    words = [Words.of(prompt) for prompt in options.prompts] if options.prompts else draw(options.count, options.draw)
    # A prompt that comes twice is one job.
    words = list(dict.fromkeys(words))
    names = options.only or list(variants(quality))
    for name in names:
        check_choice("variant", name, variants(quality))
    folder, eta = options.output, TaskEta()
    asked = {(name, each.canonical) for name in names for each in words}
    try:
        before = sum((record.variant, record.prompt) in asked for record in read_records(folder))
        records = evaluate_prompts(folder, quality, words, names, load_scorer(SCORER_FOLDER), options.seed, options.workers)
        for found, record in enumerate(records, 1):
            left = eta.seconds_left(found, len(asked) - before)
            message = protocol.progress("evaluate", before + found, len(asked), left, {"rank": record.rank})
            console.emit(
                message, f"{before + found}/{len(asked)} {record.variant}: {caption(record)}; about {left / 60:.0f} min left"
            )
        everything = read_records(folder)
        write_text(folder / "evaluation.md", table(everything))
        with written_aside(folder / "evaluation.png") as part:
            imageio.imwrite(part, picture(folder, everything), extension=".png")
    except OSError as error:
        raise EvaluationError(f"Can't write to {folder} ({error.strerror or error}): choose another --output.") from error
    console.emit(protocol.result(str(folder / "evaluation.md")), table(everything))
    return 0
