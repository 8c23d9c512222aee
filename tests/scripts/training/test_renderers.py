"""The renderers that run beside training."""

import sys

import pytest

from scripts.training.renderers import Renderers
from tests.root import PATIENCE


class Short(Renderers):
    """Whose processes end at once, as the first word of their work folder's name says: with that status."""

    def _start(self, which, count):
        self.command = [sys.executable, "-c", f"raise SystemExit({int(self.pool.parent.name)})"]
        return super()._start(which, count)


def test_renderers_that_ended_are_started_again(tmp_path, capsys):
    renderers = Short(tmp_path / "3", 0.1, 2)
    first = [process.pid for process in renderers.processes]
    for process in renderers.processes:
        process.wait(timeout=PATIENCE)
    renderers.keep_going()
    assert not {process.pid for process in renderers.processes} & set(first)
    assert "renderer 1: ended with 3, starts again" in capsys.readouterr().out
    for process in renderers.processes:
        process.wait(timeout=PATIENCE)


def test_training_does_not_wait_for_a_renderer_that_failed(tmp_path):
    renderers = Short(tmp_path / "4", 0.1)
    renderers.processes[0].wait(timeout=PATIENCE)
    with pytest.raises(RuntimeError, match="ended with 4 when there were 0 of 2 shards"):
        renderers.wait_for(2)


def test_enough_shards_are_not_waited_for(tmp_path):
    (tmp_path / "0" / "pool").mkdir(parents=True)
    (tmp_path / "0" / "pool" / "shard_00000.safetensors").touch()
    Short(tmp_path / "0", 0.1).wait_for(1)
