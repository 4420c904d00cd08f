"""Clients that judge strictly: whatever is not the right answer, in time, is a failure of some kind."""
import asyncio
import dataclasses
import random
import re
import time

TIMEOUT = 5.0  # seconds for an answer
KEPT, KEPT_RATE = 50, 20  # connections, requests a second of each: 1,000
NEW_RATE = 200  # connections a second
IDLE = 20  # connections that ask now and then


@dataclasses.dataclass
class Failure:
    opened: float  # the connection; all by the monotonic clock
    began: float  # the request
    ended: float
    kind: str

    def in_flight(self, spans):
        """Whether a worker had it that ended in one of these spans, from the signal until the process was gone: the
        connection was there and the request was sent before that, and had no answer yet."""
        return any(self.opened < gone and self.began < gone and self.ended > killed for killed, gone in spans)


@dataclasses.dataclass
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    opened: float

    def close(self):
        self.writer.close()


def count_kinds(failures):
    found = {}
    for failure in failures:
        found[failure.kind] = found.get(failure.kind, 0) + 1
    return found


class Load:
    def __init__(self, address, bodies, path="/", timeout=TIMEOUT, fields="", status=200):
        """`bodies`: those that are right, or None: any."""
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.bodies = bodies
        self.timeout = timeout
        self.request = f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()
        self.status = str(status).encode()
        self.passed = 0
        self.failures = []
        self.longest = 0.0
        self.ends = False

    def fail(self, opened, began, kind):
        self.failures.append(Failure(opened, began, time.monotonic(), kind))

    async def connect(self):
        began = time.monotonic()
        try:
            pair = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), self.timeout)
            return Connection(*pair, began)
        except asyncio.TimeoutError:
            self.fail(began, began, "timed out")
        except OSError as error:
            self.fail(began, began, "refused" if isinstance(error, ConnectionRefusedError) else "reset")
        return None

    async def answer(self, connection):
        """Head and body."""
        head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), self.timeout)
        length = re.search(rb"Content-Length: (\d+)", head)
        body = await asyncio.wait_for(connection.reader.readexactly(int(length[1]) if length else 0), self.timeout)
        return head, body

    async def ask(self, connection):
        """True: the connection can be used again."""
        began = time.monotonic()
        try:
            connection.writer.write(self.request)
            head, body = await self.answer(connection)
        except asyncio.TimeoutError:
            self.fail(connection.opened, began, "timed out")
            return False
        except asyncio.IncompleteReadError as error:
            self.fail(connection.opened, began, "cut off" if error.partial else "unanswered")
            return False
        except OSError:
            self.fail(connection.opened, began, "reset")
            return False
        if head[9:12] != self.status:
            self.fail(connection.opened, began, "wrong status")
        elif self.bodies is not None and body not in self.bodies:
            self.fail(connection.opened, began, "wrong body")
        else:
            self.passed += 1
            self.longest = max(self.longest, time.monotonic() - began)
        return b"Connection: close" not in head

    async def once(self):
        """One request on a connection of its own."""
        connection = await self.connect()
        if connection is not None:
            await self.ask(connection)
            connection.close()

    async def until_served(self):
        while self.passed == 0:
            await self.once()

    async def kept(self, pause):
        connection = None
        while not self.ends:
            # Closed while nothing was asked: that is the server's right.
            if connection is not None and connection.reader.at_eof():
                connection.close()
                connection = None
            if connection is None:
                connection = await self.connect()
            if connection is not None and not await self.ask(connection):
                connection.close()
                connection = None
            await asyncio.sleep(pause())
        if connection is not None:
            connection.close()

    async def fresh(self):
        tasks = set()
        due = time.monotonic()
        while not self.ends:
            task = asyncio.ensure_future(self.once())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            due += 1 / NEW_RATE
            await asyncio.sleep(max(0, due - time.monotonic()))
        await asyncio.gather(*tasks)

    def tasks(self):
        all_of = [self.kept(lambda: 1 / KEPT_RATE) for _ in range(KEPT)]
        all_of += [self.kept(lambda: random.uniform(0.05, 2)) for _ in range(IDLE)]
        return [asyncio.ensure_future(each) for each in all_of + [self.fresh()]]

    def kinds(self):
        return count_kinds(self.failures)

    def besides(self, spans):
        """Failures of requests that no worker had in flight that ended in one of these spans."""
        return [failure for failure in self.failures if not failure.in_flight(spans)]


class Few(Load):
    """A few of such clients, where many resources are asked at a time."""

    def tasks(self):
        async def fresh():
            while not self.ends:
                await self.once()
                await asyncio.sleep(0.05)

        return [asyncio.ensure_future(each) for each in (self.kept(lambda: 0.05), self.kept(lambda: 0.3), fresh())]


class Transfers(Load):
    """Downloads of a file and uploads that are echoed, some seconds long each, and every byte is compared."""

    def __init__(self, address, download, content, upload, seconds, each=4):
        super().__init__(address, [content], download)
        self.content, self.upload, self.seconds, self.each = content, upload, seconds, each
        self.sent = random.randbytes(128 << 10)

    async def read_slowly(self, connection, length):
        pieces = []
        for _ in range(20):
            pieces.append(await asyncio.wait_for(connection.reader.readexactly(length // 20), self.timeout))
            await asyncio.sleep(self.seconds / 20)
        pieces.append(await asyncio.wait_for(connection.reader.readexactly(length % 20), self.timeout))
        return b"".join(pieces)

    async def download(self, connection):
        connection.writer.write(self.request)
        head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), self.timeout)
        return head, await self.read_slowly(connection, len(self.content)), self.content

    async def send(self, connection):
        head = f"POST {self.upload} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(self.sent)}\r\n\r\n"
        connection.writer.write(head.encode())
        for begin in range(0, len(self.sent), len(self.sent) // 16):
            connection.writer.write(self.sent[begin : begin + len(self.sent) // 16])
            await connection.writer.drain()
            await asyncio.sleep(self.seconds / 16)
        head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), self.timeout)
        body = await asyncio.wait_for(connection.reader.readexactly(len(self.sent)), self.timeout)
        return head, body, self.sent

    async def repeat(self, transfer):
        while not self.ends:
            connection = await self.connect()
            if connection is None:
                continue
            began = time.monotonic()
            try:
                head, body, expected = await transfer(connection)
                if head[9:12] != b"200" or body != expected:
                    self.fail(connection.opened, began, "wrong bytes")
                else:
                    self.passed += 1
            except asyncio.TimeoutError:
                self.fail(connection.opened, began, "timed out")
            except (asyncio.IncompleteReadError, OSError):
                self.fail(connection.opened, began, "cut off")
            connection.close()

    def tasks(self):
        both = [self.download, self.send]
        return [asyncio.ensure_future(self.repeat(both[i % 2])) for i in range(2 * self.each)]


async def under_load(loads, work):
    tasks = [task for load in loads for task in load.tasks()]
    await asyncio.sleep(0.5)
    try:
        await work
    finally:
        await asyncio.sleep(0.3)
        for load in loads:
            load.ends = True
        await asyncio.gather(*tasks)
