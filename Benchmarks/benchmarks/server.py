"""A server process in a folder of its own, stopped by its id however the benchmark ends.

The folder stays until the benchmark's own folder goes, at the very end: making files where thousands were just deleted
is slow on ext4 (it looks for an inode that was not in use lately), and would be counted to the next measurement.
"""
import subprocess
import tempfile


class Server:
    def __init__(self, scratch: str, name: str):
        self.folder = tempfile.mkdtemp(prefix=name + "-", dir=scratch)
        self._process: subprocess.Popen | None = None

    def launch(self, command: list[str]) -> None:
        with open(self.folder + "/log.txt", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was not launched"
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    @property
    def log(self) -> str:
        with open(self.folder + "/log.txt", errors="replace") as file:
            return file.read()[-2000:]

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
