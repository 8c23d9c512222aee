"""`python -m engine serve`: the engine for another program, by messages on stdin and stdout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.console import Console


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("serve", help="take messages of the protocol on stdin and answer on stdout, for the add-on")
    parser.add_argument("--device", default="cpu", help="where tensors live: cpu, cuda, mps (cpu)")
    parser.add_argument(
        "--lasting", type=Path, metavar="FOLDER",
        help="outlive whoever asks: messages go through a socket in this folder, as `--host` has it on the other computer",
    )  # fmt: skip
    parser.set_defaults(run=serve, json=True)


def serve(options: argparse.Namespace, console: Console) -> int:
    if options.lasting is not None:
        from engine.server.lasting import serve_lasting

        return serve_lasting(options.lasting, options.device)

    from engine.server.serve import serve as serve_until_asked

    return serve_until_asked(options.device)
