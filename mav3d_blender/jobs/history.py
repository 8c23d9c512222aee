"""The history of prompts with all their settings, newest first, in one JSON file. No bpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..common.files import write_atomically

MAX_ENTRIES = 30


def read_history(path: Path) -> list[dict[str, Any]]:
    """The entries, each a dictionary of settings with a "prompt"; none where the file can't be read."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("prompt"), str)]


def add_to_history(path: Path, settings: dict[str, Any]) -> None:
    """Puts settings first, and drops an equal entry from further down. Ignores a file that can't be written."""
    entries = [settings, *(entry for entry in read_history(path) if entry != settings)][:MAX_ENTRIES]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(entries, indent=1))
    except OSError:
        pass  # the job goes on without an entry
