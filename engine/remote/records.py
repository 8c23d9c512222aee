"""What was said of each job, in short, for whoever connects later."""

from __future__ import annotations

from typing import Any

MAX_ENDED = 200
# In this order they make the same state as all that was said.
_KINDS = ("queued", "started", "cancelling", "progress")


class Records:
    """The newest message of each kind by job. Of the jobs that have ended the last MAX_ENDED are kept."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, dict[str, Any]]] = {}

    def note(self, message: dict[str, Any]) -> None:
        """Takes in a message that is sent; one that is of no job changes nothing."""
        name, kind = message.get("job"), message["type"]
        if not isinstance(name, str) or (kind == "error" and message.get("kind") == "protocol"):
            return
        record = self._jobs.setdefault(name, {})
        if "end" in record and kind == "queued":
            # The job goes on.
            record.clear()
        if kind in ("result", "cancelled", "error"):
            # Pictures of how it came about are of no use any more.
            started = {"started": record["started"]} if "started" in record else {}
            self._jobs.pop(name)
            self._jobs[name] = started | {"end": message}
            self._forget()
        elif kind == "preview":
            record[f"preview {message['kind']}"] = message
        elif kind in _KINDS:
            record[kind] = message

    def jobs(self) -> dict[str, str]:
        """By name, whether a job is "active" or "ended"."""
        return {name: "ended" if "end" in record else "active" for name, record in self._jobs.items()}

    def replay(self) -> list[dict[str, Any]]:
        """Messages that say where every job is."""
        said = []
        for record in self._jobs.values():
            said += [record[kind] for kind in _KINDS if kind in record]
            said += [message for kind, message in record.items() if kind.startswith("preview ")]
            said += [record["end"]] if "end" in record else []
        return said

    def _forget(self) -> None:
        ended = [name for name, record in self._jobs.items() if "end" in record]
        for name in ended[:-MAX_ENDED]:
            del self._jobs[name]
