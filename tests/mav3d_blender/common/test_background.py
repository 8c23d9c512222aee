import threading

import pytest

from mav3d_blender.common.background import Background
from tests.root import PATIENCE


def test_the_caller_goes_on_until_there_is_a_result():
    go = threading.Event()

    def work(number: int, *, add: int) -> int:
        assert go.wait(PATIENCE)
        return number + add

    running = Background(work, 40, add=2)
    assert running.poll() is None and not running.done and running.wait(0) is None
    go.set()
    assert running.wait(PATIENCE) == 42 and running.done and running.poll() == 42


def test_what_the_function_raises_comes_out_where_it_is_asked_for():
    def fail() -> None:
        raise ValueError("no such thing")

    running = Background(fail)
    for ask in (lambda: running.wait(PATIENCE), running.poll):
        with pytest.raises(ValueError, match="no such thing"):
            ask()
    assert running.done
