"""The two pipes of an engine, without an engine."""

import json
import os

import pytest

from mav3d_blender.client.process.pipes import LOGGED_LINES, MAX_MESSAGES, MAX_UNSENT, Inbox, Outbox
from tests.waiting import until


@pytest.fixture
def pipe():
    """A file to read from and a descriptor to write to."""
    read, write = os.pipe()
    yield os.fdopen(read, "rb", buffering=0), write
    try:
        os.close(write)
    except OSError:
        pass  # the test has closed it


def test_messages_come_in_order_and_the_rest_is_logged(pipe):
    source, sink = pipe
    notes = []
    inbox = Inbox(source, notes.append)
    assert inbox.take() is None
    os.write(sink, b'{"type": "a"}\nnothing\n{"type": "b"}\n{"type": "c"')
    os.close(sink)
    until(lambda: inbox.ended)
    assert [inbox.take() for _ in range(3)] == [{"type": "a"}, {"type": "b"}, None]
    assert inbox.invalid_lines == 2 and "'nothing'" in notes[0] and "has no end" in notes[1]


def test_the_log_takes_so_many_lines(pipe):
    source, sink = pipe
    notes = []
    inbox = Inbox(source, notes.append)
    os.write(sink, b"no\n" * (LOGGED_LINES + 20))
    os.close(sink)
    until(lambda: inbox.ended)
    assert len(notes) == LOGGED_LINES + 1 and inbox.invalid_lines == LOGGED_LINES + 20


def test_a_full_inbox_waits_and_a_discarding_one_does_not(pipe):
    source, sink = pipe
    inbox = Inbox(source, print)
    os.write(sink, b'{"type": "a"}\n' * (MAX_MESSAGES + 5))
    os.close(sink)
    until(lambda: len(inbox._messages) == MAX_MESSAGES)
    assert not inbox.ended and inbox.take()
    inbox.discard()
    until(lambda: inbox.ended)
    assert inbox.take() is None


def test_an_outbox_writes_lines_and_closes(pipe):
    source, write = pipe
    outbox = Outbox(os.fdopen(os.dup(write), "wb", buffering=0))
    os.close(write)
    assert outbox.put({"type": "a", "text": "ü"}) and outbox.put({"type": "b"})
    with pytest.raises(ValueError):
        outbox.put({"type": "a", "number": float("nan")})
    outbox.close()
    assert [json.loads(line) for line in source] == [{"type": "a", "text": "ü"}, {"type": "b"}]


def test_an_outbox_that_nobody_reads_says_so_and_can_be_closed(pipe):
    source, write = pipe
    outbox = Outbox(os.fdopen(os.dup(write), "wb", buffering=0))
    sent = 0
    while outbox.put({"type": "a", "text": "x" * 2000}):
        sent += 1
    assert sent >= MAX_UNSENT
    outbox.close()
    source.close()
