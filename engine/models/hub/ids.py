"""How a model of the hub is named: owner/name, or owner/name@revision, where a revision is a branch, a tag or a commit."""

from __future__ import annotations

import re

MAIN = "main"
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[\w.][\w./-]*", re.ASCII)


def split_source(source: str) -> tuple[str, str] | None:
    """The id and the revision in `owner/name` or `owner/name@revision`; None where it is neither."""
    name, mark, revision = source.partition("@")
    if not _ID.fullmatch(name) or ".." in source or "--" in name or (mark and not _REVISION.fullmatch(revision)):
        return None
    return name, revision or MAIN


def source_text(name: str, revision: str = MAIN) -> str:
    """`owner/name@revision`, without the revision where it is the usual one."""
    return name if revision == MAIN else f"{name}@{revision}"
