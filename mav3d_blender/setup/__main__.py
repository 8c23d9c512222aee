"""`python -m mav3d_blender.setup FOLDER VARIANT [INDEX]`: installs the engine on a computer without Blender, for the copy of it
in FOLDER. Says how far it is on stdout, one JSON object a line, and makes FOLDER/.venv at the end."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from ..common.contract import version
from .environments import interpreter
from .install import Install, Status
from .packages.requirements import SetupError
from .packages.source import Source, checked_index

LOOK_EVERY_S = 0.3


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    folder, variant = Path(arguments[0]).absolute(), arguments[1]
    try:
        index = checked_index(arguments[2]) if len(arguments) == 3 and arguments[2] else ""
    except SetupError as error:
        say(Status("failed", sentence=str(error)))
        return 0
    install = Install(
        folder / "environments", Path(sys.executable), version.VERSION, variant, online=True,
        requirements=folder / "requirements" / "engine.txt", source=Source(index),
        models=folder / "engine" / "models" / "primitives",
    )  # fmt: skip
    return follow(install, folder / ".venv")


def follow(install: Install, link: Path) -> int:
    """Starts an installation and says how far it is until it has ended; then `link` is its environment. Where nobody listens
    any more it stops, and goes on when it is asked for again."""
    install.start()
    before = None
    while True:
        status = install.poll()
        try:
            if status != before:
                before = status
                say(status if status.state != "done" else linked(status, link))
        except BrokenPipeError:
            os._exit(1)
        if status.ended:
            return 0
        time.sleep(LOOK_EVERY_S)


def linked(status: Status, link: Path) -> Status:
    """The status once `link` leads to the environment of the interpreter that was installed."""
    environment = status.python.parents[len(interpreter(Path("x")).parts) - 2]
    if link.exists() and not link.is_symlink():
        return Status("failed", sentence=f"{link} is in the way and was not made here: move it away, or choose another folder.")
    part = link.with_name(link.name + ".part")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(environment, link.parent))
    os.replace(part, link)
    return status


def say(status: Status) -> None:
    print(json.dumps({name: getattr(status, name) for name in ("state", "phase", "fraction", "sentence")}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
