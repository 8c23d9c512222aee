"""The processes that share one job, and what each has of it.

Every rank draws the same random numbers for a whole step, works on its portion of the step's cameras, and adds what it found to
what the others found; then all take the same step, so that the scene is the same in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from engine.contract.errors import RanksError


@dataclass(frozen=True)
class Portion:
    """Cameras [start, stop) of a batch of `total`."""

    start: int
    stop: int
    total: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def fraction(self) -> float:
        """Of the batch, 0 to 1."""
        return len(self) / self.total

    def draw(self, count: int, shape: Sequence[int], generator: torch.Generator) -> Tensor:
        """The portion's `count` rows of a normal draw for the whole batch, which has as many rows for each camera:
        [count, *shape]."""
        each = count // len(self)
        return torch.randn(self.total * each, *shape, generator=generator)[self.start * each : self.stop * each]

    def rows(self, count: int) -> int:
        """How many rows the whole batch has where the portion has `count`."""
        return count // len(self) * self.total


def whole(count: int) -> Portion:
    """All of `count` cameras."""
    return Portion(0, count, count)


@dataclass(frozen=True)
class Share:
    """Which of the `size` ranks this process is; alone, what it asks of the others costs nothing.

    Whatever waits for others raises RanksError where one of them is gone.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this rank is the one that writes and speaks."""
        return self.rank == 0

    def portion(self, count: int, together: int = 1) -> Portion:
        """This rank's cameras of `count`, in whole groups of `together`: the first ranks have one group more than the others
        where they don't divide, the last ones none where there are too few."""
        groups = -(-count // together)
        # Rounded up, so that the first ranks have more.
        first, last = (min(-(-groups * rank // self.size) * together, count) for rank in (self.rank, self.rank + 1))
        return Portion(first, last, count)

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Adds the ranks' tensors up, in place; of the same shapes and device in all of them."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        _wait_for_others(lambda: dist.all_reduce(flat))
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def total(self, values: Sequence[float]) -> list[float]:
        """The sums of the ranks' numbers."""
        if self.size == 1:
            return list(values)
        found = torch.tensor(values, dtype=torch.float64)
        _wait_for_others(lambda: dist.all_reduce(found))
        return found.tolist()

    def any(self, flag: bool) -> bool:
        """Whether it is so in any rank."""
        return self.total([float(flag)])[0] > 0

    def first(self, number: int) -> int:
        """The first rank's whole number, of 63 bits."""
        return int(self.copied(torch.tensor(int(number))))

    def copied(self, tensor: Tensor) -> Tensor:
        """What the first rank has in place of this one's tensor, of the same shape and type, on the CPU."""
        if self.size > 1:
            _wait_for_others(lambda: dist.broadcast(tensor, 0))
        return tensor

    def agrees(self, number: int) -> bool:
        """Whether all ranks have this whole number, of 63 bits."""
        if self.size == 1:
            return True
        ends = torch.tensor([number, -number])
        _wait_for_others(lambda: dist.all_reduce(ends, dist.ReduceOp.MAX))
        return int(ends[0]) == -int(ends[1])

    def wait(self) -> None:
        """Waits until all ranks are here."""
        self.total([0.0])

    @contextmanager
    def after_first(self) -> Iterator[None]:
        """A block that the first rank goes through before all others: they find what it has written."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()


ALONE = Share()


def checksum(tensors: Sequence[Tensor]) -> int:
    """A number by which float32 tensors that differ in any bit are told apart, as good as always."""
    sums = [int(each.detach().view(torch.int32).sum(dtype=torch.int64)) for each in tensors]
    return sum(place * each for place, each in enumerate(sums, 1)) % 2**62


def _wait_for_others(ask: Callable[[], object]) -> None:
    try:
        ask()
    except RuntimeError as error:
        reason = str(error).splitlines()[0][:200]
        raise RanksError(
            f"Another of the processes that share this job has ended or does not answer ({reason}): its own words say why. The "
            "last checkpoint is kept, and any number of processes goes on from it."
        ) from error
