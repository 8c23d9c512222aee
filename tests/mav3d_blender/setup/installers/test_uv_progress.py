"""uv's lines and files as a phase and a fraction."""

from mav3d_blender.setup.installers.pip_progress import CHECKING, FETCHING, INSTALLING
from mav3d_blender.setup.installers.uv_progress import UvProgress

MB = 10**6


def test_a_run_of_uv_moves_forward_and_says_what_it_does(tmp_path):
    cache, packages = tmp_path / "cache", tmp_path / "packages"
    (cache / ".tmpAbC" / "torch").mkdir(parents=True)
    packages.mkdir()
    clock = [0.0]
    progress = UvProgress(download=100 * MB, disk=400 * MB, asked="", now=lambda: clock[0])
    seen = []

    def step(*lines: str) -> str:
        clock[0] += 5
        for line in lines:
            progress.read(line)
        progress.look(cache, packages)
        seen.append(progress.fraction)
        return progress.phase

    assert step("Using Python 3.11.7 environment at: .") == "Looking up packages"
    assert step("Resolved 2 packages in 788ms") == "Fetching 2 packages" and progress.fraction == FETCHING
    assert step("Downloading torch (80.0MiB)", "Downloading scipy (10.0MiB)") == "Downloading torch (84 MB) and 1 more"
    # A package is four times as large on the disk, and is unpacked as it comes: 160 MB of it are 40 of 100 to come.
    with open(cache / ".tmpAbC" / "torch" / "lib.so", "wb") as file:
        file.truncate(160 * MB)
    step()
    assert abs(progress.fraction - (FETCHING + (INSTALLING - FETCHING) * 0.4)) < 1e-6
    assert step(" Downloaded scipy") == "Downloading torch (84 MB)"
    assert abs(progress.fraction - (FETCHING + (INSTALLING - FETCHING) * (0.4 + 0.1048576))) < 1e-6
    (cache / ".tmpAbC" / "torch" / "lib.so").rename(tmp_path / "lib.so")
    step(" Downloaded torch")
    assert step("Prepared 2 packages in 2.90s") == "Installing packages (0 of 2)"
    (packages / "scipy-1.17.1.dist-info").mkdir()
    assert step() == "Installing packages (1 of 2)"
    assert abs(progress.fraction - (INSTALLING + CHECKING) / 2) < 1e-9
    (packages / "torch-2.13.0.dist-info").mkdir()
    assert step("Installed 2 packages in 137ms") == "Compiling 2 packages" and abs(progress.fraction - CHECKING) < 1e-9
    assert seen == sorted(seen)


def test_its_cache_is_not_looked_at_all_the_time(tmp_path):
    (tmp_path / ".tmpAbC").mkdir()
    clock = [0.0]
    progress = UvProgress(100, 100, "", now=lambda: clock[0])
    progress.read("Downloading torch (100B)")
    progress.look(tmp_path, tmp_path)
    (tmp_path / ".tmpAbC" / "file").write_bytes(bytes(50))
    clock[0] = 1.0
    progress.look(tmp_path, tmp_path)
    assert progress.fraction == FETCHING
    clock[0] = 2.0
    progress.look(tmp_path, tmp_path)
    assert progress.fraction == FETCHING + (INSTALLING - FETCHING) * 0.5


def test_python_itself_is_told_of_by_that_name(tmp_path):
    progress = UvProgress(100 * MB, 100 * MB, "")
    progress.read("Downloading cpython-3.11.18-linux-x86_64-gnu (download) (29.4MiB)")
    progress.look(tmp_path, tmp_path)
    assert progress.phase == "Downloading Python (31 MB)"
    progress.read(" Downloaded cpython-3.11.18-linux-x86_64-gnu (download)")
    progress.look(tmp_path, tmp_path)
    assert progress.fraction < INSTALLING


def test_it_says_what_it_waits_for(tmp_path):
    clock = [0.0]
    progress = UvProgress(1, 1, "pypi.org or download.pytorch.org", now=lambda: clock[0])
    for moment, phase in (
        (0, "Looking up packages"), (3, "Looking up packages"),
        (6, "Looking up packages · waiting for pypi.org or download.pytorch.org, 6 s"),
        (9, "Looking up packages · waiting for pypi.org or download.pytorch.org, 9 s"),
    ):  # fmt: skip
        clock[0] = moment
        progress.look(tmp_path, tmp_path)
        assert progress.phase == phase
    progress.read("Resolved 3 packages in 9s")
    progress.look(tmp_path, tmp_path)
    assert progress.phase == "Fetching 3 packages"
