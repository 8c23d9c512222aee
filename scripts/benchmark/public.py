"""Time and memory of one distillation gradient of each public model at its full size, beside its denoiser's own time.

    python -m scripts.benchmark.public [--device cuda] [--models wan multi_view] [--limit-gb 24] [--low-memory]

Weights are empty (see `full_size`): they decide neither time nor memory. --limit-gb lets PyTorch have no more of the card than
that, so that what needs more fails as it would on a smaller one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.config.quality import PUBLIC_QUALITIES
from engine.guidance import load
from engine.guidance.load import GuidanceConfig
from engine.guidance.text.prompts import EncodedPrompt
from engine.models.presets import PRESETS
from engine.pipeline.device import find_device
from engine.pipeline.estimate import peak_memory_mb
from engine.pipeline.memory.models import blank_text, model_need
from engine.scene.cameras import random_cameras
from scripts.benchmark.full_size import PARAMETERS, save

ROLE = {"modelscope": "video", "wan": "video", "wan_5b": "video", "latent_upscaler": "upscale", "deepfloyd_upscaler": "upscale"}
STAGE = {"image": "static", "video": "dynamic", "upscale": "super_resolution"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--models", nargs="+", default=list(PARAMETERS), choices=list(PARAMETERS))
    parser.add_argument("--quality", default="standard", choices=list(PUBLIC_QUALITIES))
    parser.add_argument("--limit-gb", type=float, help="of the card's memory")
    parser.add_argument("--low-memory", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    device = find_device(options.device)
    if options.limit_gb and device.type == "cuda":
        whole = torch.cuda.get_device_properties(device).total_memory / 1e9
        torch.cuda.set_per_process_memory_fraction(min(1.0, options.limit_gb / whole), device)
    print("| model | seconds a gradient | of it the denoiser | peak GB | estimated GB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models:
            print(measured(name, save(name, Path(folder) / name), device, options), flush=True)


def measured(name: str, folder: Path, device: torch.device, options: argparse.Namespace) -> str:
    """A line of the table for one model."""
    role = ROLE.get(name, "image")
    stage = PUBLIC_QUALITIES[options.quality].stage(STAGE[role])
    frames = 1 if role == "image" else 16
    half = device.type == "cuda"
    need = model_need(str(folder), role, "", stage.size, frames, half, options.low_memory)
    config = GuidanceConfig("a corgi", replace(PRESETS["custom"], **{role: str(folder)}), low_memory=options.low_memory)
    # The text's encoders are left out: they have no tokenizer, and are gone by the time of a step.
    load._encode = lambda *_: None
    before = peak_memory_mb() or 0
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    guidance = load.load_guidance(role, config, stage.distillation, device).guidance
    network = guidance.denoiser.network
    text = blank_text(network, 1, torch.float32)
    text = type(text)(torch.zeros_like(text.states, device=device), None)
    generator = torch.Generator().manual_seed(0)
    cameras = random_cameras(stage.cameras, generator).to(device)
    clips = torch.rand(stage.cameras, frames, 3, stage.size, stage.size, generator=generator).to(device)
    low = torch.rand(stage.cameras, frames, 3, 64, 64, generator=generator).to(device)
    spent: list[float] = []
    network.register_forward_pre_hook(lambda *_: spent.append(-_now(device)))
    network.register_forward_hook(lambda *_: spent.append(_now(device)))
    times = []
    for _ in range(options.repeats + 1):
        spent.clear()
        begun = _now(device)
        guidance.gradient(clips, EncodedPrompt(text, text), cameras, 0.5, generator, low_resolution=low)
        times.append((_now(device) - begun, sum(spent)))
    seconds, denoising = (min(values) for values in zip(*times[1:], strict=True))
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 1e9
    else:
        # Above what the process held by then, which is right for the first model alone.
        peak = ((peak_memory_mb() or 0) - before) * 2**20 / 1e9
    estimated: Any = need.weights + need.working
    return f"| {name} | {seconds:.3f} | {denoising:.3f} | {peak:.1f} | {estimated:.1f} |"


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


if __name__ == "__main__":
    main()
