import pytest

from engine.cli.hints import HINTS, hint
from engine.contract.errors import EngineError, NotFetchedError, PromptError, Stopped, TakenError
from engine.mesh.files.frame import EmptyError
from engine.pipeline.device import DeviceError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TakenError("No."), "--overwrite"),
        (DeviceError("No."), "--device"),
        (Stopped("Stopped."), "same command"),
        (EmptyError("No."), "--empty-frames skip"),
        (NotFetchedError("No.", "owner/name"), "`python -m engine models fetch owner/name` fetches it."),
    ],
)
def test_an_error_s_kind_says_which_options_help(error, said):
    assert said in hint(error)


def test_where_no_option_helps_there_is_no_hint():
    assert hint(PromptError("No.")) == "" and hint(EngineError("No.")) == ""


def test_hints_are_of_errors_that_there_are():
    def kinds(of: type) -> set[str]:
        return {of.kind}.union(*map(kinds, of.__subclasses__()))

    assert set(HINTS) <= kinds(EngineError)
