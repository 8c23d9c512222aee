"""Work that takes long, done in a thread that touches no bpy; the panel's timer asks for the result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Background(Generic[Result]):
    """Calls a function in a thread of its own."""

    def __init__(self, function: Callable[..., Result], *arguments: Any, **options: Any) -> None:
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function, arguments, options), daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether `poll` has something to give or to raise."""
        return not self._thread.is_alive()

    def poll(self) -> Result | None:
        """The result, or None while there is none yet; never waits. Raises what the function raised."""
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._result

    def wait(self, seconds: float | None = None) -> Result | None:
        """Waits for the result, for `blender -b` where no timer fires. Raises what the function raised."""
        self._thread.join(seconds)
        return self.poll()

    def join(self, seconds: float | None = None) -> None:
        """Waits for the end, whatever it is."""
        self._thread.join(seconds)

    def _run(self, function: Callable[..., Result], arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        try:
            self._result = function(*arguments, **options)
        except BaseException as error:
            self._error = error
