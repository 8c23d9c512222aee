"""A relay as a process: the protocol on stdin and stdout, as of an engine on this computer."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from ..contract import protocol
from .host import Host
from .relay import Relay


def relay_stdio(host: Host) -> int:
    """Relays until stdin closes, which leaves the engine on the host as it is; returns the exit code."""

    def emit(message: dict[str, Any]) -> None:
        try:
            sys.stdout.write(protocol.encode(message) + "\n")
            sys.stdout.flush()
        except OSError:
            relay.close()

    def read() -> None:
        last = ""
        for line in protocol.lines(lambda size: os.read(0, size)):
            try:
                message = protocol.decode(line)
            except ValueError as error:
                emit(protocol.error("protocol", f"A line is no message ({error})."))
                continue
            relay.put(message)
            last = message["type"]
        if last != "shutdown":
            # After one the relay ends by itself, when it has gone through.
            relay.close()

    relay = Relay(host, emit)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: relay.close())
    threading.Thread(target=read, daemon=True).start()
    return relay.run()
