import os
import sys
import threading

import pytest

from mav3d_blender.setup.installers.runner import Cancelled, Failed, Runner


class Lines:
    """Keeps the lines that it reads."""

    phase, fraction, unanswered = "Reading", 0.5, 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def read(self, line: str) -> None:
        self.lines.append(line)
        self.unanswered += line == "no answer"

    def look(self, temporary, packages) -> None:
        self.looked = temporary, packages


@pytest.fixture
def made(tmp_path):
    """A runner, what it showed, and the event that cancels it."""
    shown, cancel = [], threading.Event()
    with open(tmp_path / "log", "wb") as log, open(tmp_path / "lock", "w") as held:
        yield Runner(log, tmp_path / "log", held.fileno(), lambda *each: shown.append(each), cancel), shown, cancel


def run(runner: Runner, folder, code: str, **options) -> None:
    runner.run([sys.executable, "-c", code], dict(os.environ), folder, **options)


def test_lines_are_read_as_progress_and_kept_in_the_log(made, tmp_path):
    runner, shown, _ = made
    lines = Lines()
    runner.say("begins")
    code = "import os; print('one'); print('two'); print(os.getcwd(), end='')"
    run(runner, tmp_path, code, progress=lines, temporary=tmp_path, packages=lambda: tmp_path / "p", share=0.5)
    assert lines.lines == ["one", "two"] and lines.looked == (tmp_path, tmp_path / "p")
    assert set(shown) == {("Reading", 0.25)}
    assert (tmp_path / "log").read_text() == f"begins\none\ntwo\n{tmp_path}"


def test_a_program_that_fails_is_a_sentence_with_what_it_said_itself(made, tmp_path):
    runner, _, _ = made
    run(runner, tmp_path, "print('a program before')")
    with pytest.raises(Failed) as raised:
        run(runner, tmp_path, "import sys; print('No space left on device'); sys.exit(1)")
    assert "disk" in str(raised.value) and raised.value.said == "No space left on device\n"


def test_it_ends_the_program_when_it_is_to_stop(made, tmp_path):
    runner, _, cancel = made

    class Stops(Lines):
        def read(self, line: str) -> None:
            cancel.set()

    with pytest.raises(Cancelled):
        run(runner, tmp_path, "import time; print('up', flush=True); time.sleep(10000)", progress=Stops())
    with pytest.raises(Cancelled):
        run(runner, tmp_path, "print('never run')")
    assert "never run" not in (tmp_path / "log").read_text()


def test_an_index_that_never_answers_is_not_asked_for_every_package(made, tmp_path):
    runner, _, _ = made
    code = "import time\nfor _ in range(3): print('no answer', flush=True)\ntime.sleep(10000)"
    lines = Lines()
    with pytest.raises(Failed):
        run(runner, tmp_path, code, progress=lines)
    assert lines.unanswered == 3
