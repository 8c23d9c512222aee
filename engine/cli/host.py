"""`python -m engine host`: whether another computer has what `--host` needs, and installing the engine there."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from engine.cli.console import Console
from engine.cli.request_options import add_common_options
from engine.contract import protocol
from engine.contract.errors import RequestError
from engine.remote.host import FOLDER, Host
from engine.remote.setup import check_host, install_there

VARIANTS = ("cpu", "cuda")


def add_command(subparsers: Any) -> None:
    """Adds the command and its own subcommands."""
    parser = subparsers.add_parser("host", help="check another computer for --host, or install the engine there")
    inside = parser.add_subparsers(required=True, metavar="ACTION")
    for name, text, run in (
        ("check", "connection, engine, device and disk of a host", check),
        ("install", "copy the engine to a host and make its environment there", install),
    ):
        action = inside.add_parser(name, help=text)
        action.add_argument("host", metavar="NAME", help="of your ssh configuration")
        action.add_argument("--host-folder", default=FOLDER, metavar="FOLDER", help=f"the one there for the engine ({FOLDER})")
        action.add_argument("--ssh-config", default="", metavar="FILE", help="in place of your ssh configuration")
        if run is install:
            action.add_argument("--variant", default="cpu", help=f"build of PyTorch: {', '.join(VARIANTS)} (cpu)")
            action.add_argument("--index", default="", metavar="URL", help="of a package index in place of PyPI")
            action.add_argument("--yes", action="store_true", help="without asking first")
        add_common_options(action, device=run is check)
        action.set_defaults(run=run)


def check(options: argparse.Namespace, console: Console) -> int:
    """Says what is there; 1 where something is missing or broken."""
    lines = check_host(Host(options.host, options.host_folder, options.ssh_config, options.device))
    for line in lines:
        said = {"type": "host", "name": line.name, "state": line.state, "message": line.sentence}
        console.emit(said, f"{line.name}: {line.sentence}")
    return 0 if all(line.state == "ok" for line in lines) else 1


def install(options: argparse.Namespace, console: Console) -> int:
    """Asks before anything is written there."""
    host = Host(options.host, options.host_folder, options.ssh_config)
    if options.variant not in VARIANTS:
        raise RequestError(f"There is no variant {options.variant!r}: choose {' or '.join(VARIANTS)}.")
    if not options.yes:
        console.note(f"The engine goes into {host.folder} on {host.name}, which downloads PyTorch and other packages for it.")
        if not sys.stdin.isatty() or input("Install? [y/N] ").strip().lower() not in ("y", "yes"):
            raise RequestError("Nothing was installed: confirm it, or add --yes.")
    shown = [""]

    def show(phase: str, fraction: float) -> None:
        message = protocol.progress("install", round(100 * fraction), 100, 0.0, {}) | {"phase": phase}
        if console.json or phase != shown[0]:
            shown[0] = phase
            console.emit(message, f"{fraction:4.0%}  {phase}")

    install_there(host, options.variant, show, arguments=(options.index,) if options.index else ())
    console.emit(protocol.result(host.folder), f"The engine is installed in {host.folder} on {host.name}.")
    return 0
