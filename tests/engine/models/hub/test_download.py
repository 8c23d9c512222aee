"""A file from the hub, and each thing that can go wrong in one sentence."""

import errno
import io

import httpx2
import pytest
from huggingface_hub import errors

from engine.contract.errors import ModelError
from engine.models.folder.check import content_hash
from engine.models.hub.download import Commit, get, hub_errors, is_right
from engine.models.hub.selection import RemoteFile
from tests.engine.models.small_hub import COMMIT, Repository

NAME, CONTENT = "someone/tiny-model", bytes(range(256)) * 20


def at(hub) -> tuple[Commit, RemoteFile]:
    hub.repositories[NAME] = Repository({"w.bin": CONTENT})
    return Commit(NAME, COMMIT, hub.endpoint), RemoteFile("w.bin", len(CONTENT), "")


def test_a_file_comes_whole_and_says_how_far_it_is(hub):
    output, heard = io.BytesIO(), []
    get(*at(hub), output, heard.append)
    assert output.getvalue() == CONTENT and heard == sorted(heard) and heard[-1] == len(CONTENT) and len(heard) > 1


@pytest.mark.parametrize("begun", [2000, len(CONTENT) + 5])
def test_a_beginning_is_gone_on_with_and_too_much_is_thrown_away(hub, begun):
    output = io.BytesIO()
    output.write((CONTENT + b"extra")[:begun])
    get(*at(hub), output, lambda done: None)
    assert output.getvalue() == CONTENT
    assert [asked for method, _, asked in hub.asked if method == "GET"][-1:] == [f"bytes={begun}-" if begun == 2000 else None]


def test_a_file_is_right_by_its_size_and_its_hash(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    right = RemoteFile("a", len(CONTENT), content_hash(tmp_path / "a", "0" * 64))
    assert is_right(tmp_path / "a", right)
    assert not is_right(tmp_path / "a", RemoteFile("a", len(CONTENT) + 1, right.hash))
    (tmp_path / "a").write_bytes(CONTENT[::-1])
    assert not is_right(tmp_path / "a", right)


def answer(kind: type, status: int = 404) -> Exception:
    response = httpx2.Response(status, request=httpx2.Request("GET", "https://hub.test"))
    return kind("the hub says no", response=response)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.OfflineModeIsEnabled("offline"), "HF_HUB_OFFLINE is set"),
        (answer(errors.GatedRepoError, 403), "is gated: accept its license at https://huggingface.co/someone/tiny-model"),
        (answer(errors.DisabledRepoError, 403), "is disabled on the Hugging Face hub: choose another model"),
        (answer(errors.RepositoryNotFoundError, 401), "is not on the Hugging Face hub"),
        (answer(errors.RevisionNotFoundError), "has no revision 'v9'"),
        (answer(errors.RemoteEntryNotFoundError), "is gone from the hub since it was asked for"),
        (answer(errors.HfHubHTTPError, 403), r"gives you no access to someone/tiny-model \(status 403\)"),
        (answer(errors.HfHubHTTPError, 500), "answered with status 500"),
        (httpx2.ConnectError("no route\nat all"), r"No connection to the hub, or it was lost \(no route\)"),
        (OSError(errno.ENOSPC, "No space left"), "The disk is full at"),
        (OSError(errno.EACCES, "Permission denied"), "can't be fetched .*Permission denied"),
    ],
)
def test_what_goes_wrong_is_one_sentence_that_says_what_to_do(error, said):
    with pytest.raises(ModelError, match=said) as raised, hub_errors(NAME, "v9"):
        raise error
    assert "\n" not in str(raised.value) and raised.value.__cause__ is error


def test_the_cause_is_told_and_not_that_the_cache_has_nothing():
    cause = httpx2.ConnectError("no route")
    with pytest.raises(ModelError, match="no route"), hub_errors(NAME, "main"):
        raise errors.LocalEntryNotFoundError("not in the cache") from cause


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), hub_errors(NAME, "main"):
        raise ZeroDivisionError
