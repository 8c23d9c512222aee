"""pip's lines and files as a phase and a fraction."""

from mav3d_blender.setup.installers.pip_progress import CHECKING, FETCHING, INSTALLING, PipProgress, installed


def test_a_run_of_pip_moves_forward_and_says_what_it_does(tmp_path):
    temporary, packages = tmp_path / "tmp", tmp_path / "packages"
    (temporary / "pip-unpack-1").mkdir(parents=True)
    packages.mkdir()
    progress, seen = PipProgress(download=200 * 10**6, packages=4), []

    def step(line=""):
        progress.read(line)
        progress.look(temporary, packages)
        seen.append(progress.fraction)
        return progress.phase

    assert step("Collecting torch==2.13.0") == "Looking up torch"
    assert step("  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl.metadata (29 kB)") == "Looking up torch"
    assert step("  Downloading https://m/torch-2.13.0-cp311-cp311-linux_x86_64.whl (190.5 MB)") == "Fetching torch (190.5 MB)"
    file = temporary / "pip-unpack-1" / "torch-2.13.0-cp311-cp311-linux_x86_64.whl"
    for size in (10**6, 10**8):
        with open(file, "wb") as opened:
            opened.truncate(size)
        phase = step()
    assert phase == "Downloading torch (100 of 190 MB)"
    assert step("Collecting rich==15.0.0 (from -r requirements.txt (line 2))").startswith("Looking up rich")
    assert step("  Using cached rich-15.0.0-py3-none-any.whl (310 kB)").startswith("Fetching rich")
    assert FETCHING < progress.fraction < INSTALLING
    assert step("Installing collected packages: torch, rich") == "Installing packages (0 of 2)"
    (packages / "rich-15.0.0.dist-info").mkdir()
    assert step() == "Installing packages (1 of 2)" and progress.fraction < INSTALLING + 0.1  # torch is most of it
    (packages / "torch-2.13.0.dist-info").mkdir()
    assert step() == "Installing packages (2 of 2)" and abs(progress.fraction - CHECKING) < 1e-9
    assert seen == sorted(seen)


def test_it_says_what_it_waits_for(tmp_path):
    clock = [0.0]
    progress = PipProgress(download=1, packages=1, now=lambda: clock[0])

    def after(seconds, line=None):
        clock[0] += seconds
        if line is not None:
            progress.read(line)
        progress.look(tmp_path / "none", tmp_path / "none")
        return progress.phase

    after(1, "Looking in indexes: https://pypi.org/simple, https://download.pytorch.org/whl/cpu")
    assert after(3) == "Looking up packages"
    assert after(3) == "Looking up packages · waiting for pypi.org or download.pytorch.org, 6 s"
    assert after(1) == "Looking up packages · waiting for pypi.org or download.pytorch.org, 7 s"
    retry = "WARNING: Retrying (Retry(total=%d, connect=None, read=None, redirect=None, status=None)) after connection broken "
    retry += "by 'ConnectTimeoutError(x, 'Connection to download.pytorch.org timed out. (timeout=15)')': /whl/cpu/torch/"
    assert after(8, retry % 1) == "download.pytorch.org does not answer, asking 2 more times"
    assert progress.unanswered == 0
    assert after(15, retry % 0) == "download.pytorch.org does not answer, asking once more" and progress.unanswered == 1
    assert after(5).startswith("download.pytorch.org does not answer, asking once more · waiting")
    assert after(1, "Collecting torch==2.13.0+cpu") == "Looking up torch"


def test_local_files_count_by_their_size(tmp_path):
    wheel = tmp_path / "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl"
    wheel.write_bytes(bytes(10**6))
    progress = PipProgress(download=10**6, packages=1)
    progress.read("Collecting torch==2.13.0")
    progress.read(f"Processing {wheel} (from -r requirements.txt (line 1))")
    progress.look(tmp_path / "none", tmp_path / "none")
    assert abs(progress.fraction - INSTALLING) < 1e-9


def test_installed_packages_go_by_their_normal_names(tmp_path):
    (tmp_path / "fast_simplification-0.2.0.dist-info").mkdir()
    (tmp_path / "numpy").mkdir()
    assert installed(tmp_path) == {"fast-simplification"}
    assert installed(tmp_path / "none") == set()
