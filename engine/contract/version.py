"""The version of engine and extension."""

from __future__ import annotations

import re

VERSION = "0.1.0"


def is_newer(version: str) -> bool:
    """Whether `version`, such as "0.2.0", is newer than this one; False where it is no version."""
    found, own = (re.match(r"(\d+)\.(\d+)\.(\d+)", text) for text in (version, VERSION))
    return bool(found) and tuple(map(int, found.groups())) > tuple(map(int, own.groups()))
