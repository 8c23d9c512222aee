"""`engine estimate` as a user meets it, in its own process."""

from engine.config.stage import STAGES
from tests.engine.cli.launching import SHORT, launch, messages


def test_an_estimate_names_every_stage(tiny_models):
    done = launch(tiny_models, "estimate", *SHORT, "--json")
    assert done.returncode == 0, done.stderr
    told = messages(done)[0]
    assert set(told["seconds"]) == {*STAGES, "mesh"}
    assert all(value > 0 for value in told["seconds"].values()) and 100 < told["memory_mb"] < 8000


def test_an_estimate_of_what_can_not_be_is_one_sentence(tiny_models):
    done = launch(tiny_models, "estimate", "a corgi")
    assert done.returncode == 1 and '"corgi"' in done.stderr and len(done.stderr.strip().splitlines()) == 1
