"""Setting up as three steps: how each is, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .check import Line, Report

DEVICE_NAMES = {"cpu": "the CPU", "cuda": "CUDA", "mps": "Metal"}


@dataclass(frozen=True)
class Fix:
    """A button. operator: of Blender's; options: what it is called with."""

    operator: str
    text: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Step:
    """state: "ok", "better" (it works and could be better), "missing", "broken", or "unknown". fixes: none where it is ok."""

    name: str
    state: str
    sentence: str
    fixes: tuple[Fix, ...] = ()


CHOOSE = Fix("mav3d.use_python", "Use a Python …")
INSTALL_CUDA = Fix("mav3d.install_engine", "Install the CUDA Build", (("variant", "CUDA"),))


def steps(
    report: Report | None, python: Path | None, device: str, installed: bool = False, outdated: bool = False
) -> tuple[Step, Step, Step]:
    """Engine environment, models, device.

    report: of the newest check, of `python` or not. python: what runs the engine; device: where it is to compute, "cpu", "cuda"
    or "mps". installed: there is an engine that was installed from here; outdated: with packages of an earlier extension.
    """
    if report is not None and report.python != python:
        report = None
    text = "Update Engine" if outdated else "Install Again" if installed else "Install Engine"
    install = Fix("mav3d.install_engine", text)
    if report is None:
        return _not_checked(python, install)
    environment, models, found = report.lines
    return _environment(environment, install), _models(models), _device(found, report, device)


def _not_checked(python: Path | None, install: Fix) -> tuple[Step, Step, Step]:
    models = Step("Models", "unknown", "Not checked yet.")
    if python is None:
        environment = Step("Engine", "missing", "Not installed yet, and no Python is named.", (install, CHOOSE))
        return environment, models, Step("Device", "unknown", "Not known until the engine is there.")
    environment = Step("Engine", "unknown", f"Uses {python}, which is not checked yet.")
    return environment, models, Step("Device", "unknown", "Not checked yet.")


def _environment(line: Line, install: Fix) -> Step:
    if line.state == "ok":
        return Step("Engine", "ok", line.sentence)
    return Step("Engine", line.state, line.sentence, (install, CHOOSE))


def _models(line: Line) -> Step:
    # They are part of the extension, hence nothing here can bring them back.
    return Step("Models", line.state, line.sentence)


def _device(line: Line, report: Report, device: str) -> Step:
    name = "Device"
    if not report.devices:
        return Step(name, "unknown", line.sentence)
    to_cpu = () if device == "cpu" else (_use("cpu"),)
    if line.state != "ok":
        return Step(name, line.state, line.sentence, to_cpu)
    cuda = (INSTALL_CUDA,) if report.cuda_missing else ()
    if device not in report.devices:
        sentence = f"{DEVICE_NAMES[device]} is chosen above, and PyTorch finds none here. It has: {line.sentence}"
        return Step(name, "broken", sentence, (*(cuda if device == "cuda" else ()), *to_cpu))
    if device == "cpu" and cuda:
        return Step(name, "better", line.sentence, cuda)
    better = [each for each in report.devices if each != "cpu"]
    if device == "cpu" and better:
        return Step(name, "better", f"{line.sentence} It is not used: the CPU is chosen above.", (_use(better[0]),))
    return Step(name, "ok", line.sentence)


def _use(device: str) -> Fix:
    return Fix("mav3d.use_device", f"Use {DEVICE_NAMES[device]}", (("device", device.upper()),))
