"""Clients that mean harm, until they are ended. "on" is printed when all of them do their worst.

attacker.py NAME HOST PORT
"""
import os
import random
import selectors
import socket
import sys
import time

MUTANTS = 20_000
PAUSE = 0.5  # seconds between two bytes of those who are slow


class Client:
    """A connection; `turn` is called when it can be written to, and says what is sent next, or b"" for nothing now."""

    def __init__(self, address, first, then=b"", pause=0.0, receive=0):
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.left, self.then, self.pause, self.due = first, then, pause, 0.0

    def turn(self, now):
        """Sends what can be sent; False: the server has had enough."""
        if now < self.due:
            return True
        try:
            sent = self.socket.send(self.left)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.left = self.left[sent:]
        if not self.left:
            self.left = self.then
            self.due = now + random.uniform(0.5, 1.5) * self.pause  # all at once would be another attack
        return True


def slow(address, first, count):
    def make():
        return Client(address, first, b"x", PAUSE)

    return make, count


ATTACKS = {
    "heads": lambda address: slow(address, b"GET / HTTP/1.1\r\nHost: a\r\nX: ", 1000),
    "bodies": lambda address: slow(address, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", 1000),
    "readers": lambda address: (lambda: Client(address, b"GET /files/big HTTP/1.1\r\nHost: a\r\n\r\n", receive=4096), 500),
    "idle": lambda address: (lambda: Client(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 5000),
    "floods": lambda address: (lambda: Client(address, FLOOD, FLOOD, receive=4096), 50),
    "chunks": lambda address: (lambda: Client(address, CHUNKED + CHUNKS, CHUNKS), 8),
}
FLOOD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"1\r\nx\r\n" * 10_000


def run(address, attack):
    """Whoever is thrown out comes back."""
    make, count = ATTACKS[attack](address)
    clients = [make() for _ in range(count)]
    for client in clients:
        client.turn(time.monotonic())
    print("on", flush=True)
    rest = 0.05 if attack in ("idle", "readers") else 0.002  # theirs is to wait
    while True:
        time.sleep(rest)
        now = time.monotonic()
        for at, client in enumerate(clients):
            if not client.turn(now) or gone(client):
                client.socket.close()
                try:
                    clients[at] = make()
                except OSError:
                    time.sleep(0.01)


def gone(client):
    """Whether the server has closed; who reads nothing learns nothing."""
    if client.then or client.left:
        return False
    try:
        return client.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def mutate(address):
    """So many requests with some bytes changed, each on a connection of its own, as fast as they go."""
    good = (
        b"POST /echo?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
        b"Connection: keep-alive\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /files/big HTTP/1.1\r\nHost: b\r\nRange: bytes=0-5,7-\r\n\r\n"
    )
    waiting = selectors.DefaultSelector()
    print("on", flush=True)
    sent = 0
    while sent < MUTANTS:
        while len(waiting.get_map()) < 100 and sent < MUTANTS:
            bytes_of = bytearray(good)
            for _ in range(random.randrange(1, 6)):
                bytes_of[random.randrange(len(bytes_of))] = random.randrange(256)
            each = socket.create_connection(address)
            each.setblocking(False)
            each.send(bytes_of)
            waiting.register(each, selectors.EVENT_READ)
            sent += 1
        for key, _ in waiting.select(0.2) or [(key, 0) for key in list(waiting.get_map().values())]:
            waiting.unregister(key.fileobj)
            key.fileobj.close()
    print("done", flush=True)
    time.sleep(1000)


if __name__ == "__main__":
    # What it does in its own process must hold up nobody: the processor is the others' whenever they want it.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    target = (sys.argv[2], int(sys.argv[3]))
    if sys.argv[1] == "mutants":
        mutate(target)
    else:
        run(target, sys.argv[1])
