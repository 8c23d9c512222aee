import signal

import pytest

from engine.cli.signals import stop_on_signals


@pytest.fixture(autouse=True)
def restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_asks_to_stop_and_a_second_one_ends_the_process(number):
    stop = stop_on_signals()
    assert stop() is False
    signal.raise_signal(number)
    assert stop() is True and signal.getsignal(number) is signal.SIG_DFL


def test_each_run_begins_unasked():
    first = stop_on_signals()
    signal.raise_signal(signal.SIGTERM)
    assert first() and not stop_on_signals()()
