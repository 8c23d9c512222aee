"""A real ssh server on this computer for the tests, with keys and configurations of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.root import PATIENCE

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").is_file() else None)
MISSING = not SSHD or not shutil.which("ssh-keygen") or not shutil.which("sftp")


class SshServer:
    """Runs from `start` to `stop`. config: for `ssh -F`, with the hosts "far", "stranger" (a key that nobody knows there),
    "nowhere" (no such name) and "off" (nothing listens)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, folder / "ssh_config"
        self.process: subprocess.Popen[bytes] | None = None
        for name in ("host", "user", "other"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        shutil.copy(folder / "user.pub", folder / "authorized_keys")
        self.port, off = free_port(), free_port()
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {folder / 'authorized_keys'}\n"
            f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            f"PermitRootLogin yes\nSubsystem sftp internal-sftp\nMaxStartups 100\nMaxSessions 50\n"
        )
        key = (folder / "host.pub").read_text().split(" ")
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key[0]} {key[1]}\n")
        (folder / "no_hosts").write_text("")
        common = (
            f"  HostName 127.0.0.1\n  User {getpass.getuser()}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {folder / 'known_hosts'}\n  GlobalKnownHostsFile /dev/null\n"
        )
        self.config.write_text(
            f"Host far\n{common}  Port {self.port}\n  IdentityFile {folder / 'user'}\n"
            f"Host stranger\n{common}  Port {self.port}\n  IdentityFile {folder / 'other'}\n"
            f"Host unknown-key\n  UserKnownHostsFile {folder / 'no_hosts'}\n{common}  Port {self.port}\n"
            f"  IdentityFile {folder / 'user'}\n"
            f"Host nowhere\n{common.replace('127.0.0.1', 'no-such-host.invalid', 1)}\n"
            f"Host off\n{common}  Port {off}\n  IdentityFile {folder / 'user'}\n"
        )

    def start(self) -> SshServer:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        log = open(self.folder / "sshd.log", "ab")
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return self
            except OSError:
                assert self.process.poll() is None, (self.folder / "sshd.log").read_text()
                time.sleep(0.05)
        raise AssertionError("the ssh server does not listen")

    def stop(self) -> None:
        """Takes no more connections; those that there are stay."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
