"""A hub for tests: the few answers of huggingface.co that fetching takes, over HTTP, from memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
# The hub keeps files from here on apart, with a SHA-256.
LARGE = 2000


@dataclass
class Repository:
    """files: content by name. gated: only for who sends a token."""

    files: dict[str, bytes]
    commit: str = COMMIT
    licence: str = "openrail++"
    gated: bool = False

    @classmethod
    def of_folder(cls, folder: Path, within: str = "", **settings) -> Repository:
        files = {
            within + path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
        return cls(files, **settings)


@dataclass
class Hub:
    """endpoint: where it answers. cut: files whose first answer breaks off half way. wrong: files that arrive changed.
    closed: files about which nothing is told, though their content is given.

    asked: (method, path, Range header) of each request for a file's content.
    """

    endpoint: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def fetched(self) -> list[str]:
        """The files that were asked for, in order."""
        return [path for _, path, _ in self.asked]


def file_entry(name: str, content: bytes) -> dict:
    entry = {"rfilename": name, "size": len(content), "blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
    if len(content) >= LARGE:
        # What git holds of such a file is a pointer.
        entry |= {
            "blobId": "0" * 40,
            "lfs": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134},
        }
    return entry


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments) -> None:
            pass

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if path.startswith("/api/models/"):
                name, _, revision = path.removeprefix("/api/models/").partition("/revision/")
                self._model(name, revision or "main")
            elif path.startswith("/cdn/"):
                owner, name, file = path.removeprefix("/cdn/").split("/", 2)
                self._content(f"{owner}/{name}", file)
            else:
                name, _, rest = path.removeprefix("/").partition("/resolve/")
                revision, _, file = rest.partition("/")
                self._resolve(name, revision, file)

        def _model(self, name: str, revision: str) -> None:
            repository = hub.repositories.get(name)
            if repository is None:
                return self._refuse(401, "RepoNotFound")
            if revision not in ("main", "v1", repository.commit):
                return self._refuse(404, "RevisionNotFound")
            siblings = [file_entry(file, content) for file, content in repository.files.items()]
            self._answer(200, json.dumps({
                "id": name, "sha": repository.commit, "siblings": siblings, "gated": "auto" if repository.gated else False,
                "tags": [f"license:{repository.licence}"], "cardData": {"license": repository.licence},
            }).encode())  # fmt: skip

        def _resolve(self, name: str, revision: str, file: str) -> None:
            repository = hub.repositories.get(name)
            if repository is None:
                return self._refuse(401, "RepoNotFound")
            if repository.gated and not self.headers.get("Authorization"):
                return self._refuse(401, "GatedRepo")
            if revision not in ("main", repository.commit) or file not in repository.files:
                return self._refuse(404, "EntryNotFound")
            content = repository.files[file]
            large = len(content) >= LARGE
            if self.command == "HEAD" and file in hub.closed:
                return self._refuse(403, "")
            if self.command == "HEAD":
                entry = file_entry(file, content)
                about = {"X-Repo-Commit": repository.commit, "ETag": f'"{entry["blobId"]}"', "X-Linked-Size": str(len(content))}
                about |= {"X-Linked-Etag": f'"{entry["lfs"]["sha256"]}"'} if large else {}
                return self._answer(200, b"", len(content), **about)
            if large:
                return self._answer(302, b"", Location=f"{hub.endpoint}/cdn/{name}/{file}")
            self._content(name, file)

        def _content(self, name: str, file: str) -> None:
            content, asked = hub.repositories[name].files[file], self.headers.get("Range")
            hub.asked.append((self.command, file, asked))
            if file in hub.wrong:
                content = bytes([content[0] ^ 1]) + content[1:]
            begin = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
            part = content[begin:]
            headers = {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"} if asked else {}
            if file in hub.cut:
                hub.cut.remove(file)
                self._answer(206 if asked else 200, part[: len(part) // 2], len(part), **headers)
                self.close_connection = True
            else:
                self._answer(206 if asked else 200, part, **headers)

        def _refuse(self, status: int, code: str) -> None:
            self._answer(status, b"", **{"X-Error-Code": code})

        def _answer(self, status: int, content: bytes, length: int | None = None, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content) if length is None else length), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    return Handler
