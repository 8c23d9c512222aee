"""The engine's messages, wherever its package is: beside this one when installed as an extension, at the top in tests."""

from __future__ import annotations

if "." in __package__:
    from ..engine.contract.protocol import LONGEST_LINE, PREVIEWS, VERSION, decode, encode, lines
else:
    from engine.contract.protocol import LONGEST_LINE, PREVIEWS, VERSION, decode, encode, lines

__all__ = ["LONGEST_LINE", "PREVIEWS", "VERSION", "decode", "encode", "lines"]
