"""The engine as a server: messages of the protocol on stdin, answers on stdout, a log on stderr.

One thread reads and answers at once what can be, so that a no or a cancel never waits for a step; the main thread works.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from engine.contract import protocol
from engine.contract.errors import EngineError
from engine.contract.request import QUALITIES
from engine.contract.version import VERSION
from engine.contract.vocabulary import Vocabulary
from engine.models.presets import PRESETS, Preset
from engine.models.source import locate
from engine.server.queue import Queue
from engine.server.reader import Reader
from engine.server.stdio import Output, take_streams

# A run saves every 10 seconds or, where steps take longer, after each: leaving later than this would save nothing more.
LEAVE_SECONDS = 12.0
# The same where there is nothing to save: in an estimate or an export.
IDLE_LEAVE_SECONDS = 2.0


def serve(device: str) -> int:
    """Serves until stdin closes, `shutdown` comes or a signal; returns the exit code."""
    source, sink = take_streams()
    output = Output(sink)
    output.send(hello(device))
    leave = Leaving(output)
    queue = Queue(output.send)
    reader = Reader(queue, output.send, leave.ask)
    for run in (leave.watch, functools.partial(reader.read, functools.partial(os.read, source))):
        threading.Thread(target=run, daemon=True).start()
    return work_until_asked(device, queue, output.send, leave)


def hello(device: str) -> dict[str, Any]:
    """What the engine opens with."""
    return protocol.hello(VERSION, device, [about_preset(preset) for preset in PRESETS.values()], list(QUALITIES))


def work_until_asked(device: str, queue: Queue, emit: Callable[[dict[str, Any]], None], leave: Leaving) -> int:
    """Works on what is in the queue until the engine is to end; returns the exit code."""
    try:
        from engine.server.worker import Worker

        worker = Worker(device, queue, emit, leave)
    except EngineError as error:
        emit(protocol.error(error.kind, str(error)))
        return 1
    except (ImportError, OSError) as error:
        traceback.print_exc()
        emit(protocol.error("install", f"A library of the engine can't be loaded ({error}): install the engine again."))
        return 1
    while not leave.asked:
        worker.work(timeout=0.2)
    queue.clear()
    return 0


def about_preset(preset: Preset) -> dict[str, Any]:
    """A preset's entry in `hello`: whether its models are there, why not, by role if it is a model that is missing, the
    words they know if not any, and the preset beside it that takes other words."""
    about, missing, folders = {"name": preset.name}, {}, []
    if preset.beside:
        about["beside"] = preset.beside
    for role, source in preset.sources().items():
        try:
            folders += [locate(source)] if source else []
        except EngineError as error:
            missing[role] = str(error)
    about |= {"ready": not missing, "reason": next(iter(missing.values()), ""), "missing": missing}
    if missing or not preset.built_in:
        return about
    try:
        words = Vocabulary.read(folders[0].parent)
    except EngineError as error:
        return about | {"ready": False, "reason": str(error)}
    return about | ({"words": words.as_dict()} if words else {})


class Leaving:
    """Whether the engine is to end, and its end in time even where something does not give up.

    output: where messages go; when nobody takes them any more, that is an end as well. clean_up: called before the process is
    ended in that way.
    """

    def __init__(self, output: Output | None = None, clean_up: Callable[[], None] = lambda: None) -> None:
        self._asked: list[float] = []
        self._output, self._clean_up = output, clean_up
        self.nothing_to_save = False
        for number in _signals():
            signal.signal(number, self._on_signal)

    @property
    def asked(self) -> bool:
        return bool(self._asked) or (self._output is not None and self._output.closed)

    def ask(self) -> None:
        self._asked.append(time.monotonic())

    def _on_signal(self, number: int, frame: Any) -> None:
        # No lock is taken here: what is interrupted may hold it.
        self.ask()
        for each in _signals():
            signal.signal(each, signal.SIG_DFL)

    def watch(self) -> None:
        """Ends the process some seconds after it was asked to."""
        while not self.asked:
            time.sleep(0.2)
        began = time.monotonic()
        while time.monotonic() - began < (IDLE_LEAVE_SECONDS if self.nothing_to_save else LEAVE_SECONDS):
            time.sleep(0.2)
        self._clean_up()
        os._exit(0)


def _signals() -> list[int]:
    # Ctrl-Break is the only one that Windows lets another process send.
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGBREAK] if sys.platform == "win32" else [])]
