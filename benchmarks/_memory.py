"""The highest memory of this process while something runs."""

import threading
from pathlib import Path


class Peak:
    """Watch, in a thread, the memory of this process that is not mapped from files, in MiB.

    Read from /proc twenty times a second. `growth` is how far it has risen above the start.
    """

    def __enter__(self):
        self._start = self._highest = anonymous_memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        self.growth = max(self._highest, anonymous_memory()) - self._start

    def _watch(self):
        while not self._stop.wait(0.05):
            self._highest = max(self._highest, anonymous_memory())


def anonymous_memory():
    """Return the resident memory of this process that is not mapped from files, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no RssAnon")
