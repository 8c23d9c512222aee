"""A prompt to an asset folder, from Python: python examples/prompt_to_asset.py "a red ball bouncing" output/ball"""

import sys
from pathlib import Path

from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.job.lock import held
from engine.job.resolve import resolve_new
from engine.pipeline.run import run_job


def make(prompt: str, folder: Path, **settings) -> Path:
    """Runs the job in `folder`, or goes on with it there; returns the asset folder. settings: of `Request`."""
    job_folder = JobFolder(folder)
    request = Request.checked({"prompt": prompt, "quality": "draft", **settings})
    job = resolve_new(request, job_folder, draw_seed="seed" not in settings)
    with held(folder):
        run_job(job, job_folder, print_progress, stop=lambda: False, device="cpu")
    return job_folder.asset


def print_progress(message: dict) -> None:
    if message["type"] == "progress":
        print(f"{message['stage']}: {message['step']} of {message['steps']}, {message['eta_s']:.0f} s left")


if __name__ == "__main__":
    print(make(sys.argv[1], Path(sys.argv[2])))
