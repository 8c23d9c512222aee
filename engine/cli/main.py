"""The parser of all subcommands, and what an error becomes on a command line."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from pathlib import Path

from engine.cli import batch, estimate, evaluate, export, generate, host, models, render, resume, rig, serve, track
from engine.cli.console import Console
from engine.cli.hints import hint
from engine.contract import protocol
from engine.contract.errors import EngineError, too_long

# Modules with add_command(subparsers), which names the function that runs the command. They import torch only when that runs.
COMMANDS = (generate, batch, resume, export, render, estimate, evaluate, models, serve, track, rig, host)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 a reason the user can mend, 130 stopped."""
    try:
        os.getcwd()
    except OSError:
        Console().note("The current folder is no longer there, and libraries need one: change to another folder.", error=True)
        return 1
    parser = argparse.ArgumentParser(prog="python -m engine", description="Text to an animated, textured 3D object.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_command(subparsers)
    given = sys.argv[1:] if arguments is None else arguments
    return run_command(parser.parse_args([_as_file(each) for each in given]))


def _as_file(argument: str) -> str:
    """A file whose name begins with a negative number, as a shell's * gives it, by a path that is taken for no option."""
    return f"./{argument}" if re.fullmatch(r"-\d.*\.[A-Za-z]\w*", argument) and Path(argument).is_file() else argument


def system_sentence(error: OSError) -> str:
    """What the system refused, and of which file, in one sentence."""
    name = str(error.filename or "")
    if error.errno == errno.ENAMETOOLONG:
        return too_long(name)
    where = f" at {name}" if name else ""
    return f"The system refused something{where} ({error.strerror or error}): mend that and run the same command again."


def run_command(options: argparse.Namespace) -> int:
    """Runs the command that options were parsed for; an error becomes one sentence and an exit code."""
    console = Console(options.json)
    try:
        return options.run(options, console)
    except EngineError as error:
        console.emit(protocol.error(error.kind, str(error), hint(error)))
        return 130 if error.kind == "stopped" else 1
    except OSError as error:
        console.emit(protocol.error("system", system_sentence(error)))
        return 1
    except KeyboardInterrupt:
        return 130
