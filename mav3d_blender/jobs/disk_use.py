"""How much of the disk jobs take. No bpy."""

from __future__ import annotations

import os
from pathlib import Path


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder and below it; links are not followed, and what vanishes meanwhile counts nothing."""
    total = 0
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return 0
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                total += folder_bytes(Path(entry.path))
            else:
                total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def job_bytes(folder: Path, job_ids: list[str]) -> dict[str, int]:
    """Bytes of each job's folder, of those in `folder`."""
    return {job_id: folder_bytes(folder / job_id) for job_id in job_ids}


def size_text(size: int) -> str:
    """A size for people: "340 MB"."""
    if size < 10**6:
        return f"{max(1, round(size / 1000))} kB" if size else "0 kB"
    return f"{size / 10**6:.0f} MB" if size < 10**9 else f"{size / 10**9:.1f} GB"
