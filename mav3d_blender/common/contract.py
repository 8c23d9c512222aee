"""The engine's contract: protocol, requests, prompt and vocabulary. The only part of the engine that the add-on imports.

An installed extension has the engine beside this package, in tests and scripts it is at the top.
"""

from __future__ import annotations

if __package__.count(".") > 1:
    from ...engine.contract import errors, prompt, protocol, request, sentence, track, version, vocabulary
else:
    from engine.contract import errors, prompt, protocol, request, sentence, track, version, vocabulary

__all__ = ["errors", "prompt", "protocol", "request", "sentence", "track", "version", "vocabulary"]
