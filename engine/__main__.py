"""`python -m engine`: the command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from engine.cli.main import main

# What of Python's surroundings its libraries don't stand: they make functions from docstrings, and use what is deprecated.
# PYTHONINSPECT would have a command wait for input at its end, where its exit code belongs.
VARIABLES = ("PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONINSPECT")


def unoptimised() -> list[str]:
    """The command that this process was started by, with asserts and docstrings left in."""
    given = sys.orig_argv[1:]
    options = given[: given.index("-m")] if "-m" in given else []
    options = [re.sub("O", "", each) if re.fullmatch("-[A-VY-Za-z]+", each) else each for each in options]
    return [sys.executable, *(each for each in options if each != "-"), "-m", "engine", *sys.argv[1:]]


def restart() -> None:
    """Becomes a process without -O and VARIABLES; where the system can't, waits for one and leaves as it does."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    if sys.platform == "win32":
        sys.exit(subprocess.run(unoptimised(), env=environment).returncode)
    os.execve(sys.executable, unoptimised(), environment)


if __name__ == "__main__":
    if sys.flags.optimize > 1 or os.environ.get("PYTHONWARNINGS") or os.environ.get("PYTHONINSPECT"):
        restart()
    # Threads that wait by spinning stop everything else on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Only `models fetch` asks the hub for anything, and not even that where the user says no.
    if sys.argv[1:3] != ["models", "fetch"]:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # What Metal lacks runs on the CPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main())
