"""`python -m engine serve`: the engine for another program, by messages on stdin and stdout."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.console import Console


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("serve", help="take messages of the protocol on stdin and answer on stdout, for the add-on")
    parser.add_argument("--device", default="cpu", help="where tensors live: cpu, cuda, mps (cpu)")
    parser.set_defaults(run=serve, json=True)


def serve(options: argparse.Namespace, console: Console) -> int:
    from engine.server.serve import serve as serve_until_asked

    return serve_until_asked(options.device)
