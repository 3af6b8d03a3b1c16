"""A wire to a server that can be torn, held up, or filled with nonsense."""

import random
import socket
import threading
import time


class Wire:
    """A port that leads to another. `mode` is what happens to what the server answers, now and later:

    pass: nothing; cut: the connection ends within an answer; garbage: other bytes, as many; slow: a byte at a time at
    first, then after a second; silent: nothing comes; refuse: no connection comes about."""

    def __init__(self, host, port, rewrite=lambda data, port: data):
        """`rewrite` changes what the server answers, where it tells its own address; it gets the wire's port."""
        self._mode, self._rewrite = "pass", rewrite
        self.target = (host, port)
        self._random = random.Random(7)
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        self._mode = mode
        if mode == "refuse":
            self._tear()

    def _tear(self):
        for end in list(self._sockets):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            self._sockets |= {client, server}
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source, target, is_answer):
        try:
            while data := source.recv(65536):
                if not is_answer:
                    target.sendall(data)
                elif not self._answer(target, data):
                    break
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            source.close()
            self._sockets.discard(source)

    def _answer(self, target, data):
        """Whether the connection goes on."""
        mode, data = self.mode, self._rewrite(data, self.port)
        if mode == "cut":
            target.sendall(data[: self._random.randrange(len(data))])
            return False
        if mode == "garbage":
            data = self._random.randbytes(len(data))
        if mode == "slow":
            for byte in data[:20]:
                target.sendall(bytes([byte]))
                time.sleep(0.01)
            time.sleep(1)
            data = data[20:]
        while mode == "silent" and self.mode == "silent":
            time.sleep(0.05)
        target.sendall(data)
        return True

    def close(self):
        self._listener.close()
        self._tear()
