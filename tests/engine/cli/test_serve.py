import pytest

from engine.cli.main import main
from engine.server import serve


@pytest.mark.parametrize(("options", "device"), [([], "cpu"), (["--device", "cuda"], "cuda")])
def test_the_engine_serves_on_its_device_and_its_exit_code_is_the_command_s(monkeypatch, options, device):
    served = []
    monkeypatch.setattr(serve, "serve", lambda name: served.append(name) or 3)
    assert main(["serve", *options]) == 3 and served == [device]
