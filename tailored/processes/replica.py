"""One process of a service, as whoever started it sees it."""

import json
import os
import signal
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from urllib.error import HTTPError, URLError

PATIENCE = 15


@dataclass
class Replica:
    """One process of a service."""

    service: str
    port: int
    log: Path
    process: ForkServerProcess

    @property
    def lives(self) -> bool:
        """Whether the process runs."""
        return self.process.is_alive()

    def parts(self) -> dict[str, str] | None:
        """Each part and how it is, as the process says; none where it does not answer."""
        try:
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                told = json.loads(answer.read())
        except HTTPError as unready:
            told = json.loads(unready.read())
        except (URLError, OSError):
            return None
        return dict(told["parts"])

    @property
    def pid(self) -> int:
        """Its number on this machine."""
        assert self.process.pid
        return self.process.pid

    def tell(self, signalled: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        with suppress(ProcessLookupError):
            if self.lives:
                os.kill(self.pid, signalled)

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end of the process."""
        self.tell(by)
        self.process.join(PATIENCE)
        self.tell(signal.SIGKILL)
        self.process.join()
