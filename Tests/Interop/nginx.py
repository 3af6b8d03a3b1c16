"""nginx of the distribution, as one process with its files in a folder of its own."""

import shutil
import subprocess
import time

import pytest
import requests

from shop import free_ports

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; error_log {folder}/error.log; pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    log_format seen '$server_port $request_method $request_uri $status';
    access_log {folder}/access.log seen;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; keepalive_timeout 2; client_body_timeout 2;
    client_header_timeout 2;
    upstream behind {{ server 127.0.0.1:{target}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{front};
        location / {{ proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
    server {{
        listen 127.0.0.1:{end};
        location / {{ return 200 "ok"; }}
    }}
}}
"""


class Nginx:
    """`front` passes all to `target`; `end` answers by itself."""

    def __init__(self, folder, target):
        self.folder = folder
        self.front, self.end = free_ports(2)
        folder.mkdir()
        text = CONFIGURATION.format(folder=folder, target=target, front=self.front, end=self.end)
        (folder / "nginx.conf").write_text(text)
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        try:
            self.process = subprocess.Popen(
                [program, "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL
            )
        except OSError as error:
            pytest.skip(f"this compares with nginx, which is not here: {error}")
        self._read = 0
        for _ in range(100):
            try:
                requests.get(f"http://127.0.0.1:{self.end}/ready", timeout=1)
                break
            except requests.RequestException:
                time.sleep(0.05)
        self.take(self.end, 1)

    def take(self, port, count):
        """Method and target of the requests that were answered 200 at that port since this was last asked; waits for that
        many."""
        for _ in range(40):
            lines = (self.folder / "access.log").read_bytes()[self._read :].decode("latin-1").splitlines(keepends=True)
            found = [line.split(" ") for line in lines if line.endswith("\n")]
            # The old way of asking, without a version, gets an answer without a status.
            seen = [
                (words[1], words[2]) for words in found if int(words[0]) == port and words[-1].strip() in ("200", "009")
            ]
            if len(seen) >= count:
                break
            time.sleep(0.005)
        self._read += sum(len(line) for line in lines if line.endswith("\n"))
        return seen

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)
