"""The shop as several real processes on one data folder."""

import subprocess

import requests

from shop import SAMBAL, SERVICES, Shop
from waiting import eventually


class SplitShop(Shop):
    """`groups` are the services of each process, by a name for it; `urls` where a process reaches its peers, by its
    name and theirs, when not directly."""

    def __init__(self, data, sections, groups, urls=lambda shop: {}):
        super().__init__(data, sections)
        self.groups = groups
        self.processes = {}
        self._configurations = {name: data / "config.yaml" for name in groups}
        for name, peers in urls(self).items():
            self._configurations[name] = data / f"{name}.yaml"
            self.write(self._configurations[name], {peer: f"url: {url}" for peer, url in peers.items()})

    def up(self):
        for name in self.groups:
            self.launch(name)
        for name in self.groups:
            self.wait_for(name)
        return self

    def start(self, name):
        self.launch(name)
        self.wait_for(name)

    def launch(self, name):
        with open(self.data / f"log-{name}.txt", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [SAMBAL, "serve", *self.groups[name], "--data", self.data, "--config", self._configurations[name]],
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def wait_for(self, name):
        eventually(f"{name} is ready", lambda: self.is_ready(name), 30)

    def is_ready(self, name):
        if self.processes[name].poll() is not None:
            raise AssertionError(f"{name} has ended:\n{(self.data / f'log-{name}.txt').read_text()[-4000:]}")
        try:
            return all(requests.get(self.url(service, "/readyz"), timeout=1).ok for service in self.groups[name])
        except requests.RequestException:
            return False

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait(timeout=10)

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            process.wait(timeout=40)

    @staticmethod
    def others(*alone):
        return [service for service in SERVICES if service not in alone]
