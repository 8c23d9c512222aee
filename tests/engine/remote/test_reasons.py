"""What OpenSSH says, and what becomes of it."""

import pytest

from engine.contract.errors import UnreachableError
from engine.remote.host import Host
from engine.remote.reasons import ENGINE_ENDED, explain

HOST = Host("far")


@pytest.mark.parametrize(
    ("code", "said", "sentence", "passing"),
    [
        (255, "ssh: Could not resolve hostname far: Name or service not known", "There is no host far", False),
        (255, "anna@far: Permission denied (publickey).", "lets you in with none of your keys", False),
        (255, "Host key verification failed.", "is not known yet: run `ssh far`", False),
        (255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "another key", False),
        (255, "/home/ann/.ssh/config: line 3: Bad configuration option: hots", "ssh configuration can't be read", False),
        (255, "subsystem request failed on channel 0", "has no sftp", False),
        (255, "Received message too long 1416128883", "prints something at its start", False),
        (255, "ssh: connect to host far port 22: Connection refused", "takes no ssh connections", True),
        (255, "ssh: connect to host far port 22: Connection timed out", "can't be reached", True),
        (255, "Timeout, server far not responding.", "was lost", True),
        (255, "client_loop: send disconnect: Broken pipe", "was lost", True),
        (255, "something new", "was lost (something new)", True),
        (-9, "", "was lost.", True),
        (127, "env: '.mav3d/.venv/bin/python': No such file or directory", "There is no engine on far", False),
        (126, "env: '.mav3d/.venv/bin/python': Permission denied", "There is no engine on far", False),
        (1, "/x/python: No module named engine", "There is no engine on far", False),
        (1, "/x/python: No module named engine.remote", "of another version", False),
        (1, "OSError: [Errno 28] No space left on device", "The disk of far is full", False),
        (ENGINE_ENDED, "a\nMemoryError\n", "The engine on far ended (MemoryError)", False),
        (7, "", "could not run the engine (exit status 7)", False),
    ],
)
def test_each_end_is_one_sentence(code, said, sentence, passing):
    error = explain(HOST, code, said)
    assert sentence in str(error) and isinstance(error, UnreachableError) == passing
    assert str(error).endswith(".") and "\n" not in str(error)
