"""How hard each regulariser pulls beside the image: no term should be silently inert, nor drown the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.ranks import Share
from engine.stages.regularisers import RAY_TERMS


class GradientNorms:
    """Norms of the gradients of weighted terms and of the image, each pair over the same numbers."""

    def __init__(self) -> None:
        self._squares: dict[str, list[float]] = {}

    def add_samples(self, terms: dict[str, Tensor], image: Tensor, density: Tensor) -> None:
        """Of terms of a chunk's rendering, by its samples' densities. image: the scalar whose gradient the image's is."""
        if not image.requires_grad:
            return
        own = _square(torch.autograd.grad(image, density, retain_graph=True))
        for name, term in terms.items():
            self._add(name, _square(torch.autograd.grad(term, density, retain_graph=True)), own)

    def sum_samples(self, share: Share) -> None:
        """Adds up what the ranks have found of their samples."""
        found = {name: self._squares.get(name, [0.0, 0.0]) for name in RAY_TERMS}
        seen = [float(name in self._squares) for name in RAY_TERMS]
        totals = share.total([*seen, *(value for pair in found.values() for value in pair)])
        ranks, squares = totals[: len(RAY_TERMS)], totals[len(RAY_TERMS) :]
        for name, there, own, image in zip(RAY_TERMS, ranks, squares[::2], squares[1::2], strict=True):
            if there:
                self._squares[name] = [own, image]

    def add_scene(self, terms: dict[str, Tensor], parameters: Sequence[Tensor]) -> None:
        """Of terms of the scene itself, by those of `parameters` that each depends on; their gradients of now are the
        image's."""
        free = [parameter for parameter in parameters if parameter.requires_grad]
        for name, term in terms.items():
            if term.requires_grad:
                found = torch.autograd.grad(term, free, retain_graph=True, allow_unused=True)
                pairs = [(grad, each.grad) for grad, each in zip(found, free, strict=True) if grad is not None]
                self._add(name, _square(pair[0] for pair in pairs), _square(pair[1] for pair in pairs if pair[1] is not None))

    def as_metrics(self) -> dict[str, float]:
        """norm/TERM and, over the same numbers, norm/TERM/image."""
        metrics = {}
        for name, (own, image) in self._squares.items():
            metrics |= {f"norm/{name}": math.sqrt(own), f"norm/{name}/image": math.sqrt(image)}
        return metrics

    def _add(self, name: str, own: float, image: float) -> None:
        total = self._squares.setdefault(name, [0.0, 0.0])
        total[0] += own
        total[1] += image


def _square(gradients) -> float:
    return sum(float(gradient.square().sum()) for gradient in gradients)
