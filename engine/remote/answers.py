"""The far side of files and of setting up: one request, one answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .files import PART, inside, list_files, take_parts
from .installed import state, unpack


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the far side answers to a request, by what it is to do:

    list   folder, patterns              files: size and sha256 by name
    take   folder, files (sha256 by name)  missing: the bytes that are there of each, see `take_parts`
    drop   folder, files (names)         parts that are wrong are removed
    space  folder                        free: bytes
    state, unpack                        see `installed`

    What goes wrong comes as {"error": sentence}.
    """
    try:
        folder, what = Path(request["folder"]), request["do"]
        if what == "list":
            found = list_files(folder, request["patterns"])
            return {"files": {name: [state.size, state.sha256] for name, state in found.items()}}
        if what == "take":
            folder.mkdir(parents=True, exist_ok=True)
            return {"missing": take_parts(folder, request["files"])}
        if what == "drop":
            for name in request["files"]:
                path = inside(folder, name)
                path.with_name(path.name + PART).unlink(missing_ok=True)
            return {}
        if what == "space":
            folder.mkdir(parents=True, exist_ok=True)
            return {"free": shutil.disk_usage(folder).free}
        if what == "state":
            return state(folder)
        if what == "unpack":
            return unpack(folder, Path(request["archive"]), str(request["sha256"]))
        return {"error": f"there is nothing to do for {what!r}"}
    except OSError as error:
        return {"error": f"{error.strerror or error}", "file": str(error.filename or "")}
    except (KeyError, TypeError, ValueError) as error:
        return {"error": f"the request can't be read ({error})"}
