"""An ssh server, a far side, and a relay between them and the test."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.remote.host import Host
from engine.remote.relay import Relay
from engine.remote.ssh import Ssh
from tests.engine.remote import ssh_server
from tests.engine.remote.far import engines, make_far
from tests.root import PATIENCE
from tests.waiting import until


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[ssh_server.SshServer]:
    if ssh_server.MISSING:
        pytest.skip("there is no sshd here")
    server = ssh_server.SshServer(tmp_path_factory.mktemp("sshd")).start()
    yield server
    server.stop()


@pytest.fixture
def far(tmp_path) -> Path:
    """The host's folder, with the fake worker."""
    return make_far(tmp_path / "far")


@pytest.fixture
def host(server, far) -> Host:
    return Host("far", str(far), str(server.config))


@pytest.fixture
def ssh(host) -> Iterator[Ssh]:
    with Ssh(host) as ssh:
        yield ssh


class Desk:
    """Relays to a host, and what came from them."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.told: list[dict] = []
        self.codes: list[int] = []
        self._messages: queue.SimpleQueue[dict] = queue.SimpleQueue()
        self.open()

    def open(self) -> None:
        self.relay = Relay(self.host, self._messages.put, pauses=(0.05,))
        self.thread = threading.Thread(target=lambda relay=self.relay: self.codes.append(relay.run()), daemon=True)
        self.thread.start()

    def send(self, kind: str, **message) -> None:
        self.relay.put({"type": kind, **message})

    def generate(self, folder: Path, name: str = "a", steps: int = 100, **more) -> None:
        request = {"prompt": "a red ball bouncing", "static_steps": steps, "seed": 1, **more}
        self.send("generate", job=name, folder=str(folder), request=request, previews=["image"])

    def until(self, *kinds: str, **wanted) -> dict:
        """The first message to come of these types with the wanted entries."""
        while True:
            message = self._messages.get(timeout=PATIENCE)
            self.told.append(message)
            if message["type"] in kinds and wanted.items() <= message.items():
                return message

    def leave(self) -> None:
        self.relay.close()
        self.thread.join(PATIENCE)

    def shut_down(self) -> None:
        self.send("shutdown")
        self.thread.join(PATIENCE)

    def cut(self) -> None:
        """Ends what `ssh` runs, as a lost network would."""
        self.relay._connection.cut()


@pytest.fixture
def desk(host, far) -> Iterator[Desk]:
    """After the test the engine there is asked to end, and nothing is left of it."""
    desk = Desk(host)
    yield desk
    if desk.thread.is_alive():
        desk.shut_down()
    elif engines(far):
        desk.open()
        desk.until("hello", "error")
        desk.shut_down()
    assert not desk.thread.is_alive()
    until(lambda: not engines(far))
    assert not list((far / "work").glob("*.socket"))


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)
