"""Where packages come from, and how long an answer is waited for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from .requirements import Requirement, SetupError
from .variants import Variant, index_arguments, with_build


@dataclass(frozen=True)
class Source:
    """index: the address of a package index in place of PyPI and, for the CPU, of PyTorch's own; empty: these two, or in place
    of PyPI what the user's own pip settings say (pip.conf, PIP_INDEX_URL). arguments: pip's, in place of all that. seconds: how
    long an answer is waited for; tries: how often it is asked for."""

    index: str = ""
    arguments: tuple[str, ...] | None = None
    seconds: float = 15.0
    tries: int = 3

    @property
    def local(self) -> bool:
        """Whether nothing of it is on a network."""
        return "--no-index" in (self.arguments or ())

    def pip_arguments(self, variant: Variant, system: str = sys.platform) -> list[str]:
        """What pip is told. Raises SetupError where the index is no address."""
        # A host that swallows what it is asked would else hold an installation up for many minutes.
        patience = ["--timeout", f"{self.seconds:g}", "--retries", str(self.tries - 1)]
        if self.arguments is not None:
            return [*patience, *self.arguments]
        pytorch = index_arguments(variant, system)
        if not self.index.strip():
            return [*patience, *pytorch]
        own = ["--index-url", checked_index(self.index)]
        return [*patience, *own, *([] if variant.name == "cpu" else pytorch)]

    def wanted(self, requirements: list[Requirement], variant: Variant, system: str = sys.platform) -> list[Requirement]:
        """The requirements as this source is asked for them. An index of the user's may have any build of torch for the CPU;
        PyTorch's has one by name."""
        if self.arguments is not None or (self.index.strip() and variant.name == "cpu"):
            return requirements
        return with_build(requirements, variant, system)


def checked_index(address: str) -> str:
    """An index's address without blanks around it. Raises SetupError where it is none."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        good = (parts.scheme in ("http", "https") and parts.hostname) or (parts.scheme == "file" and parts.path)
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in address):
        raise SetupError(
            f"The package index {address[:80]!r} is no address: give one such as https://mirror.example/simple, or none."
        )
    return address
