"""What the script says when an interpreter runs it."""

import json
import subprocess
import sys
import types

import pytest

from mav3d_blender.setup import probe, pythons
from tests.mav3d_blender.setup.conftest import TORCH, bare_environment, make_wheel


def asked(python, *arguments: str) -> dict:
    done = subprocess.run([python, "-I", pythons.PROBE, *arguments], capture_output=True, text=True, check=True)
    return {name: value for line in done.stdout.splitlines() for name, value in json.loads(line).items()}


def test_an_interpreter_alone_says_what_it_is():
    found = asked(sys.executable)
    assert list(found) == ["interpreter"]
    assert found["interpreter"]["version"] == list(sys.version_info[:3]) and found["interpreter"]["bits"] == 64
    assert found["interpreter"]["venv"] and found["interpreter"]["implementation"] == "CPython"


def test_versions_of_packages_and_the_state_of_torch(tmp_path):
    wheels = [make_wheel(tmp_path / "wheels", "torch", "2.13.0", TORCH), make_wheel(tmp_path / "wheels", "little", "1.6")]
    python = bare_environment(tmp_path / "made", *wheels)
    found = asked(python, json.dumps(["torch", "little", "nothing"]))
    assert found["packages"] == {"torch": "2.13.0", "little": "1.6", "nothing": None}
    assert found["torch"]["version"] == "2.13.0+cpu" and found["torch"]["warnings"] == [] and "cuda" not in found["torch"]
    # The interpreter that an environment was made from is told apart from it.
    assert found["interpreter"]["base"] and found["interpreter"]["ensurepip"]


def torch(monkeypatch, **more) -> dict:
    """The state of a torch in this process."""
    module = types.ModuleType("torch")
    exec(TORCH, module.__dict__)
    module.__dict__.update(more)
    monkeypatch.setitem(sys.modules, "torch", module)
    return probe.torch_state()


def test_a_card_that_can_not_be_worked_on_is_told_with_its_reason(monkeypatch):
    card = types.SimpleNamespace(name="A card", total_memory=8 * 10**9)

    def ones(*_, device):
        raise RuntimeError(f"no kernel image is available on {device}")

    cuda = types.SimpleNamespace(
        is_available=lambda: True, get_device_properties=lambda _: card, device_count=lambda: 2
    )  # fmt: skip
    state = torch(monkeypatch, cuda=cuda, ones=ones)
    assert state["cuda"] == {"name": "A card", "memory": 8 * 10**9, "count": 2}
    assert state["device_error"] == "RuntimeError: no kernel image is available on cuda"


@pytest.mark.parametrize("error", [OSError("WinError 126"), ImportError("no libcudart")])
def test_a_torch_that_can_not_be_imported_says_why(monkeypatch, error):
    def broken(name):
        raise error

    monkeypatch.setattr(probe.importlib, "import_module", broken)
    assert probe.torch_state() == {"error": f"{type(error).__name__}: {error}"}
