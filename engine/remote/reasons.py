"""Why `ssh` or what it ran ended, in one sentence each."""

from __future__ import annotations

import re

from ..contract.errors import HostError, UnreachableError
from .host import Host

# What `ssh` itself exits with, and shells where a program is missing or may not run.
SSH_FAILED, NOT_ALLOWED, NOT_FOUND = 255, 126, 127
# What the attached program exits with where the engine there has ended.
ENGINE_ENDED = 3
MAX_QUOTE = 200

# What stays so until a person mends it; {host} is its name.
_LASTING = (
    (r"Could not resolve hostname|Name or service not known|nodename nor servname",
     "There is no host {host}: check its name in your ssh configuration."),
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .*key",
     "{host} shows another key than before: make sure that it is the right computer, then run `ssh-keygen -R` for it."),
    (r"Host key verification failed|No .* host key is known",
     "The key of {host} is not known yet: run `ssh {host}` in a terminal once and confirm it."),
    (r"Permission denied|Too many authentication failures|no mutual signature|Load key|UNPROTECTED PRIVATE KEY",
     "{host} lets you in with none of your keys: add one there with `ssh-copy-id {host}`, or open it with `ssh-add`."),
    (r"Bad configuration option|Bad owner or permissions|Can't open user config|terminating, .* bad configuration",
     "Your ssh configuration can't be read: run `ssh {host}` in a terminal to see why."),
    (r"subsystem request failed", "{host} has no sftp, by which files travel: switch it on in its ssh server."),
    (r"Received message too long", "The shell on {host} prints something at its start, which sftp can't take: silence it."),
    (r"This account is|account is (?:locked|expired|not available)", "The account on {host} is closed to you."),
)  # fmt: skip
# What may be otherwise in a while.
_PASSING = (
    (r"Connection refused", "{host} takes no ssh connections: switch it on, or start its ssh server."),
    (r"timed out|No route to host|Network is unreachable|Host is down", "{host} can't be reached: check that it is on."),
    (r"Connection reset|Connection closed|closed by remote host|Broken pipe|not responding|Timeout, server",
     "The connection to {host} was lost."),
)  # fmt: skip


def explain(host: Host, code: int | None, said: str) -> HostError:
    """What to raise where `ssh` ended with `code`, negative for a signal. said: what came on stderr.

    An UnreachableError where trying again may help.
    """
    text = said.strip()
    for patterns, error in ((_LASTING, HostError), (_PASSING, UnreachableError)) if code == SSH_FAILED else ():
        for pattern, sentence in patterns:
            if re.search(pattern, text):
                return error(sentence.format(host=host.name))
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:MAX_QUOTE]
    if code == SSH_FAILED or code is None or code < 0:
        return UnreachableError(f"The connection to {host.name} was lost{f' ({last})' if last else ''}.")
    if re.search(r"invalid choice|No module named '?engine\.remote|unrecognized arguments", text):
        return HostError(f"The engine on {host.name} is of another version: install it there again.")
    if code in (NOT_FOUND, NOT_ALLOWED) or re.search(r"No module named '?engine\b|No such file or directory", text):
        return HostError(f"There is no engine on {host.name}: {host.python} is missing or has no engine. Install it there.")
    if re.search(r"No space left|Disk quota exceeded|File too large", text):
        return HostError(f"The disk of {host.name} is full: make room in {host.folder} there.")
    if code == ENGINE_ENDED:
        return HostError(f"The engine on {host.name} ended{f' ({last})' if last else ''}.")
    return HostError(f"{host.name} could not run the engine ({last or f'exit status {code}'}).")
