import subprocess
import sys
from dataclasses import replace

from mav3d_blender.jobs.process_identity import ProcessIdentity, current_process, host_name, process_exists, start_time


def test_this_process_runs_and_its_identity_is_stable():
    assert current_process() == current_process() and current_process().alive() is True


def test_a_process_is_another_after_its_end_and_with_another_start_time():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity(child.pid, host_name(), start_time(child.pid))
    try:
        assert identity.started and identity.alive() is True and process_exists(child.pid)
        assert replace(identity, started="long ago").alive() is False
        assert replace(identity, started="").alive() is True
    finally:
        child.communicate()
    assert identity.alive() is False and start_time(child.pid) == ""


def test_another_machine_can_not_be_asked():
    assert replace(current_process(), host="elsewhere").alive() is None
    assert not process_exists(0) and not process_exists(-1)
