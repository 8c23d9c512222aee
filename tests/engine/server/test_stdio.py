import json
import os
import subprocess
import sys
import threading

import pytest

from engine.contract import protocol
from engine.server.stdio import Output
from tests.root import PATIENCE, ROOT

PROGRAM = """
import os, subprocess, sys
from engine.server.stdio import take_streams
print("before", flush=True)
source, sink = take_streams()
print("printed")
subprocess.run([sys.executable, "-c", "print('by a child')"])
line = os.read(source, 100)
os.write(sink, b"read " + line)
os.write(2, b"stdin holds %r" % sys.stdin.read())
"""


def test_what_prints_prints_to_stderr_and_what_reads_finds_nothing():
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, input=b"a message\n", capture_output=True, cwd=ROOT, timeout=PATIENCE)
    assert done.stdout.splitlines() == [b"before", b"read a message"]
    assert {b"printed", b"by a child"} <= set(done.stderr.splitlines()) and b"stdin holds ''" in done.stderr


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            pass


def test_messages_leave_as_lines(pipe):
    source, sink = pipe
    output = Output(sink)
    output.send(protocol.queued(2))
    output.send(protocol.result("caf\u00e9"))
    first, second = os.read(source, 1000).splitlines()
    assert json.loads(first) == {"type": "queued", "place": 2} and json.loads(second)["path"] == "caf\u00e9"


def test_lines_of_several_threads_stay_whole(pipe):
    source, sink = pipe
    output = Output(sink)
    # Longer than a pipe takes at once.
    texts = [letter * 100_000 for letter in "abc"]
    threads = [threading.Thread(target=output.send, args=({"type": "result", "path": text},)) for text in texts]
    for thread in threads:
        thread.start()
    received = b""
    while received.count(b"\n") < len(texts):
        received += os.read(source, 2**16)
    for thread in threads:
        thread.join()
    assert sorted(json.loads(line)["path"] for line in received.splitlines()) == texts


def test_when_nobody_listens_messages_are_dropped(pipe):
    source, sink = pipe
    output = Output(sink)
    output.send(protocol.queued(0))
    assert not output.closed
    os.close(source)
    output.send(protocol.queued(1))
    assert output.closed
    output.send(protocol.queued(2))


def test_what_is_no_message_is_refused(pipe):
    with pytest.raises(ValueError, match="not JSON compliant"):
        Output(pipe[1]).send({"type": "progress", "eta_s": float("nan")})


@pytest.mark.skipif(os.name == "nt", reason="Windows closes no streams of a child")
@pytest.mark.parametrize("closed", [(0,), (1,), (0, 1, 2)])
def test_streams_that_are_closed_are_empty(closed):
    code = "import os; from engine.server.stdio import take_streams; a, b = take_streams(); os.write(b, os.read(a, 9) + b'end')"
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"" if 0 not in closed else None, capture_output=True, cwd=ROOT,
        preexec_fn=lambda: [os.close(each) for each in closed],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == (b"" if 1 in closed else b"end")
