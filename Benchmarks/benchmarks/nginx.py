"""nginx with one worker, which answers one body: the yardstick for an answer that needs no storage."""
import subprocess
import time

from . import http, ports
from .server import Server


class NGINX(Server):
    def __init__(self, scratch: str, body: bytes):
        super().__init__(scratch, "nginx")
        self.base = f"http://127.0.0.1:{ports.free(1)[0]}"
        with open(self.folder + "/body.json", "wb") as file:
            file.write(body)
        text = body.decode().replace("\\", "\\\\").replace("'", "\\'").replace("$", "")
        with open(self.folder + "/nginx.conf", "w") as file:
            file.write(self._configuration(text))

    def __enter__(self) -> "NGINX":
        self.launch(["nginx", "-p", self.folder, "-e", self.folder + "/error.log", "-c", self.folder + "/nginx.conf"])
        for _ in range(500):
            try:
                http.get(self.base + "/")
                return self
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"nginx does not answer:\n{self.log}")

    @property
    def pids(self) -> list[int]:
        children = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True).stdout.split()
        return [self.pid, *map(int, children)]

    def _configuration(self, body: str) -> str:
        port = self.base.rpartition(":")[2]
        folders = "".join(
            f"    {kind}_temp_path {self.folder}/{kind};\n"
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        return (
            f"daemon off;\nworker_processes 1;\npid {self.folder}/pid;\n"
            "events { worker_connections 512; }\n"
            "http {\n    access_log off;\n    keepalive_requests 1000000000;\n" + folders
            + f"    server {{\n        listen 127.0.0.1:{port};\n"
            f"        location / {{ default_type application/json; return 200 '{body}'; }}\n    }}\n}}\n")
