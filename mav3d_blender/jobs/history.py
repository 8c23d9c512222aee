"""Prompts asked for before, with all their settings, newest first; kept in one JSON file. No bpy."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MOST = 30


def read_history(path: Path) -> list[dict[str, Any]]:
    """Earlier settings, each with a "prompt"; an unreadable file counts as empty."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("prompt"), str)]


def add_to_history(path: Path, settings: dict[str, Any]) -> None:
    """Puts settings first; the same ones from before move up. A file that can't be written is left alone."""
    entries = [settings, *(entry for entry in read_history(path) if entry != settings)][:MOST]
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(entries, indent=1), "utf-8")
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
