"""Waiting for what another process does."""

import time

from tests.root import PATIENCE


def until(look, seconds: float = PATIENCE):
    """What `look` returns as soon as that is true; fails after `seconds`, far more than a busy machine takes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError(f"nothing within {seconds} seconds")
