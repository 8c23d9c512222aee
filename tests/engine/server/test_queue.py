from dataclasses import replace

import pytest

from engine.contract import protocol
from engine.server.queue import Queue, Task


class Desk:
    """A queue with all that it told."""

    def __init__(self, *names: str) -> None:
        self.told: list[dict] = []
        self.queue = Queue(self.told.append)
        for name in names:
            self.queue.add(Task("generate", name))

    def new(self) -> list[tuple]:
        """What has been told since the last time: type, job, place."""
        new, self.told[:] = [(m["type"], m.get("job"), m.get("place")) for m in self.told], []
        return new


def test_places_are_told_when_accepted_and_when_they_change():
    desk = Desk("a", "b", "c")
    assert desk.new() == [("queued", "a", 0), ("queued", "b", 1), ("queued", "c", 2)]
    assert desk.queue.next(0).name == "a" and desk.new() == []
    desk.queue.finish(protocol.result("x"))
    assert desk.new() == [("result", "a", None), ("queued", "b", 0), ("queued", "c", 1)]


def test_a_newer_estimate_takes_the_place_of_older_ones():
    desk = Desk()
    running, waiting, newest = (Task("estimate", reply={"id": number}) for number in range(3))
    desk.queue.add(running)
    assert desk.queue.next(0) is running
    desk.queue.add(waiting)
    desk.queue.add(newest)
    assert running.cancelled and [(m["kind"], m["id"]) for m in desk.told] == [("superseded", 1)]
    desk.queue.finish(protocol.estimate({}, None))
    assert desk.told[-1]["kind"] == "superseded" and desk.told[-1]["id"] == 0
    assert desk.queue.next(0) is newest


def test_an_estimate_takes_a_place_and_answers_with_what_it_was_asked():
    desk = Desk("a")
    desk.queue.add(Task("estimate", reply={"id": 3}))
    desk.queue.add(Task("generate", "b"))
    assert desk.new() == [("queued", "a", 0), ("queued", "b", 2)]
    desk.queue.next(0)
    desk.queue.finish(protocol.result("x"))
    assert desk.queue.next(0).kind == "estimate"
    desk.told.clear()
    desk.queue.finish(protocol.estimate({"static": 1.0}, None))
    assert desk.told[0] == {"type": "estimate", "seconds": {"static": 1.0}, "memory_mb": None, "id": 3}
    assert desk.told[1:] == [protocol.of_job(protocol.queued(0), "b")]


def test_a_waiting_job_is_cancelled_at_once_and_the_others_move_up():
    desk = Desk("a", "b", "c")
    desk.queue.next(0)
    desk.new()
    desk.queue.cancel("b")
    assert desk.new() == [("cancelled", "b", None), ("queued", "c", 1)]
    desk.queue.finish(protocol.result("x"))
    assert desk.queue.next(0).name == "c"


def test_the_running_job_is_marked_and_told_of_until_it_ends():
    desk = Desk("a")
    task = desk.queue.next(0)
    desk.new()
    desk.queue.cancel("a")
    desk.queue.cancel("a")
    assert task.cancelled and desk.new() == [("cancelling", "a", None)] * 2
    desk.queue.finish(protocol.cancelled("Stopped."))
    assert desk.new() == [("cancelled", "a", None)]
    with pytest.raises(ValueError, match="no job 'a'"):
        desk.queue.cancel("a")


def test_a_job_cancelled_at_its_very_end_has_been_cancelled_with_its_result():
    desk = Desk("a")
    desk.queue.next(0)
    desk.queue.cancel("a")
    told = desk.queue.finish(protocol.result("folder/asset"))
    assert told["type"] == "cancelled" and told["path"] == "folder/asset"


def test_a_name_is_free_again_when_its_job_is_over():
    desk = Desk("a")
    for _ in range(2):
        with pytest.raises(ValueError, match="already"):
            desk.queue.add(Task("resume", "a"))
        desk.queue.next(0)
    desk.queue.finish(protocol.error("job", "No."))
    desk.queue.add(Task("resume", "a"))
    assert desk.new()[-1] == ("queued", "a", 0)


def test_all_that_waits_is_dropped():
    desk = Desk("a", "b")
    desk.queue.next(0)
    desk.queue.add(Task("estimate"))
    desk.new()
    desk.queue.clear()
    assert desk.new() == [("cancelled", "b", None)] and desk.queue.next(0) is None


def test_tasks_are_told_apart_by_what_they_are():
    task = Task("generate", "a")
    assert task != replace(task)
