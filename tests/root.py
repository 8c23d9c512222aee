"""Where the repository is, and how long tests wait."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Seconds until a test gives up what it waits for: no machine is so busy, so that only a fault takes so long.
PATIENCE = 3600.0
