import shlex

import pytest

from engine.contract.errors import HostError
from engine.remote.host import Host


@pytest.mark.parametrize("name", ["-oProxyCommand=id", "", "a b", "a;id", "a:22", "a\n", "@a", "a$(id)", "-", "user@", "a/b"])
def test_what_ssh_could_take_for_something_else_is_no_host(name):
    with pytest.raises(HostError, match="can't be a host: give a name of your ssh configuration"):
        Host(name)


@pytest.mark.parametrize("name", ["workstation", "anna@render-1.local", "10.0.0.7", "gpu_box", "_x%eth0"])
def test_names_and_addresses_are_hosts(name):
    assert Host(name).name == name


@pytest.mark.parametrize("folder", ["", ".", "~", "..", "../x", "a:b", "a\nb", "-rf", "~anna/x"])
def test_folders_that_can_not_be(folder):
    with pytest.raises(HostError, match="can't be a folder on far"):
        Host("far", folder)


def test_folders_begin_in_the_home_folder_or_at_the_root():
    assert Host("far", "~/mav 3d/").folder == "mav 3d" and Host("far", "/data/mav3d").folder == "/data/mav3d"


def test_the_far_shell_sees_one_program_with_quoted_words():
    command = Host("far", "my mav3d; id").module("engine.remote", "attach", "a'b")
    assert shlex.split(command) == [
        "env", "PYTHONPATH=my mav3d; id", "PYTHONNOUSERSITE=1", "PYTHONDONTWRITEBYTECODE=1", "my mav3d; id/.venv/bin/python",
        "-P", "-u", "-m", "engine.remote", "attach", "a'b",
    ]  # fmt: skip
    assert "'my mav3d; id/.venv/bin/python'" in command
