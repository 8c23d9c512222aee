"""Which computers pip and uv ask, and which of them gave no answer, from what they print."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

PYPI = "https://pypi.org/simple"
_INDEXES = re.compile(r"^Looking in indexes: (.+)$", re.MULTILINE)
# One attempt failed; `total` more follow. The last may end in this page of an index, or this file.
_RETRY = re.compile(r"Retrying \(Retry\(total=(\d+),.*?after connection broken by (.*?)(?:: (/\S*))?\s*$", re.MULTILINE)
_NAMED = (
    re.compile(r"host='([^']+)'(?:, port=(\d+))?"),
    re.compile(r"Connection to ([\w.-]+) timed out"),
    re.compile(r"Failed to resolve '([^']+)'"),
    # uv's.
    re.compile(r"Failed to (?:fetch|download):? `?https?://(?:[^\s/@]+@)?([^\s/:`]+)(?::(\d+))?"),
)
_USUAL_PORTS = (None, "80", "443")


def indexes(text: str) -> list[str]:
    """The addresses of the indexes that pip looks in."""
    # PyPI alone is not announced.
    match = _INDEXES.search(text)
    return match.group(1).split(", ") if match else [PYPI]


def asked(text: str) -> str:
    """The hosts that pip looks in, in words; "" where it looks on no other computer."""
    return words(indexes(text))


def words(addresses: list[str]) -> str:
    """The hosts of addresses; "" where they are on no other computer."""
    return " or ".join(dict.fromkeys(host for host in map(_host, addresses) if host))


def silent(text: str) -> str:
    """The host that did not answer at all the attempts, the first one; "" where none is named."""
    for attempts, reason, page in _RETRY.findall(text):
        if attempts == "0":
            return _named(reason) or _host_of_page(page, indexes(text))
    return _named(text)


def retried(line: str) -> tuple[str, int] | None:
    """The host that a line says did not answer ("" where it names none), and how many more times it is asked."""
    match = _RETRY.search(line)
    return (_named(match.group(2)), int(match.group(1))) if match else None


def _named(text: str) -> str:
    for pattern in _NAMED:
        if match := pattern.search(text):
            port = match.group(2) if pattern.groups > 1 else None
            return match.group(1) + ("" if port in _USUAL_PORTS else f":{port}")
    return ""


def _host_of_page(page: str, addresses: list[str]) -> str:
    """The host whose index a page such as /whl/cpu/torch/ is of; older pips name no more than the page."""
    index = page.rstrip("/").rpartition("/")[0]
    return next((_host(address) for address in addresses if urlsplit(address).path.rstrip("/") == index), "")


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
