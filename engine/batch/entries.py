"""The entries of a batch: each row's request and the name of its job folder, or why it can't be one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.batch.rows import NAME, Row, read_rows, setting_value
from engine.contract.errors import EngineError, PromptError, RequestError
from engine.contract.prompt import check_prompt
from engine.contract.request import SETTINGS, Request, check_setting
from engine.job.resolve import resolve

# What lies beside the job folders.
SHEET, RECORDS = "index.html", "batch.json"
MAX_NAME, MAX_SLUG = 80, 48
PATHS = ("image", "mesh", "bones", "folder")


@dataclass(frozen=True)
class Entry:
    """One row. row: its number in the file. name: of its job folder, unique. request: None where the row has a fault. seeded:
    whether its seed was given. fault: one sentence that names row and column, and says what to do."""

    row: int
    name: str
    prompt: str
    request: Request | None = None
    seeded: bool = True
    fault: str = ""


def read_entries(path: Path, defaults: dict[str, Any]) -> list[Entry]:
    """The entries of the batch file at `path`. defaults: settings of every row that does not say otherwise.

    Paths of pictures and meshes are beside the file. Raises BatchError as `read_rows`; a row that can't be is an entry with a
    fault.
    """
    rows = read_rows(path)
    taken = {SHEET, RECORDS} | {_given_name(row).casefold() for row in rows}
    given: set[str] = set()
    return [_entry(row, path, defaults, taken, given) for row in rows]


def slug(prompt: str, seed: Any = None) -> str:
    """A prompt and its seed as a folder's name: "a-red-ball-7"."""
    words = re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")[:MAX_SLUG].strip("-") or "job"
    return words if seed is None else f"{words}-{seed}"


def _given_name(row: Row) -> str:
    return str(row.values.get(NAME, ""))


def _entry(row: Row, path: Path, defaults: dict[str, Any], taken: set[str], given: set[str]) -> Entry:
    """taken: names that no slug may have, to which this row's is added; given: those that rows before had in their column."""
    values = defaults | {name: setting_value(name, value) for name, value in row.values.items() if name != NAME}
    prompt = values.get("prompt", "")
    prompt = prompt if isinstance(prompt, str) else ""
    name = _given_name(row)
    fault = f"Row {row.number}: {row.fault}." if row.fault else ""
    if name and not fault:
        fault = _name_fault(row, name, given)
    given.add(name.casefold())
    if not name:
        name = _free(slug(prompt, values.get("seed")), taken)
        taken.add(name.casefold())
    if not fault:
        try:
            return Entry(row.number, name, prompt, _request(row, _beside(values, path)), "seed" in values)
        except EngineError as error:
            fault = str(error)
    return Entry(row.number, name, prompt, fault=fault)


def _request(row: Row, values: dict[str, Any]) -> Request:
    """Raises EngineError with a sentence that names the row, and the column where it is one column's fault."""
    if "prompt" not in values:
        raise RequestError(f"Row {row.number}, column prompt: there is none; say what is to be made.")
    for name, value in values.items():
        try:
            if name == "prompt":
                check_prompt(value if isinstance(value, str) else "")
            elif name in SETTINGS:
                check_setting(name, SETTINGS[name], value)
        except (RequestError, PromptError) as error:
            raise RequestError(f"Row {row.number}, column {name}: {error}") from error
    for name in ("image", "mesh", "bones"):
        if name in values and not Path(values[name]).is_file():
            raise RequestError(f"Row {row.number}, column {name}: there is no file {values[name]}.")
    try:
        request = Request.checked(values)
        resolve(request)
    except PromptError as error:
        raise RequestError(f"Row {row.number}, column prompt: {error}") from error
    except EngineError as error:
        raise RequestError(f"Row {row.number}: {error}") from error
    return request


def _beside(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same with paths that are meant beside the file at `path`; a model may be a folder or a hub id."""
    found = {}
    for name, value in values.items():
        kind = SETTINGS[name].kind if name in SETTINGS else "text"
        if isinstance(value, str) and value.strip() and "\0" not in value:
            place = path.parent / value
            if kind in PATHS or (kind == "model" and place.is_dir()):
                value = str(place.absolute())
        found[name] = value
    return found


def _name_fault(row: Row, name: str, given: set[str]) -> str:
    where = f"Row {row.number}, column {NAME}: "
    if len(name) > MAX_NAME or re.search(r'[\\/:*?"<>|\x00-\x1f]', name) or name != name.strip(" .") or name.startswith("-"):
        return f"{where}{name!r} can't be a folder: give at most {MAX_NAME} letters, digits, spaces, dots, dashes, underscores."
    if name.casefold() in (SHEET, RECORDS):
        return f"{where}{name!r} is a file of the batch's own: give another name."
    if name.casefold() in given:
        return f"{where}a row before has the name {name!r}: give another."
    return ""


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with the first number behind it that is not taken."""
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}-{number}".casefold() in taken:
        number += 1
    return f"{name}-{number}"
