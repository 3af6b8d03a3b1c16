"""Clients that hold on to a server: many connections that say nothing, say it slowly, do not read, or go away."""

import errno
import select
import socket
import struct
import time


class Crowd:
    """Connections that are held; those that the server does not accept wait in the kernel."""

    def __init__(self, port, count, first=b"", receive_buffer=None):
        self.sockets = []
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            if receive_buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if client.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
                client.close()
                continue
            self.sockets.append(client)
        if first:
            time.sleep(0.2)
            self.send(first)

    def __len__(self):
        return len(self.sockets)

    def send(self, data):
        """To each that takes it."""
        for client in self.sockets:
            try:
                client.send(data)
            except OSError:
                pass

    def ended(self):
        """How many the server has closed; the others are still open. Reads nothing but an end."""
        ended = 0
        poll = select.poll()
        for client in self.sockets:
            poll.register(client, select.POLLIN | select.POLLRDHUP)
        for _, event in poll.poll(0):
            ended += bool(event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR))
        return ended

    def leave(self, resets=False):
        for client in self.sockets:
            if resets:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        self.sockets = []
