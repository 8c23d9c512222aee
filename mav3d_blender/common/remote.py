"""The engine's way to another computer; reached as the contract is."""

from __future__ import annotations

from .contract import errors

if __package__.count(".") > 1:
    from ...engine.remote.configuration import configured_hosts
    from ...engine.remote.host import FOLDER, Host
    from ...engine.remote.setup import Line, check_host, install_there
else:
    from engine.remote.configuration import configured_hosts
    from engine.remote.host import FOLDER, Host
    from engine.remote.setup import Line, check_host, install_there

HostError = errors.HostError

__all__ = ["FOLDER", "Host", "HostError", "Line", "check_host", "configured_hosts", "install_there"]
