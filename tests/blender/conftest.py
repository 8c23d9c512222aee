import shutil
from pathlib import Path

import pytest

from tests.blender import window


@pytest.fixture(scope="session")
def extension(tmp_path_factory) -> Path:
    """A user folder of Blender's with the extension in it."""
    folder = tmp_path_factory.mktemp("extension")
    window.install(folder)
    return folder


@pytest.fixture(scope="module")
def installed(extension, tmp_path_factory) -> dict[str, str]:
    """The environment of a Blender that has the extension and has never been used."""
    return window.environment(shutil.copytree(extension, tmp_path_factory.mktemp("user") / "home"))
