"""An SSH server of one test's own, and a machine behind it: another home, another folder."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli_helpers import ROOT

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
CHROOT = Path("/run/sshd")
"""Where sshd locks itself in; one that root starts insists on it."""
ENGINE = f"exec {shlex.quote(sys.executable)} -P -m engine.server"

SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
SetEnv HOME={home} PATH={home}/bin:{path}
"""
CLIENT = """\
Host gpubox
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  GlobalKnownHostsFile none
"""
COMMAND = """\
#!/bin/sh
export HOME={home} PYTHONPATH={root} HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1
export XDG_CONFIG_HOME={home}/config XDG_DATA_HOME={home}/data XDG_STATE_HOME={home}/state
export XDG_CACHE_HOME={home}/cache
echo $$ >> {home}/pids
cd {home}
{body}
"""


class Machine:
    """Another machine, as far as one can tell through ssh.

    Attributes:
        home: the home directory, and working directory, of the engine there.
        engine: the value of `--engine` that reaches it.
    """

    def __init__(self, folder: Path, port: int, listener: int) -> None:
        self.home = folder / "there"
        self.port = port
        self.engine = f"ssh -F {folder / 'config'} gpubox illusion-engine"
        self._folder = folder
        self._listener = listener

    def install(self, body: str = ENGINE) -> None:
        """Put an `illusion-engine` there: a shell script whose last lines these are."""
        script = self.home / "bin" / "illusion-engine"
        script.parent.mkdir(exist_ok=True)
        script.write_text(COMMAND.format(home=self.home, root=ROOT, body=body))
        script.chmod(0o755)

    def trust(self, *, host: bool = True, user: bool = True) -> None:
        """Let the client know the host's key, and the server the user's."""
        key = (self._folder / "host.pub").read_text()
        (self._folder / "known").write_text(f"[127.0.0.1]:{self.port} {key}" if host else "")
        key = (self._folder / "user.pub").read_text()
        (self._folder / "authorized").write_text(key if user else "")

    @property
    def pid(self) -> int:
        """Of the engine that was started last."""
        return int((self.home / "pids").read_text().split()[-1])

    @property
    def starts(self) -> int:
        """How many engines were started."""
        return len((self.home / "pids").read_text().split())

    def cut(self) -> None:
        """Kill the server's side of the connection that the engine answers on."""
        servers = []
        pid = parent(self.pid)
        while pid not in (self._listener, 1):
            if Path(f"/proc/{pid}/comm").read_text().startswith("sshd"):
                servers.append(pid)
            pid = parent(pid)
        for server in servers:
            # The one above ends by itself as soon as it sees that its own is gone.
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)


def parent(pid: int) -> int:
    """The process that started a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def gone_within(pid: int, seconds: float) -> bool:
    """Whether a process ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Start a server on a free port of this machine; skips the test where there can be none."""
    if not (Path(SSHD).exists() and shutil.which("ssh") and shutil.which("ssh-keygen")):
        pytest.skip("there is no OpenSSH server and client on this machine")
    if not Path("/proc/self/stat").exists():
        pytest.skip("without /proc the server's processes can't be found")
    (folder / "there").mkdir(parents=True)
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"folder": folder, "home": folder / "there", "port": port, "path": os.defpath}
    (folder / "server").write_text(SERVER.format(**known))
    (folder / "config").write_text(CLIENT.format(user=getpass.getuser(), **known))
    if os.getuid() == 0:
        # It stays: a server of another test may need it.
        CHROOT.mkdir(0o755, exist_ok=True)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(folder / "server")], stdout=log, stderr=log
        )
        try:
            _until(lambda: _answers(port) or server.poll() is not None)
            if server.poll() is not None:
                pytest.skip(f"sshd doesn't run: {(folder / 'server.log').read_text().strip()}")
            made = Machine(folder, port, server.pid)
            made.trust()
            made.install()
            yield made
        finally:
            server.terminate()
            server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
