"""The engine's command line in its own process, on tiny random models."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.root import PATIENCE, ROOT

LAUNCH = """
import sys
from dataclasses import replace
from pathlib import Path
from engine.config import quality as settings
from engine.models import presets
folder = Path(sys.argv.pop(1))
tiny = {role: str(folder / role) for role in ("image", "video", "upscale")}
presets.PRESETS["primitives"] = replace(presets.PRESETS["primitives"], **tiny)
for name, quality in list(settings.QUALITIES.items()):
    mesh = settings.MeshConfig(resolution=24, triangles=200, texture=32)
    settings.QUALITIES[name] = replace(quality, mesh=mesh, field=replace(quality.field, resolutions=(8,), times=16))
from engine.__main__ import main
sys.exit(main())
"""
FIXED = ["--seed", "4", "--topology", "fixed"]
SHORT = ["--static-steps", "2", "--dynamic-steps", "2", "--super-resolution-steps", "1"]


def launch(models: Path, *arguments: str, program: str = LAUNCH, **options) -> subprocess.CompletedProcess:
    """program: what starts the command line; LAUNCH, or that with more to it."""
    command = [sys.executable, "-c", program, str(models), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=PATIENCE, **options)


def messages(done: subprocess.CompletedProcess) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]
