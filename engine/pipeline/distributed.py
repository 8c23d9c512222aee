"""Joining the other processes of one job, as `torchrun` starts them: one job over several cores, cards or computers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from engine.contract.errors import RanksError
from engine.ranks import ALONE, Share

# How long a rank waits for others that answer nothing: longer than the first takes for a mesh and its pictures.
PATIENCE = timedelta(minutes=30)
# What torchrun tells each process that it starts.
RANK, SIZE, LOCAL_RANK = "RANK", "WORLD_SIZE", "LOCAL_RANK"


def leads() -> bool:
    """Whether this process, of those that torchrun started, is the one that writes; also where it is alone."""
    return os.environ.get(RANK, "0") == "0"


@contextmanager
def joined(device: torch.device) -> Iterator[tuple[Share, torch.device]]:
    """This process's share, and its device: of several cards the one that is its own. Alone where torchrun did not start it.

    Sums go through NCCL between cards and through gloo otherwise. Raises RanksError where the others do not come.
    """
    size = int(os.environ.get(SIZE, "1"))
    if size == 1:
        yield ALONE, device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ[LOCAL_RANK]))
        torch.cuda.set_device(device)
    try:
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise RanksError(
            f"The {size} processes of the job did not find one another ({str(error).splitlines()[0][:200]}): start all of them "
            "with torchrun, and let them reach the first one's address."
        ) from error
    try:
        yield Share(int(os.environ[RANK]), size), device
    finally:
        dist.destroy_process_group()
