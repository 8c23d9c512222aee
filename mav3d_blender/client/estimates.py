"""The newest question of what a request would take."""

from __future__ import annotations

from typing import Any


class Estimates:
    """At most one question is open. A newer one replaces it; the answer to the older one is ignored."""

    def __init__(self) -> None:
        self._count = 0
        self._question: dict[str, Any] | None = None
        self._sent = False

    @property
    def open(self) -> bool:
        """Whether an answer is expected."""
        return self._question is not None

    def ask(self, request: dict[str, Any]) -> None:
        """Opens a question about a request."""
        self._count += 1
        self._question, self._sent = {"type": "estimate", "id": self._count, "request": dict(request)}, False

    def drop(self) -> None:
        """Closes the question without an answer."""
        self._question = None

    def unsent(self) -> dict[str, Any] | None:
        """The message to send now; None where there is none, or it has been sent."""
        if self._question is None or self._sent:
            return None
        self._sent = True
        return self._question

    def ask_again(self) -> None:
        """Sends the open question to the next engine as well."""
        self._sent = False

    def answers(self, message: dict[str, Any]) -> bool:
        """Whether a message answers the open question, which is closed then."""
        if self._question is None or message.get("id") != self._count:
            return False
        self._question = None
        return True
