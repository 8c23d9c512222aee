"""Is everything there? Three lines for the panel (engine environment, models, device) and a text to paste into a report."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.background import Background
from .models import BUILT_IN, faults_of_models
from .packages.requirements import (
    ENGINE_REQUIREMENTS,
    PYTHON_RANGE,
    PYTHON_VERSIONS,
    Requirement,
    SetupError,
    read_requirements,
    satisfies,
)
from .pythons import ask, python_of

# The first import of torch after it was installed reads gigabytes, through a virus scanner on many machines.
TIME_LIMIT = 240.0


@dataclass(frozen=True)
class Line:
    """One line of the check. state: "ok", "missing" or "broken"."""

    name: str
    state: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """python: what was asked; None where there was none to ask. lines: engine environment, models, device. usable: the engine
    can be started with this Python, if perhaps with other versions than those it was tried with. text: all of it, to copy.
    devices: where PyTorch can work, "cpu" first. cuda_missing: there is an NVIDIA card, and a build that does not know it."""

    python: Path | None
    lines: tuple[Line, Line, Line]
    usable: bool
    text: str
    devices: tuple[str, ...] = ()
    cuda_missing: bool = False

    @property
    def ok(self) -> bool:
        return all(line.state == "ok" for line in self.lines)


def start_check(
    python: Path | None,
    requirements: Path = ENGINE_REQUIREMENTS,
    models: Path = BUILT_IN,
    time_limit: float = TIME_LIMIT,
) -> Background[Report]:
    """Starts `check`; `.poll()` of what comes back is the report, or None until there is one."""
    return Background(check, python, requirements, models, time_limit)


def check(
    python: Path | None,
    requirements: Path = ENGINE_REQUIREMENTS,
    models: Path = BUILT_IN,
    time_limit: float = TIME_LIMIT,
) -> Report:
    """Asks the interpreter `python`, in a process of its own, what it has; never raises for what is wrong with it.

    None: there is none yet.
    """
    model_line, model_faults = _models(models)
    answers: dict[str, Any] = {}
    wanted: list[Requirement] = []
    try:
        if python is None:
            raise SetupError("Not installed yet, and no Python is named.")
        wanted = read_requirements(requirements)
        answers = ask(python, [requirement.name for requirement in wanted], time_limit)
        environment, usable = _environment(python, wanted, answers)
    except SetupError as error:
        state = "missing" if python is None or not python.exists() else "broken"
        environment, usable = Line("Engine environment", state, str(error)), False
    torch = answers.get("torch")
    lines = (environment, model_line, _device(torch))
    text = _text(python, lines, wanted, answers, model_faults)
    return Report(python, lines, usable, text, _devices(torch), _cuda_missing(torch))


def _environment(python: Path, wanted: list[Requirement], answers: dict[str, Any]) -> tuple[Line, bool]:
    """The line about `python`, and whether the engine can be started with it."""
    name = "Engine environment"
    version = tuple(answers["interpreter"]["version"])
    dotted = ".".join(map(str, version))
    if version[:2] not in PYTHON_VERSIONS:
        sentence = f"{python} is Python {dotted} and the engine needs {PYTHON_RANGE}: choose another, or install the engine."
        return Line(name, "broken", sentence), False
    packages = answers.get("packages", {})
    lacking = [requirement for requirement in wanted if not packages.get(requirement.name)]
    if len(lacking) == len(wanted) or any(requirement.name == "torch" for requirement in lacking):
        fault = python_of(python, answers["interpreter"]).fault
        had = len(wanted) - len(lacking)
        sentence = f"Python {dotted} has {had} of the engine's {len(wanted)} packages: install the engine."
        return Line(name, "missing", fault if fault and "module" not in fault else sentence), False
    if lacking:
        some = ", ".join(requirement.name for requirement in lacking[:3]) + (" …" if len(lacking) > 3 else "")
        return Line(name, "broken", f"{len(lacking)} packages are missing ({some}): install the engine again."), False
    fault = _torch_fault(answers) if any(requirement.name == "torch" for requirement in wanted) else ""
    if fault:
        return Line(name, "broken", fault), False
    other = [requirement for requirement in wanted if not satisfies(packages[requirement.name], requirement)]
    if other:
        first = f"{other[0].name} is {packages[other[0].name]}, not {other[0].version}"
        more = f", and {len(other) - 1} more" if len(other) > 1 else ""
        return Line(name, "broken", f"Other versions than the engine was tried with ({first}{more}): install it again."), True
    build = f", torch {answers['torch']['version']}" if "torch" in answers else ""
    return Line(name, "ok", f"Python {dotted}{build}; all {len(wanted)} packages as they should be."), True


def _torch_fault(answers: dict[str, Any]) -> str:
    """Why torch can't be used at all, one sentence; "" where it can be."""
    state = answers.get("torch")
    if state is None:
        if answers["code"] is None:
            return "Importing torch took too long: try again, and exclude the environment's folder from the virus scanner."
        return f"Importing torch ended the process (exit status {answers['code']}): install the engine again."
    error = state.get("error", "")
    if not error:
        return ""
    if "WinError 126" in error or "WinError 1114" in error or "WinError 127" in error:
        return "Windows can't load PyTorch: install the Microsoft Visual C++ Redistributable (x64) and check again."
    if "libcud" in error or "libnv" in error or "libcublas" in error:
        return "PyTorch's NVIDIA libraries are missing or damaged: install the engine again."
    if "No space left" in error or "MemoryError" in error:
        return "There is too little memory or disk space to load PyTorch: make room and check again."
    return f"torch can't be imported ({error.splitlines()[0][:120]}): install the engine again."


