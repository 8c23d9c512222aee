"""A real ssh server, and a host's folder with an engine whose worker is fake."""

from tests.engine.remote.conftest import far, host, server

__all__ = ["far", "host", "server"]
