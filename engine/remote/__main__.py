"""`python -m engine.remote`: what runs on either side of a connection. `attach WORK DEVICE` and `files` on the far side; here,
`relay HOST [FOLDER [DEVICE [CONFIG]]]`, which speaks the protocol as an engine here would."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..contract.errors import EngineError


def main(arguments: list[str]) -> int:
    what, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if what == "attach" and len(rest) == 2:
        from .attach import attach

        return attach(Path(rest[0]), rest[1])
    if what == "files" and not rest:
        from .answers import answer

        print(json.dumps({"answer": answer(json.loads(sys.stdin.readline()))}), flush=True)
        return 0
    if what == "relay" and 1 <= len(rest) <= 4:
        from .host import FOLDER, Host
        from .stdio import relay_stdio

        name, folder, device, config = [*rest, *("", FOLDER, "cpu", "")[len(rest) :]]
        try:
            return relay_stdio(Host(name, folder or FOLDER, config, device or "cpu"))
        except EngineError as error:
            print(error, file=sys.stderr)
            return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
