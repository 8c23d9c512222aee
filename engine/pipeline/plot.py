"""A run's metrics as a small picture: one curve each, stages side by side."""

from __future__ import annotations

import json
import math
from pathlib import Path

from PIL import Image, ImageDraw

from engine.files import written_aside

CURVES = {"gradient": "gradient per pixel", "motion": "motion between frames", "opacity": "opacity"}
WIDTH, HEIGHT, MARGIN = 640, 110, 22
INK, FAINT, PAPER = (40, 60, 140), (205, 208, 216), (252, 252, 253)


def plot_metrics(events: Path, picture: Path) -> Path | None:
    """Draws the progress messages in an events.jsonl to a PNG; None where there is nothing to draw yet."""
    rows = _read(events)
    if len(rows) < 2:
        return None
    image = Image.new("RGB", (WIDTH, len(CURVES) * HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    for number, (name, title) in enumerate(CURVES.items()):
        _curve(draw, number * HEIGHT, title, [(stage, metrics.get(name, math.nan)) for stage, metrics in rows])
    with written_aside(picture) as part:
        image.save(part, "PNG")
    return picture


def _read(events: Path) -> list[tuple[str, dict[str, float]]]:
    """The stage and metrics of each progress message that has a gradient."""
    rows = []
    for line in events.read_text("utf-8").splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            # A killed run may leave half a line.
            continue
        if message.get("type") == "progress" and "gradient" in message.get("metrics", {}):
            rows.append((message["stage"], message["metrics"]))
    return rows


def _curve(draw: ImageDraw.ImageDraw, top: int, title: str, values: list[tuple[str, float]]) -> None:
    known = [value for _, value in values if math.isfinite(value)]
    highest = max(known, default=0.0) or 1.0
    left, right, bottom, roof = MARGIN, WIDTH - MARGIN, top + HEIGHT - MARGIN, top + MARGIN
    draw.text((left, top + 4), f"{title}, 0 to {highest:.3g}", fill=INK)
    draw.line([(left, bottom), (right, bottom)], fill=FAINT)
    line, before = [], None
    for index, (stage, value) in enumerate(values):
        x = left + (right - left) * index / (len(values) - 1)
        if stage != before:
            draw.line([(x, roof), (x, bottom)], fill=FAINT)
            draw.text((x + 3, bottom + 2), stage.replace("_", "-"), fill=INK)
            before = stage
        if math.isfinite(value):
            line.append((x, bottom - (bottom - roof) * value / highest))
    if len(line) > 1:
        draw.line(line, fill=INK, width=2)
