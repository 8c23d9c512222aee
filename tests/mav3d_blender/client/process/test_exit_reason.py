import pytest

from mav3d_blender.client.process.exit_reason import explain_exit, explain_start_failure


@pytest.mark.parametrize(
    ("code", "line", "reason", "advice"),
    [
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate", "graphics card's memory", "quality"),
        (1, "RuntimeError: No CUDA GPUs are available", "graphics card can't be used", "CPU"),
        (1, "ModuleNotFoundError: No module named 'engine'", "own files are missing", "extension"),
        (1, "python: Error while finding module specification for 'engine'", "ended before it was ready", "log"),
        (1, "OSError: [Errno 28] No space left on device", "disk is full", "room"),
        (-11, "", "crashed", "log"),
        (0xC0000005, "", "crashed", "log"),
        (-15, "", "from outside", ""),
        (0, "", "exit status 0", "log"),
    ],
)
def test_known_ends(code, line, reason, advice):
    end = explain_exit(code, ["something", line] if line else [], False)
    assert reason in end.reason and advice in end.advice


def test_the_reason_names_the_last_line_and_a_missing_module():
    assert "(something)" in explain_exit(1, ["Traceback", "something", "[mav3d] ended"], True).reason
    missing = explain_exit(1, ["ModuleNotFoundError: No module named 'torch.nn'", ""], False)
    assert "no module 'torch.nn'" in missing.reason and "install the engine" in missing.advice


@pytest.mark.parametrize(
    ("error", "folder", "reason"),
    [
        (FileNotFoundError(2, "none"), True, "no Python at /python"),
        (PermissionError(13, "denied"), True, "not allowed to run"),
        (OSError(8, "Exec format error"), True, "Exec format error"),
        (FileNotFoundError(2, "none"), False, "folder is missing"),
    ],
)
def test_a_start_that_fails(error, folder, reason):
    found = explain_start_failure(error, "/python", folder)
    assert reason in found.reason and found.advice
