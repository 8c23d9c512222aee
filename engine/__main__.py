"""`python -m engine`: the command line."""

from __future__ import annotations

import os
import sys

from engine.cli.main import main

if __name__ == "__main__":
    # Threads that wait by spinning stop everything else on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Only `models fetch` asks the hub for anything, and not even that where the user says no.
    if sys.argv[1:3] != ["models", "fetch"]:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # What Metal lacks runs on the CPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main())
