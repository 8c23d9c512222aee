import pytest

from mav3d_blender.common import package
from mav3d_blender.controller.downloads import Downloads
from tests.mav3d_blender.engines import exists
from tests.waiting import until

WAITING = "import json, time\nprint(json.dumps({'type': 'progress', 'step': 1, 'steps': 4}), flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def engine(addon, tmp_path, monkeypatch):
    """Has `python -m engine` run a program, whatever its arguments."""

    def write(program: str) -> None:
        (tmp_path / "engine").mkdir(exist_ok=True)
        (tmp_path / "engine" / "__main__.py").write_text(program)
        monkeypatch.setattr(package, "ROOT", tmp_path)

    return write


def test_only_the_presets_own_models_count_as_fetched(addon, engine):
    engine("")
    downloads, settings = Downloads(), addon.mav3d
    assert downloads.status is None and not downloads.busy and downloads.preset == ""
    settings.preset, settings.image_model = "open", "a/b"
    downloads.begin(settings)
    assert downloads.wait().state == "done" and downloads.preset == "open"
    assert [downloads.has_fetched("open", role) for role in ("image", "video", "upscale")] == [False, True, True]
    assert not downloads.has_fetched("paper", "video") and not downloads.poll()


def test_a_download_is_cancelled_and_its_end_shown_once(addon, engine):
    engine(WAITING)
    downloads = Downloads()
    addon.mav3d.preset = "open"
    downloads.begin(addon.mav3d)
    until(lambda: downloads.poll() and downloads.status.fraction == 0.25)
    pid = downloads._fetch._child.pid
    downloads.cancel()
    until(lambda: not downloads.busy)
    assert downloads.status.state == "cancelled" and not exists(pid)
    assert downloads.poll() and not downloads.poll()
    assert not downloads.has_fetched("open", "image")
