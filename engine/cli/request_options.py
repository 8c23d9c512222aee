"""The settings of a request as command line options, made from the contract's own list."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from engine.contract.request import SETTINGS, help_text

TYPES = {"integer": int, "number": float}


def add_request_options(parser: argparse.ArgumentParser, names: Iterable[str] = SETTINGS, changes: bool = False) -> None:
    """An option for each setting of `names` that a user gives. changes: they change a job that has begun."""
    for name in names:
        setting = SETTINGS[name]
        if setting.kind == "internal":
            continue
        if setting.kind == "flag":
            action: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
        else:
            action = {"action": "append"} if setting.kind == "names" else {"type": TYPES.get(setting.kind, str)}
            action["metavar"] = setting.metavar
        text = f"changes it: {help_text(name)}" if changes else help_text(name)
        parser.add_argument(f"--{name.replace('_', '-')}", help=text.replace("%", "%%"), **action)


def request_values(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, and the prompt where the command takes one, as plain values."""
    names = ("prompt", *SETTINGS)
    return {name: value for name in names if (value := getattr(options, name, None)) is not None}


def add_common_options(parser: argparse.ArgumentParser, device: bool = True) -> None:
    """What most commands take. device: whether the command works with tensors."""
    if device:
        parser.add_argument("--device", default="cpu", help="where tensors live: cpu, cuda, mps (cpu)")
    parser.add_argument("--json", action="store_true", help="print messages of the protocol, one a line")
