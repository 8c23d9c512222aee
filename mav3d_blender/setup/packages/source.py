"""Where packages come from, and how long an answer is waited for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from .hosts import PYPI
from .requirements import Requirement, SetupError
from .variants import Variant, index_addresses, with_build


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

    def index_arguments(self) -> list[str]:
        """What pip is told about PyPI, or what is in its place, alone. Raises SetupError where the index is no address."""
        # A host that swallows what it is asked would else hold an installation up for many minutes.
        patience = ["--timeout", f"{self.seconds:g}", "--retries", str(self.tries - 1)]
        if self.arguments is not None:
            return [*patience, *self.arguments]
        return [*patience, *(["--index-url", checked_index(self.index)] if self.index.strip() else [])]

    def pip_arguments(self, variant: Variant, system: str = sys.platform) -> list[str]:
        """What pip is told. Raises SetupError where the index is no address."""
        more = [part for address in self._pytorch(variant, system) for part in ("--extra-index-url", address)]
        return [*self.index_arguments(), *more]

    def uv_arguments(self, variant: Variant, system: str = sys.platform) -> list[str]:
        """The same for uv, which is told of its patience by other ways. Raises SetupError where the index is no address."""
        if self.arguments is not None:
            return list(self.arguments)
        own = ["--default-index", checked_index(self.index)] if self.index.strip() else []
        return [*own, *(part for address in self._pytorch(variant, system) for part in ("--index", address))]

    def addresses(self, variant: Variant, system: str = sys.platform) -> list[str]:
        """The indexes that are asked, as far as this says it."""
        if self.local:
            return []
        return [self.index.strip() or PYPI, *self._pytorch(variant, system)]

    def _pytorch(self, variant: Variant, system: str) -> list[str]:
        """PyTorch's own index, where its builds are asked for by name."""
        if self.arguments is not None or (self.index.strip() and variant.name == "cpu"):
            return []
        return index_addresses(variant, system)

    def wanted(self, requirements: list[Requirement], variant: Variant, system: str = sys.platform) -> list[Requirement]:
        """The requirements as this source is asked for them. An index of the user's may have any build of torch for the CPU;
        PyTorch's has one by name."""
        return with_build(requirements, variant, system) if self._pytorch(variant, system) else requirements


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
