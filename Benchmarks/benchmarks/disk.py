"""How often a folder's disk was flushed."""
import os

_FLUSHES = 15  # Documentation/block/stat.rst: flush I/Os completed


class Disk:
    """The block device under a folder. The whole machine's flushes count; beside the benchmark nothing should write."""

    def __init__(self, folder: str):
        device = os.stat(folder).st_dev
        path = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
        if os.path.exists(path + "/partition"):
            path = os.path.dirname(path)
        self._stat = path + "/stat"
        self.name = os.path.basename(path) if os.path.exists(self._stat) else None

    def flushes(self) -> int | None:
        """`None` where no block device is behind the folder (memory, network), or the kernel does not count."""
        if self.name is None:
            return None
        with open(self._stat) as file:
            fields = file.read().split()
        return int(fields[_FLUSHES]) if len(fields) > _FLUSHES else None
