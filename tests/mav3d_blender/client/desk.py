"""A session with a fake engine, for the tests of the client."""

import time
from pathlib import Path

from mav3d_blender.client.events import Event, Limits
from mav3d_blender.client.session import Session
from mav3d_blender.jobs.store import JobStore
from tests.mav3d_blender.engines import make_engine
from tests.waiting import until

REQUEST = {"prompt": "a red ball bouncing", "quality": "draft", "frames": 3}
LONG = "steps=100000 pause=0.01"


class Desk:
    """A session, the events that came, and the engines that were made."""

    def __init__(self, folder: Path, *words: str, limits: Limits | None = None, **options) -> None:
        self.folder, self.words, self.options = folder, words, options
        self.events: list[Event] = []
        self.engines, self.ahead = [], 0.0
        self.session = Session(JobStore(folder / "jobs"), self.make, limits)

    def make(self):
        self.engines.append(make_engine(self.folder, *self.words, **self.options))
        return self.engines[-1]

    def tick(self) -> list[Event]:
        events = self.session.tick(time.monotonic() + self.ahead)
        self.events += events
        return events

    def until(self, look):
        return until(lambda: self.tick() is not None and look())

    def until_state(self, name: str, *states: str):
        """The job as soon as it is in one of the states."""
        return self.until(lambda: self.job(name).state in states and self.job(name))

    def job(self, name: str):
        return self.session.store.get(name)

    def ask(self, fake: str = "", **target):
        return self.session.generate(REQUEST | {"fake": fake}, target).id

    def running(self, fake: str = LONG) -> str:
        """A job that has made steps."""
        name = self.ask(fake)
        self.until(lambda: self.job(name).state == "RUNNING" and self.job(name).step)
        return name

    def kinds(self, name: str = "") -> list[str]:
        return [event.kind for event in self.events if event.job == name]

    def sentences(self) -> str:
        return " ".join(event.message for event in self.events)
