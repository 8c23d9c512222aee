"""The hosts that a person's ssh configuration names, to choose from."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

MAX_BYTES, MAX_DEPTH = 2**20, 5


def configured_hosts(path: Path | None = None) -> list[str]:
    """The names after Host in the file and in those that it includes, in their order, without patterns; none where it can't be
    read. path: ~/.ssh/config if left out."""
    return list(dict.fromkeys(_hosts(path or Path.home() / ".ssh" / "config", 0)))


def _hosts(path: Path, depth: int) -> list[str]:
    try:
        with open(path, "rb") as file:
            lines = file.read(MAX_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    found: list[str] = []
    for line in lines:
        match = re.match(r"\s*(host|include)(?:\s*=\s*|\s+)(.+)", line, re.IGNORECASE)
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', match[2])] if match else []
        if match and match[1].lower() == "host":
            found += [word for word in words if not set(word) & set("*?!")]
        elif depth < MAX_DEPTH:
            for word in words:
                # A name without a folder is one of ssh's own.
                pattern = os.path.join(path.parent, os.path.expanduser(word))
                found += [host for each in sorted(glob.glob(pattern)) for host in _hosts(Path(each), depth + 1)]
    return found
