"""What a run takes beside what was estimated for it: python -m scripts.benchmark.estimate.

Estimates a request, then runs it, each in a process of its own, and prints seconds of every stage and the peak memory of both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.config.stage import STAGES
from scripts.benchmark.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.estimate", description=__doc__.splitlines()[0])
    parser.add_argument("prompt", nargs="?", default="a red ball bouncing")
    parser.add_argument("--qualities", nargs="+", default=["draft", "standard"])
    options = parser.parse_args()
    print(describe_machine())
    print("\n| quality | stage | estimated, s | taken, s | taken / estimated |\n|---|---|---|---|---|")
    for quality in options.qualities:
        estimated, memory = estimate(options.prompt, quality)
        with tempfile.TemporaryDirectory() as folder:
            messages, most = run("generate", options.prompt, "--quality", quality, "--seed", "0", "--output", folder)
        taken = stage_seconds(messages)
        for stage in [*taken, "together"]:
            both = [sum(values.values()) if stage == "together" else values[stage] for values in (estimated, taken)]
            print(f"| {quality} | {stage.replace('_', '-')} | {both[0]:.1f} | {both[1]:.1f} | {both[1] / both[0]:.2f} |")
        print(f"| {quality} | memory, MB | {memory} | {most} | {most / memory:.2f} |", flush=True)


def estimate(prompt: str, quality: str) -> tuple[dict[str, float], int]:
    """Estimated seconds of each stage, and MB."""
    message = run("estimate", prompt, "--quality", quality)[0][-1][1]
    return message["seconds"], message["memory_mb"]


def run(*arguments: str) -> tuple[list[tuple[float, dict[str, Any]]], int]:
    """The engine's messages, each with the second it came in, and the most memory it held, MB (Linux: KB are counted)."""
    command = [sys.executable, "-m", "engine", *arguments, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    started, messages = time.monotonic(), []
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        messages.append((time.monotonic() - started, json.loads(line)))
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return messages, usage.ru_maxrss // 1024


def stage_seconds(messages: list[tuple[float, dict[str, Any]]]) -> dict[str, float]:
    """Seconds of each stage, from the end of what came before it (the first: from the job's start) to its last progress."""
    begun = next(second for second, message in messages if message["type"] == "started")
    ends: dict[str, float] = {}
    for second, message in messages:
        if message["type"] == "progress":
            # The estimate has all of an export as "mesh".
            ends[message["stage"] if message["stage"] in STAGES else "mesh"] = second
    starts = [begun, *ends.values()]
    return {stage: end - start for (stage, end), start in zip(ends.items(), starts, strict=False)}


if __name__ == "__main__":
    main()
