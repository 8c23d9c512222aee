import pytest

from engine.contract import version
from engine.contract.version import is_newer


@pytest.mark.parametrize(
    ("other", "newer"),
    [("1.2.3", False), ("1.2.4", True), ("1.10.0", True), ("2.0.0", True), ("1.2.2", False), ("0.9.9", False)],
)
def test_versions_are_compared_number_by_number(monkeypatch, other, newer):
    monkeypatch.setattr(version, "VERSION", "1.2.3")
    assert is_newer(other) is newer


@pytest.mark.parametrize("text", ["", "unknown", "2", "2.0"])
def test_what_is_no_version_is_not_newer(text):
    assert is_newer(text) is False
