"""How work on a job ended, as the last message of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from engine.contract import protocol
from engine.contract.errors import EngineError, OutOfMemoryError, Stopped
from engine.pipeline.run import is_out_of_memory


def outcome_of(run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The last message of a task: what `run` returns, or why it returned nothing."""
    try:
        return run()
    except Stopped as stopped:
        return protocol.cancelled(str(stopped), str(stopped.asset or ""))
    except EngineError as error:
        return protocol.error(error.kind, protocol.shortened(str(error)))
    except Exception as error:
        traceback.print_exc()
        if is_out_of_memory(error):
            return protocol.error(OutOfMemoryError.kind, "There is not enough memory.", "Close other programs, then try again.")
        reason = protocol.shortened(f"{type(error).__name__}: {error}".splitlines()[0])
        return protocol.error("internal", f"The engine failed ({reason}).", "The engine's log says more.")
