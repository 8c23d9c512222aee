"""The rows of a batch file as plain values: CSV, JSON lines, or a prompt a line."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.errors import BatchError
from engine.contract.request import SETTINGS

# Of a row: what its folder is called, and the settings that a user gives.
NAME = "name"
COLUMNS = (NAME, "prompt", *(name for name, setting in SETTINGS.items() if setting.kind != "internal"))
DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# What names of a list stand between in one cell.
BETWEEN_NAMES = ";"


@dataclass(frozen=True)
class Row:
    """number: of the row as an editor or a spreadsheet counts, from 1, a header included. values: by column, as the row has
    them; empty cells are left out. fault: what is wrong with the row as a whole, empty for nothing."""

    number: int
    values: dict[str, Any]
    fault: str = ""


def read_rows(path: Path) -> list[Row]:
    """The rows of a .csv or .tsv file, whose first row names the columns, of .jsonl (an object a line) or .txt (a prompt each).

    Raises BatchError where the file can't be read, is of no known kind, holds no row, or names a column that there is not: that
    would be wrong in every row.
    """
    kind = path.suffix.lower()
    readers = {".csv": _table, ".tsv": _table, ".jsonl": _objects, ".txt": _prompts}
    if kind not in readers:
        raise BatchError(f"{path} is no list of requests: give a .csv, .tsv, .jsonl or .txt file (a prompt a line).")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BatchError(f"{path} can't be read ({error.strerror or error}): give a file that can.") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BatchError(f"{path} is not UTF-8 text (row {line}): save it as UTF-8.") from error
    rows = readers[kind](text, path)
    if not rows:
        raise BatchError(f"{path} holds no request: give a row for each.")
    return rows


def _prompts(text: str, path: Path) -> list[Row]:
    lines = enumerate(text.splitlines(), 1)
    return [Row(number, {"prompt": line.strip()}) for number, line in lines if line.strip()]


def _objects(text: str, path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            rows.append(Row(number, {}, f"it is no JSON ({str(error).splitlines()[0]}): give an object, such as "
                                        '{"prompt": "a red ball", "seed": 1}'))  # fmt: skip
            continue
        if not isinstance(values, dict):
            rows.append(Row(number, {}, 'it is no object: give one, such as {"prompt": "a red ball", "seed": 1}'))
            continue
        values = {column_name(name): value for name, value in values.items() if value is not None}
        unknown = [name for name in values if name not in COLUMNS]
        rows.append(Row(number, values, _unknown(unknown) if unknown else ""))
    return rows


def _table(text: str, path: Path) -> list[Row]:
    header_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS[path.suffix.lower()], key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            # Where a quote is not closed, what follows can't be told apart any more.
            raise BatchError(f"{path}, row {number + 1}: the quotes do not match ({error}).") from error
        number += 1
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if header is None:
            header = [column_name(cell) for cell in cells]
            _check_header(header, path)
            continue
        extra = [cell for cell in cells[len(header) :] if cell]
        values = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
        rows.append(Row(number, values, f"{extra[0]!r} stands beyond the last column: put a text with {delimiter!r} in it "
                                        "between double quotes" if extra else ""))  # fmt: skip


def _check_header(header: list[str], path: Path) -> None:
    if unknown := [name for name in header if name not in COLUMNS]:
        raise BatchError(f"{path}: {_unknown(unknown)}.")
    if twice := [name for name in header if header.count(name) > 1]:
        raise BatchError(f"{path}: there are two columns {twice[0]!r}: leave one out.")
    if "prompt" not in header:
        raise BatchError(f"{path}: there is no column 'prompt': name the columns in the first row.")


def _unknown(names: list[str]) -> str:
    return f"there is no column {names[0]!r}; there are {', '.join(COLUMNS)}"


def column_name(name: str) -> str:
    """A column's name as a setting's: "Static steps" and "--static-steps" are static_steps."""
    return name.strip().lower().lstrip("-").replace("-", "_").replace(" ", "_")


def setting_value(name: str, value: Any) -> Any:
    """A cell's text as what the setting of a name takes; as it is where it can't be that, or is no text."""
    kind = SETTINGS[name].kind if name in SETTINGS else "text"
    if not isinstance(value, str):
        return value
    if kind == "names":
        return [part.strip() for part in value.split(BETWEEN_NAMES) if part.strip()]
    if kind == "flag":
        return FLAGS.get(value.strip().lower(), value)
    if kind in ("integer", "number"):
        try:
            number = float(value)
        except ValueError:
            return value
        # A spreadsheet writes 3 as 3.0.
        return int(number) if number.is_integer() and (kind == "integer" or "." not in value) else number
    return value
