"""An evaluation as a table to read and a picture to look at."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from PIL import Image, ImageDraw

from engine.evaluate.ablation import Record, by_variant, job_folder, variant_names
from engine.evaluate.prompts import Words

TILE, LABEL, FRAMES = 72, 14, (0, 5, 10)
INK, PAPER, WRONG = (40, 40, 48), (252, 252, 253), (176, 32, 32)


def table(records: list[Record]) -> str:
    """Markdown, a row a variant: shares of prompts whose colour, shape, motion and all three are right, R-Precision, the mean
    overlap with the ideal solid, and the mean seconds of a run."""
    columns = {
        "colour": lambda r: r.colour, "shape": lambda r: r.shape, "motion": lambda r: r.motion, "all three": lambda r: r.right,
        "R-Precision": lambda r: r.rank == 1, "overlap": lambda r: r.overlap, "seconds": lambda r: r.seconds,
    }  # fmt: skip
    means = {name: by_variant(records, measure) for name, measure in columns.items()}
    lines = ["| | " + " | ".join(["prompts", *columns]) + " |", "|---" * (len(columns) + 2) + "|"]
    for variant in variant_names(records):
        count = sum(record.variant == variant for record in records)
        shares = [f"{100 * means[name][variant]:.0f} %" for name in list(columns)[:5]]
        cells = [str(count), *shares, f"{means['overlap'][variant]:.2f}", f"{means['seconds'][variant]:.0f}"]
        lines.append(f"| {variant} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def picture(folder: Path, records: list[Record]) -> np.ndarray:
    """A row a prompt, a column a variant, three frames each; below them what is wrong. uint8 [height, width, 3]."""
    names = variant_names(records)
    prompts = list(dict.fromkeys(record.prompt for record in records))
    width, height = len(FRAMES) * TILE + 6, TILE + LABEL
    sheet = Image.new("RGB", (len(names) * width, LABEL + len(prompts) * height), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, name in enumerate(names):
        draw.text((column * width + 4, 1), name, fill=INK)
    for record in records:
        left, top = names.index(record.variant) * width, LABEL + prompts.index(record.prompt) * height
        asset = job_folder(folder, record.variant, Words.of(record.prompt)) / "asset" / "preview.mp4"
        if asset.exists():
            clip = imageio.imread(asset)
            for place, frame in enumerate(FRAMES):
                tile = Image.fromarray(clip[min(frame, len(clip) - 1), :, : clip.shape[2] // 2]).resize((TILE, TILE))
                sheet.paste(tile, (left + place * TILE, top))
        draw.text((left + 4, top + TILE + 1), caption(record), fill=INK if record.right else WRONG)
    return np.array(sheet)


def caption(record: Record) -> str:
    """The prompt and what is wrong with the result."""
    if record.error:
        return f"{record.prompt}: nothing"
    wrong = [part for part in ("colour", "shape", "motion") if not getattr(record, part)]
    return record.prompt + (f": {', '.join(wrong)}" if wrong else "")
