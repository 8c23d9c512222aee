"""The Hugging Face hub: a file of it, and what can go wrong with it in a sentence that says what to do."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
from httpx2 import HTTPError
from huggingface_hub import errors
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from engine.contract.errors import ModelError
from engine.models.catalogue import instead
from engine.models.folder.check import content_hash
from engine.models.hub.cache import cache_folder
from engine.models.hub.selection import RemoteFile

FAILURES = (HTTPError, OSError, errors.HFValidationError, errors.EntryNotFoundError)
LOGIN = "log in with `hf auth login` or set HF_TOKEN"


@dataclass(frozen=True)
class Commit:
    """A repository at one commit. endpoint: of the hub that has it."""

    id: str
    commit: str
    endpoint: str


def get(at: Commit, file: RemoteFile, output: io.BufferedIOBase, done: Callable[[int], None]) -> None:
    """Downloads to the end of `output`, which may hold the beginning. done: hears its length."""
    url = huggingface_hub.hf_hub_url(at.id, file.name, revision=at.commit, endpoint=at.endpoint)
    if (begun := output.tell()) > file.size:
        output.seek(0)
        output.truncate()
        begun = 0
    http_get(url, _Counted(output, done), resume_size=begun, headers=build_hf_headers(), expected_size=file.size)


class _Counted:
    """A file that tells how long it has become."""

    def __init__(self, file: io.BufferedIOBase, done: Callable[[int], None]) -> None:
        self.file, self.done = file, done
        self.seek, self.tell, self.truncate = file.seek, file.tell, file.truncate

    def write(self, block: bytes) -> int:
        written = self.file.write(block)
        self.done(self.file.tell())
        return written


def is_right(path: Path, file: RemoteFile) -> bool:
    """Whether a file is what the hub says it is: by its size, then by its hash."""
    return path.stat().st_size == file.size and content_hash(path, file.hash) == file.hash


def be_quiet() -> None:
    """Progress and warnings meant for the library's own users stay off the terminal."""
    huggingface_hub.utils.logging.set_verbosity_error()
    huggingface_hub.utils.disable_progress_bars()


@contextmanager
def hub_errors(name: str, revision: str) -> Iterator[None]:
    """What goes wrong between here and the hub becomes a ModelError of one sentence."""
    try:
        yield
    except FAILURES as error:
        if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, FAILURES):
            # The library looks in its cache where the hub fails, and then tells of that.
            error = error.__cause__
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            message = f"The disk is full at {cache_folder()}: make room, then fetch {name} again; it goes on where it was."
        else:
            message = _sentence(error, name, revision)
        raise ModelError(message) from error


def _sentence(error: Exception, name: str, revision: str) -> str:
    """What `error`, one of FAILURES, means for fetching the model of an id."""
    other = instead(name)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return f"{name} can't be fetched: HF_HUB_OFFLINE is set, and nothing is asked of the hub. Unset it and try again."
    if isinstance(error, errors.GatedRepoError):
        return f"{name} is gated: accept its license at https://huggingface.co/{name}, then {LOGIN}."
    if isinstance(error, errors.DisabledRepoError):
        return f"{name} is disabled on the Hugging Face hub: {other or 'choose another model'}."
    if isinstance(error, errors.RepositoryNotFoundError):
        ways = other or f"check the id; if it is private, {LOGIN}"
        return f"{name} is not on the Hugging Face hub (removed, renamed or private): {ways}."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{name} has no revision {revision!r}: leave it out, or give a branch, a tag or a commit."
    if isinstance(error, errors.EntryNotFoundError):
        return f"A file of {name} is gone from the hub since it was asked for: fetch it again."
    if isinstance(error, errors.HfHubHTTPError):
        status = error.response.status_code
        if status in (401, 403):
            return f"The hub gives you no access to {name} (status {status}): {LOGIN}, with a token that may read it."
        return f"The hub answered with status {status} for {name}: try again later; what was fetched is kept."
    if isinstance(error, HTTPError):
        return f"No connection to the hub, or it was lost ({_reason(error)}): try again; what was fetched of {name} is kept."
    return f"{name} can't be fetched ({_reason(error)}): mend that and try again; what was fetched is kept."


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
