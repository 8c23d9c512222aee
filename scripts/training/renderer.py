"""The process that fills the pool of pictures beside training, at the lowest priority."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


class Renderer:
    """Runs `scripts.training --fill` for as long as this process lives."""

    def __init__(self, work: Path, gigabytes: float) -> None:
        self.pool = work / "pool"
        self.command = [sys.executable, "-m", "scripts.training", "--work", str(work), "--pool", str(gigabytes)]
        self.command += ["--fill", str(os.getpid())]
        self.process = self._start()

    def keep_going(self) -> None:
        """Starts it again if it has ended; so one that is killed comes back with the world's code as it is now."""
        if self.process.poll() is not None:
            print(f"renderer: ended with {self.process.returncode}, starts again", flush=True)
            self.process = self._start()

    def wait_for(self, shards: int) -> None:
        """Until the pool has that many shards. Raises RuntimeError if the renderer ends before."""
        while (there := len(list(self.pool.glob("*.safetensors")))) < shards:
            if self.process.poll() is not None:
                raise RuntimeError(f"the renderer ended with {self.process.returncode} at {there} of {shards} shards")
            print(f"pool: {there} of the first {shards} shards", flush=True)
            time.sleep(10)

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen(self.command, env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""})
