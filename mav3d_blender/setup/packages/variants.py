"""The builds of PyTorch an environment can have: where they come from and how large they are."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from .requirements import Requirement, SetupError

GB = 10**9


@dataclass(frozen=True)
class Variant:
    """download, disk: bytes. index: PyTorch's own index for Linux and Windows. build: the mark of that index's builds."""

    name: str
    label: str
    download: int
    disk: int
    sizes: str
    index: str
    build: str

    @property
    def sentence(self) -> str:
        return f"{self.label}: about {self.download / GB:.1f} GB to download, {self.disk / GB:.1f} GB on disk ({self.sizes})."


_INDEX = "https://download.pytorch.org/whl/"
# CUDA 13.0 is the stable build of PyTorch 2.13: cards from the GeForce 16 and 20 series on.
_CUDA = "NVIDIA (CUDA 13.0)"
VARIANTS = {
    "cpu": Variant("cpu", "CPU", 44 * GB // 100, 18 * GB // 10, "measured on Linux", _INDEX + "cpu", "cpu"),
    "cuda": Variant("cuda", _CUDA, 3 * GB, 6 * GB, "measured on Linux, estimated elsewhere", _INDEX + "cu130", "cu130"),
}


def variant_of(name: str, system: str = sys.platform) -> Variant:
    """Raises SetupError where there is no such variant, or not on this system."""
    if name not in VARIANTS:
        raise SetupError(f"There is no variant {name!r} of the engine: choose {' or '.join(VARIANTS)}.")
    if name == "cuda" and system == "darwin":
        raise SetupError("There is no CUDA on macOS: choose the CPU variant, which uses Apple's graphics by itself.")
    return VARIANTS[name]


def index_addresses(variant: Variant, system: str = sys.platform) -> list[str]:
    """PyTorch's index, beside the user's own. PyPI's builds for macOS are the right ones already."""
    return [] if system == "darwin" else [variant.index]


def with_build(requirements: list[Requirement], variant: Variant, system: str = sys.platform) -> list[Requirement]:
    """`requirements` with torch's build named, so that another one is never taken instead where an index does not answer."""
    if system == "darwin":
        return requirements
    return [
        Requirement(item.name, item.operator, f"{item.version}+{variant.build}")
        if item.name == "torch" and item.operator == "=="
        else item
        for item in requirements
    ]
