"""Downloads of public models."""

from __future__ import annotations

import bpy

from ..client.model_fetch import ModelFetch, Status
from ..client.process.engine_process import engine_command
from ..common import package
from .preferences import engine_python
from .request import model_sources, preset_roles


class Downloads:
    """The newest download, and which models have come since Blender started."""

    def __init__(self) -> None:
        self._fetch: ModelFetch | None = None
        self._fetched: set[tuple[str, str]] = set()
        self._was_busy = False

    @property
    def status(self) -> Status | None:
        """Of the newest download; None where there was none."""
        return self._fetch.poll() if self._fetch is not None else None

    @property
    def busy(self) -> bool:
        """Whether a download is running."""
        return self._fetch is not None and not self._fetch.poll().ended

    @property
    def preset(self) -> str:
        """The preset of the newest download; empty where there was none."""
        return self._fetch.preset if self._fetch is not None else ""

    def has_fetched(self, preset: str, role: str) -> bool:
        """Whether the preset's own model of a role has come."""
        return (preset, role) in self._fetched

    def begin(self, settings: bpy.types.PropertyGroup) -> None:
        """Starts to download the models that the settings name."""
        sources = model_sources(settings)
        options = [f"--{role}-model={source}" for role, source in sources.items()]
        command = engine_command(engine_python(), "models", "fetch", settings.preset, "--json", *options)
        log = package.user_path(package.FETCH_LOG)
        self._fetch = ModelFetch(command, package.ROOT, log, settings.preset, preset_roles(settings))

    def cancel(self) -> None:
        """Stops the download; what has come stays."""
        if self._fetch is not None:
            self._fetch.cancel()

    def wait(self) -> Status:
        """Waits for the end, for `blender -b` where no timer fires."""
        while not self._fetch.wait(1.0).ended:
            pass
        self.poll()
        return self._fetch.poll()

    def poll(self) -> bool:
        """Notes what has come; whether a download is running or has just ended."""
        if self._fetch is not None and self._fetch.poll().state == "done":
            self._fetched.update((self._fetch.preset, role) for role in self._fetch.roles)
        changed, self._was_busy = self.busy or self._was_busy, self.busy
        return changed

    def close(self, seconds: float) -> None:
        """Stops the download; waits `seconds` at most."""
        if self._fetch is not None:
            self._fetch.cancel()
            self._fetch.wait(seconds)
