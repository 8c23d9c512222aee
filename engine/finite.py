"""Nothing that is not finite is written: what every writer asks before it opens a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.contract.errors import DivergedError

if TYPE_CHECKING:
    import torch


def check_finite(values: np.ndarray | torch.Tensor, name: str) -> None:
    """Raises DivergedError where `values` hold a number that is not finite. name: what they would be written to or as."""
    finite = np.isfinite(values) if isinstance(values, np.ndarray) else values.isfinite()
    if not bool(finite.all()):
        raise _error(name)


def json_text(value: Any, name: str, indent: int | None = None) -> str:
    """The value as JSON. Raises DivergedError where it holds a number that is not finite, which JSON does not know."""
    try:
        return json.dumps(value, indent=indent, allow_nan=False)
    except ValueError as error:
        raise _error(name) from error


def pixels(images: torch.Tensor, name: str) -> np.ndarray:
    """Images in [0, 1] as uint8, of the same shape. Raises DivergedError where a number is not finite."""
    check_finite(images, name)
    return (images.clamp(0, 1) * 255).byte().cpu().numpy()


def _error(name: str) -> DivergedError:
    return DivergedError(f"{name} would hold numbers that are not finite, so it was not written")
