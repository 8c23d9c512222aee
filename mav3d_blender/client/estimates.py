"""The newest question of what a request would take."""

from __future__ import annotations

from typing import Any


class Estimates:
    """At most one question is open; a newer one replaces it, whose answer is then nobody's."""

    def __init__(self) -> None:
        self._count = 0
        self._question: dict[str, Any] | None = None
        self._sent = False

    @property
    def open(self) -> bool:
        """Whether an answer is waited for."""
        return self._question is not None

    def ask(self, request: dict[str, Any]) -> None:
        self._count += 1
        self._question, self._sent = {"type": "estimate", "id": self._count, "request": dict(request)}, False

    def drop(self) -> None:
        """No answer is waited for any more."""
        self._question = None

    def unsent(self) -> dict[str, Any] | None:
        """The message that is to be sent now, once for each engine."""
        if self._question is None or self._sent:
            return None
        self._sent = True
        return self._question

    def again(self) -> None:
        """The engine that was asked is gone."""
        self._sent = False

    def answers(self, message: dict[str, Any]) -> bool:
        """Whether a message ends the open question."""
        if self._question is None or message.get("id") != self._count:
            return False
        self._question = None
        return True