def _models(folder: Path) -> tuple[Line, list[str]]:
    state, faults = faults_of_models(folder)
    if state == "ok":
        return Line("Models", state, "The built-in models are there (image, video, upscale)."), faults
    return Line("Models", state, f"The built-in models are {state} ({faults[0]}): install the extension again."), faults


def _device(state: dict[str, Any] | None) -> Line:
    name = "Device"
    if state is None or "error" in state:
        return Line(name, "missing", "Not known until the engine environment works.")
    cuda = state.get("cuda")
    if "device_error" in state:
        what = cuda["name"] if cuda else "The graphics card"
        reason = state["device_error"].splitlines()[0][:120]
        sentence = f"{what} is there but PyTorch can't work on it ({reason}): update its driver."
        if "no kernel image" in state["device_error"]:
            sentence = f"{what} is not among the cards this build of PyTorch was made for: choose CPU, or another CUDA build."
        return Line(name, "broken", sentence)
    if cuda:
        more = f", one of {cuda['count']}" if cuda["count"] > 1 else ""
        return Line(name, "ok", f"{cuda['name']}, {cuda['memory'] / 1e9:.0f} GB{more}.")
    if state.get("mps"):
        return Line(name, "ok", "Apple graphics (MPS).")
    if state["cuda_build"] and any("driver" in text for text in state["warnings"]):
        sentence = "The graphics card's driver is too old for this PyTorch: update it (the CPU works until then)."
        return Line(name, "broken", sentence)
    if _cuda_missing(state):
        return Line(name, "ok", "The CPU. There is an NVIDIA card: install the engine's CUDA variant to use it.")
    return Line(name, "ok", "The CPU; no graphics card that PyTorch can use.")


def _devices(state: dict[str, Any] | None) -> tuple[str, ...]:
    """Where PyTorch can work."""
    if state is None or "error" in state:
        return ()
    found = [name for name in ("cuda", "mps") if state.get(name)] if "device_error" not in state else []
    return ("cpu", *found)


def _cuda_missing(state: dict[str, Any] | None) -> bool:
    return bool(state and "error" not in state and state["nvidia"] and not state["cuda_build"])


def _text(
    python: Path | None, lines: tuple[Line, ...], wanted: list[Requirement], answers: dict[str, Any], model_faults: list[str]
) -> str:
    shown = [f"{line.name}: {line.state}. {line.sentence}" for line in lines]
    shown.append(f"System: {platform.platform()}, {platform.machine()}, {os.cpu_count()} processors")
    shown.append(f"Python asked: {python or 'none'}")
    shown.append(f"Asked from: Python {sys.version.split()[0]}")
    for key in ("interpreter", "torch"):
        if key in answers:
            shown.append(f"{key}: " + ", ".join(f"{name} {value}" for name, value in answers[key].items()))
    if "packages" in answers:
        shown.append("Packages: " + ", ".join(f"{item}: {answers['packages'].get(item.name) or 'none'}" for item in wanted))
    shown += [f"Model: {fault}" for fault in model_faults]
    if answers.get("stderr", "").strip():
        shown += ["Messages:", *answers["stderr"].strip().splitlines()[-15:]]
    return "\n".join(shown) + "\n"
