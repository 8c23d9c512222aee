import sys
from types import SimpleNamespace

import pytest

from mav3d_blender.common.background import Background
from mav3d_blender.controller.engine_setup import EngineSetup, extension_version
from mav3d_blender.setup.install import Status
from mav3d_blender.setup.packages.requirements import SetupError
from tests.waiting import until


def test_what_a_check_finds_is_taken_and_reported_once(addon):
    setup = EngineSetup()
    setup._check = Background(lambda: "a report")
    setup._check.wait()
    assert setup.poll() == (True, "") and setup.report == "a report" and not setup.checking
    assert setup.poll() == (False, "")
    setup._check = Background(lambda: 1 / 0)
    until(lambda: setup._check.done)
    working, problem = setup.poll()
    assert working and "could not be checked" in problem and setup.report == "a report"


def test_what_was_installed_takes_the_place_of_a_named_python(preferences):
    setup = EngineSetup()
    setup._install = SimpleNamespace(poll=lambda: Status("running"), checked=None)
    assert setup.poll() == (True, "") and preferences.engine_python
    setup._install.poll = lambda: Status("done")
    assert setup.poll() == (True, "") and preferences.engine_python == "", "its end is shown once"
    preferences.engine_python = sys.executable
    assert setup.poll() == (False, "") and preferences.engine_python == sys.executable, "it was named after the installation"


def test_one_installation_at_a_time_and_from_a_valid_index(preferences):
    setup = EngineSetup()
    preferences.package_index = "mirror"
    with pytest.raises(SetupError, match="is no address"):
        setup.begin_install(None)
    assert setup.install_status is None
    setup._install = SimpleNamespace(poll=lambda: Status("running"), checked=None)
    with pytest.raises(SetupError, match="being installed already"):
        setup.begin_install(None)


def test_the_report_says_that_nothing_was_checked():
    assert EngineSetup().report_text() == "Nothing was checked yet."
    assert extension_version().count(".") == 2
