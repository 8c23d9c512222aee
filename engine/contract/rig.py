"""What a user asks for when an asset with one moving mesh is to get bones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RequestError
from .request import check_integer, check_names
from .track import is_path


@dataclass(frozen=True)
class RigRequest:
    """asset: the folder to read. output: the one to write, None for the same; overwrite: whether another one there is replaced.
    bones: at most so many, None for as many as the motion needs. turn_only: joints never come apart."""

    asset: Path
    output: Path | None = None
    bones: int | None = None
    turn_only: bool = False
    overwrite: bool = False

    @classmethod
    def checked(cls, values: dict[str, Any]) -> RigRequest:
        """A request from plain values; paths may be texts. Raises RequestError with one sentence."""
        check_names(cls, values)
        values = {name: value for name, value in values.items() if value is not None}
        paths = {name: values[name] for name in ("asset", "output") if name in values}
        if "asset" not in paths or not all(map(is_path, paths.values())):
            raise RequestError("asset has to be a path, and output as well where it is given.")
        if "bones" in values:
            check_integer("bones", values["bones"], 1, 256)
        for name in ("turn_only", "overwrite"):
            if not isinstance(values.get(name, False), bool):
                raise RequestError(f"{name} is {values[name]!r}: give true or false.")
        return cls(**values | {name: Path(value) for name, value in paths.items()})
