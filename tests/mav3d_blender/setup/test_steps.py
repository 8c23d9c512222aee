"""Setting up as three steps, each with what mends it."""

from dataclasses import replace
from pathlib import Path

import pytest

from mav3d_blender.setup.check import Line, Report
from mav3d_blender.setup.steps import steps

PYTHON = Path("/engine/bin/python")
FINE = tuple(Line(name, "ok", f"{name} is fine.") for name in ("Engine environment", "Models", "Device"))
GOOD = Report(PYTHON, FINE, True, "", ("cpu",))


def states(found) -> list[str]:
    return [step.state for step in found]


def buttons(step) -> list[str]:
    return [fix.text for fix in step.fixes]


def with_line(number: int, state: str, sentence: str = "It is not.", **changes) -> Report:
    lines = tuple(replace(line, state=state, sentence=sentence) if each == number else line for each, line in enumerate(FINE))
    return replace(GOOD, lines=lines, **changes)


def test_what_works_has_a_sentence_and_no_button():
    found = steps(GOOD, PYTHON, "cpu", installed=True)
    assert [step.name for step in found] == ["Engine", "Models", "Device"]
    assert states(found) == ["ok"] * 3 and all(step.sentence and not step.fixes for step in found)


def test_at_first_there_is_an_engine_to_install_or_a_python_to_choose():
    engine, models, device = steps(None, None, "cpu")
    assert states((engine, models, device)) == ["missing", "unknown", "unknown"]
    assert buttons(engine) == ["Install Engine", "Use a Python …"] and buttons(models) == [] and buttons(device) == []


@pytest.mark.parametrize("report", [None, replace(GOOD, python=Path("/another/python"))])
def test_a_check_of_another_python_does_not_count(report):
    found = steps(report, PYTHON, "cpu")
    assert states(found) == ["unknown"] * 3 and all(buttons(step) == [] for step in found)
    assert str(PYTHON) in found[0].sentence


@pytest.mark.parametrize(
    ("installed", "outdated", "text"),
    [(False, False, "Install Engine"), (True, False, "Install Again"), (True, True, "Update Engine")],
)
def test_an_engine_that_is_not_right(installed, outdated, text):
    engine, models, _ = steps(with_line(0, "broken"), PYTHON, "cpu", installed, outdated)
    assert engine.state == "broken" and buttons(engine) == [text, "Use a Python …"] and models.state == "ok"


def test_models_that_are_not_right():
    _, models, _ = steps(with_line(1, "missing", "install the extension again."), PYTHON, "cpu")
    assert (models.state, models.sentence, buttons(models)) == ("missing", "install the extension again.", [])


@pytest.mark.parametrize(
    ("report", "device", "state", "texts"),
    [
        (GOOD, "cpu", "ok", []),
        (replace(GOOD, cuda_missing=True), "cpu", "better", ["Install the CUDA Build"]),
        (replace(GOOD, cuda_missing=True), "cuda", "broken", ["Install the CUDA Build", "Use the CPU"]),
        (GOOD, "cuda", "broken", ["Use the CPU"]),
        (replace(GOOD, devices=("cpu", "cuda")), "cuda", "ok", []),
        (replace(GOOD, devices=("cpu", "cuda")), "cpu", "better", ["Use CUDA"]),
        (replace(GOOD, devices=("cpu", "mps")), "cpu", "better", ["Use Metal"]),
        (with_line(2, "broken", "Update its driver."), "cpu", "broken", []),
        (with_line(2, "broken", "Update its driver."), "cuda", "broken", ["Use the CPU"]),
        (with_line(2, "missing", "Not known.", devices=()), "cpu", "unknown", []),
    ],
)
def test_devices(report, device, state, texts):
    step = steps(report, PYTHON, device)[2]
    assert (step.state, buttons(step)) == (state, texts)
    assert state != "ok" or not texts
