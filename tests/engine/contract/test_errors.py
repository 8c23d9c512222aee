from pathlib import Path

from engine.contract.errors import EngineError, NotFetchedError, PromptError, Stopped


def subclasses(of: type) -> list[type]:
    return [found for direct in of.__subclasses__() for found in (direct, *subclasses(direct))]


def test_a_prompt_error_has_a_short_form_for_narrow_places():
    assert PromptError("The prompt is empty: write something.").short == "The prompt is empty: write something."
    assert PromptError("The prompt is empty: write something.", "Empty").short == "Empty"


def test_errors_show_their_sentence_and_carry_what_is_done_about_them():
    missing = NotFetchedError("owner/name is not on this machine.", "owner/name")
    assert str(missing) == "owner/name is not on this machine." and missing.source == "owner/name"
    stopped = Stopped("Stopped at step 3.", Path("asset"))
    assert str(stopped) == "Stopped at step 3." and stopped.asset == Path("asset") and Stopped("").asset is None


def test_the_kinds_of_the_contract_are_told_apart():
    own = [error for error in subclasses(EngineError) if error.__module__ == EngineError.__module__]
    kinds = [error.kind for error in own]
    assert len(own) > 10 and len(set(kinds)) == len(kinds)
