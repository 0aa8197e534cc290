"""A redis-server of our own, on a socket in a folder of its own, for as long as a test needs it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SETTINGS = """
port 0
unixsocket redis.sock
appendonly yes
appendfsync always
save ""
loglevel notice
"""


class Server:
    """A server that may be killed and started again over the same files."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder, self.settings = folder, SETTINGS + settings
        self.url = f"unix://{folder}/redis.sock"

    def start(self) -> None:
        """Returns when it takes connections, which it tells in its log."""
        command = ["redis-server", "-"]
        self.process = subprocess.Popen(
            command, cwd=self.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.process.stdin.write(self.settings)
        self.process.stdin.close()
        log = []
        for line in self.process.stdout:
            log.append(line)
            if "server is now ready to accept connections at" in line:
                return
        raise AssertionError(f"redis-server ended: {''.join(log)}")

    def kill(self) -> None:
        """As kill -9 does."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def need_redis() -> None:
    """Skip the test where there is no redis-server or its package; fail it where CI says so."""
    missing = [] if shutil.which("redis-server") else ["redis-server"]
    try:
        import redis  # noqa: F401
    except ImportError:
        missing.append("the package redis")
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{' and '.join(missing)} must be installed where CI is true")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")


@contextmanager
def running_redis(settings: str = "") -> Iterator[Server]:
    """A server that has started, stopped at the end."""
    need_redis()
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:  # a socket's path must be short
        server = Server(Path(folder), settings)
        server.start()
        try:
            yield server
        finally:
            server.kill()
