"""`--host`: a command whose engine runs on another computer, and whose result comes here."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.hints import hint_of
from engine.contract import protocol
from engine.contract.errors import RequestError
from engine.remote.host import FOLDER, Host
from engine.remote.relay import ENDS, Relay

EXIT_CODES = {"result": 0, "cancelled": 130, "error": 1}


def add_host_options(parser: argparse.ArgumentParser) -> None:
    """Where the engine runs."""
    parser.add_argument("--host", metavar="NAME", help="the engine runs on this host of your ssh configuration")
    parser.add_argument(
        "--host-folder", default=FOLDER, metavar="FOLDER", help=f"the one there with engine/ and .venv/ ({FOLDER})"
    )
    parser.add_argument("--ssh-config", default="", metavar="FILE", help="in place of your ssh configuration")


def host_of(options: argparse.Namespace) -> Host:
    """The host that the options name. Raises HostError."""
    return Host(options.host, options.host_folder, options.ssh_config, getattr(options, "device", "cpu"))


def check_asset_folder(output: Path, overwrite: bool) -> None:
    """Raises RequestError where a new asset can't go."""
    if not output.exists():
        return
    if not overwrite:
        raise RequestError(f"{output} exists: choose another --output folder, or add --overwrite.")
    if not output.is_dir() or any(output.iterdir()) and not (output / "asset.json").is_file():
        raise RequestError(f"{output} holds something else than an asset, and --overwrite would remove it: choose another.")


def run_on_host(host: Host, message: dict[str, Any], console: Console) -> int:
    """Has a job done there and brings its result; returns the exit code.

    A signal stops the job, with an asset of what there is; a second one leaves it to go on there.
    """
    ended: list[int] = []

    def emit(told: dict[str, Any]) -> None:
        mine = told.get("job") == message["job"]
        told = {key: value for key, value in told.items() if key != "job"}
        if told["type"] in ("hello", "queued") and not console.json:
            return
        if told["type"] == "started" and "preset" not in told:
            return
        if told["type"] in ("error", "cancelled"):
            what = "stopped" if told["type"] == "cancelled" else told.get("kind", "")
            said = protocol.error(what, told["message"], told.get("advice") or hint_of(what))
            console.emit(told if console.json and told["type"] == "cancelled" else said)
        else:
            console.emit(told)
        if mine and told["type"] in ENDS:
            ended.append(EXIT_CODES[told["type"]])
            relay.close()

    def stop(number: int, frame: Any) -> None:
        signal.signal(number, leave)
        relay.put({"type": "cancel", "job": message["job"], "asset": True})

    def leave(number: int, frame: Any) -> None:
        console.note(f"The job goes on on {host.name}; the same command finds it again.", error=True)
        ended.append(130)
        relay.close()

    relay = Relay(host, emit)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    relay.put(message)
    code = relay.run()
    return ended[0] if ended else code
