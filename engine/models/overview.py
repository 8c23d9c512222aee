"""A table of the models: what each preset needs, what is on disk, licences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.models.catalogue import CATALOGUE, canonical, listed
from engine.models.hub import local
from engine.models.hub.cache import cache_folder
from engine.models.hub.ids import MAIN, source_text, split_source
from engine.models.hub.store import size_on_disk, store_folder
from engine.models.presets import PRESETS

_HEAD = ("for", "model", "on disk", "download", "memory", "license", "commercial use", "verified")


@dataclass(frozen=True)
class Row:
    """A model. use: what for. bytes: on disk, None where it is not there. download_gb, memory_gb: estimated, None where not
    known. commercial: whether the licence allows commercial work, None where it depends or is not known. verified: run by this
    project with its real weights.
    """

    use: str
    model: str
    bytes: int | None
    download_gb: float | None
    memory_gb: float | None
    licence: str
    commercial: bool | None
    gated: bool
    verified: bool
    note: str = ""

    def as_message(self) -> dict[str, Any]:
        return asdict(self)


def overview() -> list[Row]:
    """The models of the presets by role, others that can be used, and what else is on disk."""
    rows, seen, models = [], set(), set()
    for preset in PRESETS.values():
        for role, source in preset.sources().items():
            if not source:
                continue
            use = f"{preset.name} {role}"
            if preset.built_in:
                size = size_on_disk(Path(source))
                rows.append(Row(use, "built in", size, None, None, "cc0-1.0", True, False, True))
            else:
                rows.append(_row(use, source))
                name, revision = _parts(source)
                seen.add(source_text(canonical(name), revision))
                models.add(canonical(name))
    for model in CATALOGUE:
        if model.id not in models and not model.removed:
            rows.append(_row(" ".join(model.roles), model.id))
            seen.add(model.id)
    for model in local.fetched():
        if model.source not in seen:
            rows.append(_row("", model.source))
    return rows


def _row(use: str, source: str) -> Row:
    name, revision = _parts(source)
    model, found = listed(name), local.find(canonical(name), revision)
    size = found.size if found else None
    if model is None:
        return Row(use, source, size, None, None, found.licence if found else "", None, False, False)
    return Row(
        use,
        source,
        size,
        model.download_gb,
        model.memory_gb,
        model.licence,
        model.commercial,
        model.gated,
        model.verified,
        model.note,
    )


def _parts(source: str) -> tuple[str, str]:
    return split_source(source) or (source, MAIN)


def table(rows: list[Row]) -> str:
    """The same as lines for people."""
    lines = [_HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    broken_off = [f"  {name}: {size_text(size)}" for name, size in local.broken_off().items()]
    if broken_off:
        text += ["", "Downloads that broke off (fetch goes on with them, remove deletes them):", *broken_off]
    text += [
        "",
        f"Fetched models are in {cache_folder()}, which other programs use too; converted ones in {store_folder()}.",
        "Downloads and memory (of the denoiser at 16 bits) are estimates; fetch tells the true size of a download.",
        "Verified: run by this project with its real weights.",
    ]
    return "\n".join(text)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.use,
        row.model,
        "no" if row.bytes is None else size_text(row.bytes),
        *("" if size is None else f"~{size:g} GB" for size in (row.download_gb, row.memory_gb)),
        f"{row.licence}{', gated' if row.gated else ''}",
        {True: "yes", False: "no", None: "see license"}[row.commercial],
        "yes" if row.verified else "no",
    )


def size_text(size: int) -> str:
    """Bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
