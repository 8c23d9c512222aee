"""The processes that fill the pool of pictures beside training, at the lowest priority."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


class Renderers:
    """Runs `scripts.training --fill`, `count` times over, for as long as this process lives."""

    def __init__(self, work: Path, gigabytes: float, count: int = 1) -> None:
        self.pool = work / "pool"
        self.command = [sys.executable, "-m", "scripts.training", "--work", str(work), "--pool", str(gigabytes)]
        self.processes = [self._start(which, count) for which in range(count)]

    def keep_going(self) -> None:
        """Starts those again that have ended; so one that is killed comes back with the world's code as it is now."""
        for which, process in enumerate(self.processes):
            if process.poll() is not None:
                print(f"renderer {which}: ended with {process.returncode}, starts again", flush=True)
                self.processes[which] = self._start(which, len(self.processes))

    def wait_for(self, shards: int) -> None:
        """Until the pool has that many shards. Raises RuntimeError if a renderer ends before."""
        while (there := len(list(self.pool.glob("*.safetensors")))) < shards:
            if ended := [process.returncode for process in self.processes if process.poll() is not None]:
                raise RuntimeError(f"a renderer ended with {ended[0]} when there were {there} of {shards} shards")
            print(f"pool: {there} of the first {shards} shards", flush=True)
            time.sleep(5)

    def _start(self, which: int, count: int) -> subprocess.Popen:
        command = [*self.command, "--fill", str(os.getpid()), str(which), str(count)]
        return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""})
