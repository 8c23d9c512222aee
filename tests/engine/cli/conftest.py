"""A finished job, which its tests leave as they found it."""

import subprocess
from pathlib import Path

import pytest

from tests.engine.cli.launching import FIXED, SHORT, launch


@pytest.fixture(scope="session")
def finished(tiny_models, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    output = tmp_path_factory.mktemp("whole") / "job"
    # Random models make no motion to speak of, so that one mesh is asked for, whatever it is worth.
    arguments = ["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT, "--json"]
    return output, launch(tiny_models, *arguments)
