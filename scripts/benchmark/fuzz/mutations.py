"""Ways to damage a file: its bytes, its text, its JSON, its arrays."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

NUMBERS = (
    "nan", "inf", "-inf", "1e400", "-1", "0", "-0.0", "1e-320", "0.5", "255", "65536", "2147483648", "1e30", "9" * 21, "1,5",
    "0x10", "\u0661", "\u00b2", "",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e308, 10**30, "", "nan", "\0", "../../etc", [], {}, [[]], {"a": None}, 2**31, [1, "x"],
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")

Mutation = Callable[[bytes, random.Random], bytes]


def damage_bytes(content: bytes, draw: random.Random) -> bytes:
    """A few bytes changed, cut off, left out, repeated, put in, or set to nothing."""
    data = bytearray(content)
    at, other = sorted((draw.randrange(len(data) + 1), draw.randrange(len(data) + 1)))
    match draw.randrange(6):
        case 0:
            for _ in range(draw.choice((1, 1, 2, 8, 64))):
                if data:
                    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        case 1:
            del data[at:]
        case 2:
            del data[at : min(other, at + draw.choice((1, 4, 100)))]
        case 3:
            data[at:at] = data[at : min(other, at + 200)]
        case 4:
            data[at:at] = draw.randbytes(draw.choice((1, 4, 40)))
        case 5:
            data[at : at + 8] = draw.choice((b"\0" * 8, b"\xff" * 8, b"\x00\x00\xc0\x7f" * 2, b"\x00\x00\x80\x7f" * 2))
    return bytes(data)


def damage_text(content: bytes, draw: random.Random) -> bytes:
    """A number changed, a line left out, repeated, moved or made long, another encoding or line end."""
    lines = content.split(b"\n")
    place = draw.randrange(len(lines))
    match draw.randrange(7):
        case 0 | 1 | 2:
            found = list(NUMBER.finditer(content))
            for match_ in sorted(draw.sample(found, min(len(found), draw.choice((1, 1, 3)))), key=lambda m: -m.start()):
                content = content[: match_.start()] + draw.choice(NUMBERS).encode() + content[match_.end() :]
            return content
        case 3:
            del lines[place]
        case 4:
            lines.insert(draw.randrange(len(lines) + 1), lines[place] * draw.choice((1, 1, 500)))
        case 5:
            words = lines[place].split(b" ")
            draw.shuffle(words)
            lines[place] = b" ".join(words)
        case 6:
            text = content.decode("utf-8", "replace")
            return draw.choice((b"\xef\xbb\xbf" + content, text.encode("utf-16"), content.replace(b"\n", b"\r"),
                                content.replace(b".", b","), content.replace(b" ", b"\t"), b"\0".join(lines)))  # fmt: skip
    return b"\n".join(lines)


def damage_json(content: bytes, draw: random.Random) -> bytes:
    """Some value of a JSON text changed, left out or put where another was."""
    try:
        root = json.loads(content)
    except (ValueError, RecursionError):
        return damage_text(content, draw)
    for _ in range(draw.choice((1, 1, 2))):
        root = _changed(root, draw)
    return json.dumps(root).encode()


def damage_glb(content: bytes, draw: random.Random) -> bytes:
    """The JSON or the numbers of a .glb changed inside a container that stays whole."""
    if len(content) < 28:
        return damage_bytes(content, draw)
    size = struct.unpack_from("<I", content, 12)[0]
    text, binary = content[20 : 20 + size], content[28 + size :]
    if draw.random() < 0.8:
        text = damage_json(text, draw)
        text += b" " * (-len(text) % 4)
    else:
        binary = damage_bytes(binary, draw)
    chunks = struct.pack("<I", len(text)) + b"JSON" + text + struct.pack("<I", len(binary)) + b"BIN\0" + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def damage_arrays(content: bytes, draw: random.Random) -> bytes:
    """An array of an .npz changed in one number, in its type or its shape, or left out."""
    try:
        with np.load(io.BytesIO(content)) as file:
            arrays = {name: array for name, array in file.items() if array.ndim and array.size}
        name = draw.choice(sorted(arrays))
    except Exception:
        # Damaged already.
        return damage_bytes(content, draw)
    array = arrays[name].copy()
    match draw.randrange(6):
        case 0 | 1:
            value = draw.choice((np.nan, np.inf, -np.inf, 3e38)) if array.dtype.kind == "f" else draw.choice((-1, 2**31 - 1))
            array.reshape(-1)[draw.randrange(array.size)] = value
        case 2:
            with np.errstate(all="ignore"):
                array = array.astype(draw.choice(("f8", "i8", "u1", "f2", "S3")))
        case 3:
            array = array[: draw.randrange(len(array) + 1)]
        case 4:
            array = draw.choice((array[None], array.reshape(-1), array[..., :1], np.float32(1)))
        case 5:
            del arrays[name]
            array = None
    if array is not None:
        arrays[name] = array
    written = io.BytesIO()
    np.savez(written, **arrays)
    return written.getvalue()


def damage_png(content: bytes, draw: random.Random) -> bytes:
    """A chunk of a PNG changed, left out or repeated, with its sum put right."""
    chunks, at = [], 8
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        chunks.append(content[at + 4 : at + 8 + size])
        at += 12 + size
    if not chunks:
        return damage_bytes(content, draw)
    place = draw.randrange(len(chunks))
    match draw.randrange(5):
        case 0:
            del chunks[place]
        case 1:
            chunks.insert(draw.randrange(len(chunks)), chunks[place])
        case _:
            chunks[place] = chunks[place][:4] + damage_bytes(chunks[place][4:], draw)
    whole = [(len(c) - 4).to_bytes(4, "big") + c + zlib.crc32(c).to_bytes(4, "big") for c in chunks if len(c) >= 4]
    return content[:8] + b"".join(whole)


def _changed(value: Any, draw: random.Random) -> Any:
    """A copy with one place inside changed."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(sorted(value))
        if draw.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return value | {key: _changed(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.9:
        place = draw.randrange(len(value))
        if draw.random() < 0.1:
            return value[:place] + value[place + 1 :]
        return [*value[:place], _changed(value[place], draw), *value[place + 1 :]]
    if isinstance(value, int | float) and not isinstance(value, bool) and draw.random() < 0.5:
        return draw.choice((value + 1, value - 1, -value, value * 1000, float(value), value + 0.5))
    return draw.choice(VALUES)
