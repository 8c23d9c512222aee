"""Takes messages in: each is checked where it arrives, then waits in the queue or is answered at once."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.contract import protocol
from engine.contract.errors import EngineError, RequestError
from engine.contract.request import Request
from engine.contract.rig import RigRequest
from engine.contract.track import TrackRequest
from engine.job.folder import JobFolder
from engine.job.resolve import resolve, resolve_folder
from engine.job.resume import changed_job
from engine.server.queue import Queue, Task

MAX_NAME = 200


class Reader:
    """Fills `queue` from lines. emit: sends a message. leave: asks the engine to end."""

    def __init__(self, queue: Queue, emit: Callable[[dict[str, Any]], None], leave: Callable[[], None]) -> None:
        self.queue, self.emit, self.leave = queue, emit, leave

    def read(self, read: Callable[[int], bytes]) -> None:
        """Takes line after line until nothing comes any more; the other side is gone then, and the engine is to end."""
        try:
            for line in protocol.lines(read):
                self.take(line)
        finally:
            self.leave()

    def take(self, line: bytes) -> None:
        """One message. Whatever is wrong with it is answered by `error` and changes nothing."""
        known: dict[str, Any] = {}
        try:
            message = _decoded(line)
            known = _known(message)
            self._act(message)
        except EngineError as error:
            self._refuse(error.kind, str(error), known)
        except ValueError as error:
            self._refuse("protocol", str(error), known)
        except Exception as error:
            traceback.print_exc()
            self._refuse("internal", f"The engine failed at this message ({type(error).__name__}: {error}).", known)

    def _refuse(self, kind: str, sentence: str, known: dict[str, Any]) -> None:
        self.emit(protocol.error(kind, protocol.shortened(sentence)) | known)

    def _act(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "shutdown":
            self.leave()
        elif kind == "cancel":
            self.queue.cancel(_name(message), message.get("asset") is True)
        elif kind == "estimate":
            self.queue.add(Task(kind, request=_request(message), reply=_id(message)))
        elif kind in ("generate", "resume"):
            self.queue.add(self._job(message))
        elif kind == "track":
            self.queue.check_new(_name(message))
            self.queue.add(Task(kind, _name(message), folder=_folder(message), track=_track_request(message)))
        elif kind == "rig":
            self.queue.check_new(_name(message))
            self.queue.add(Task(kind, _name(message), folder=_folder(message), rig=_rig_request(message)))
        else:
            raise ValueError(f"There is no message of type {kind!r}.")

    def _job(self, message: dict[str, Any]) -> Task:
        name, folder, previews = _name(message), _folder(message), _previews(message)
        # Before anything else is said about a job of this name.
        self.queue.check_new(name)
        if message["type"] == "generate":
            request = _request(message)
            seeded = message["request"].get("seed") is not None
            return Task("generate", name, folder=folder, request=request, seeded=seeded, previews=previews)
        changes = message.get("changes") or {}
        if not isinstance(changes, dict):
            raise ValueError("The changes have to be an object: settings and their new values.")
        job = JobFolder.of(folder)
        changed_job(resolve_folder(job), changes, job.progress())
        return Task("resume", name, folder=folder, changes=changes, previews=previews)


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        return protocol.decode(line)
    except ValueError as error:
        raise ValueError(f"A line is no message ({error}).") from error


def _known(message: dict[str, Any]) -> dict[str, Any]:
    """Whom an answer is for, where the message says so."""
    return {key: message[key] for key, fits in (("job", _is_name), ("id", _is_id)) if fits(message.get(key))}


def _request(message: dict[str, Any]) -> Request:
    """The request in a message. Raises RequestError or PromptError where it can't be, ValueError where there is none."""
    values = message.get("request")
    if not isinstance(values, dict):
        raise ValueError(f"A message of type {message['type']} needs a request, an object.")
    request = Request.checked({name: value for name, value in values.items() if value is not None})
    resolve(request)
    # Whoever sends it may be in another folder.
    for name in ("image", "mesh", "bones"):
        if (path := getattr(request, name)) is not None and not Path(path).is_absolute():
            raise RequestError(f"{name} is {path!r}, but has to be a whole path from the root.")
    return request


def _track_request(message: dict[str, Any]) -> TrackRequest:
    """The request in a message, for an asset in the job's folder. Raises RequestError where it can't be, ValueError where there
    is none."""
    values, folder = _values_beside_output(message), _folder(message)
    own = {"output": str(folder / "asset"), "overwrite": True, "name": values.get("name") or folder.name[:MAX_NAME]}
    request = TrackRequest.checked(values | own)
    if relative := [each for each in request.meshes if not each.is_absolute()]:
        raise RequestError(f"meshes hold {str(relative[0])!r}, but have to be whole paths from the root.")
    return request


def _rig_request(message: dict[str, Any]) -> RigRequest:
    """The same of bones for an asset, which stays as it is."""
    values = _values_beside_output(message)
    request = RigRequest.checked(values | {"output": str(_folder(message) / "asset"), "overwrite": True})
    if not request.asset.is_absolute():
        raise RequestError(f"asset is {str(request.asset)!r}, but has to be a whole path from the root.")
    return request


def _values_beside_output(message: dict[str, Any]) -> dict[str, Any]:
    """The request of a message whose asset goes into the job's folder."""
    values = message.get("request")
    if not isinstance(values, dict):
        raise ValueError(f"A message of type {message['type']} needs a request, an object.")
    if unknown := {"output", "overwrite"} & set(values):
        raise RequestError(f"The job's folder says where the asset goes: leave {unknown.pop()} out.")
    return values


def _folder(message: dict[str, Any]) -> Path:
    value = message.get("folder")
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"A message of type {message['type']} needs a folder, the job's path.")
    try:
        os.fsencode(value)
    except UnicodeError as error:
        raise ValueError(f"The folder {value!r} can't be a path here.") from error
    return Path(value)


def _previews(message: dict[str, Any]) -> tuple[str, ...]:
    value = message.get("previews", ["image"])
    if not isinstance(value, list) or not all(kind in protocol.PREVIEWS for kind in value):
        raise ValueError(f"The previews have to be a list of {' and '.join(protocol.PREVIEWS)}.")
    return tuple(dict.fromkeys(value))


def _name(message: dict[str, Any]) -> str:
    if not _is_name(message.get("job")):
        raise ValueError(f"A message of type {message['type']} needs a job, a name of at most {MAX_NAME} characters.")
    return message["job"]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME


def _id(message: dict[str, Any]) -> dict[str, Any]:
    """What the answer to an estimate carries of its question."""
    if "id" in message and not _is_id(message["id"]):
        raise ValueError(f"The id has to be a whole number or text of at most {MAX_NAME} characters.")
    return {"id": message["id"]} if "id" in message else {}


def _is_id(value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return whole or (isinstance(value, str) and len(value) <= MAX_NAME)
