"""The servers that bench.py measures: each is started with a configuration of its own on a free port of 127.0.0.1,
pinned to the first core, and stopped at the end. CPU time and memory are those of its whole process tree."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
SERVER_CORE, CLIENT_CORE = {0}, {1 if (os.cpu_count() or 1) > 1 else 0}
BOTH_CORES = SERVER_CORE | CLIENT_CORE
TEXT = "Hello, world!"
NGINX = "/usr/sbin/nginx"
DEADLINE = 20.0
SIZES = {"1k.txt": 1 << 10, "100k.txt": 100 << 10, "10m.txt": 10 << 20}
PLACE = []


def files():
    """A directory with what the rows of files ask for; made once, gone at the end."""
    if not PLACE:
        PLACE.append(tempfile.TemporaryDirectory(prefix="hawser-bench-files-"))
        directory = Path(PLACE[0].name)
        directory.chmod(0o755)
        (directory / "index.html").write_text(TEXT, encoding="utf-8")
        for name, size in SIZES.items():
            (directory / name).write_bytes(os.urandom(size))
    return PLACE[0].name


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid):
    """The process and everything below it."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            for child in children:
                found += tree(int(child))
    except OSError:
        pass
    return found


def cpu_ns(pid):
    """Nanoseconds that the threads of the tree have run, as the scheduler counts them."""
    total = 0
    for process in tree(pid):
        try:
            for task in os.listdir(f"/proc/{process}/task"):
                total += int(Path(f"/proc/{process}/task/{task}/schedstat").read_text().split()[0])
        except OSError:
            pass
    return total


def pss_bytes(pid):
    """Proportional set size of the tree."""
    total = 0
    for process in tree(pid):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


@contextlib.contextmanager
def running(contenders):
    """All of them serve meanwhile."""
    try:
        for contender in contenders:
            contender.start()
        yield
    finally:
        for contender in contenders:
            if contender.process:
                contender.stop()


def rounds(title, count):
    """0 for the one that warms up and is not counted, then 1 … count; says how far it is."""
    for number in range(count + 1):
        yield number
        print(f"{title}: " + (f"round {number} of {count}" if number else "warmed up"), file=sys.stderr)


def client(contender, program, *arguments, port="http"):
    """What a client program prints of its run against the contender, on the core of the clients."""
    command = ["taskset", "-c", str(min(CLIENT_CORE)), str(BUILD / "bench" / program),
               f"127.0.0.1:{contender.ports[port]}", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    figures = json.loads((done.stdout.splitlines() or ["{}"])[-1])
    if figures.get("errors", 1) or not figures.get("answers"):
        raise SystemExit(f"bench: {contender.name}: {' '.join(command)}: {done.stdout}")
    return figures


class Contender:
    """A server that runs between start() and stop(). `ports` maps "http" and "echo" to what it serves there."""

    has_files = True
    slower = 1  # so many times fewer requests are enough
    environment = {}  # beside the bench's own

    def __init__(self, name, pinned=True):
        self.name = name
        self.cores = SERVER_CORE
        self.pinned = pinned
        self.ports = {}
        self.process = None
        self.folder = tempfile.TemporaryDirectory(prefix="hawser-bench-")

    def command(self):
        raise NotImplementedError

    def start(self, wait=True):
        command = self.command()
        core = self.cores if self.pinned else None
        before = os.sched_getaffinity(0)
        if core:
            os.sched_setaffinity(0, core)  # inherited; no preexec_fn, so that starting stays quick
        self.errors = open(Path(self.folder.name) / "stderr", "w+", encoding="utf-8")
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.errors, close_fds=False, env=os.environ | self.environment)
        if core:
            os.sched_setaffinity(0, before)
        if wait:
            for port in self.ports.values():
                self.first_answer(port)
        return self

    def first_answer(self, port):
        """Milliseconds from the start until the server answers."""
        request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        while time.monotonic() - self.started < DEADLINE:
            if self.process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as client:
                    client.sendall(request)
                    if client.recv(4096):
                        return (time.monotonic() - self.started) * 1000
            except OSError:
                pass
        self.errors.seek(0)
        raise SystemExit(f"bench: {self.name} does not serve:\n{self.errors.read()}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
        self.folder.cleanup()

    def cpu_ns(self):
        return cpu_ns(self.process.pid)

    def pss_bytes(self):
        return pss_bytes(self.process.pid)


class Raw(Contender):
    """One of the raw servers, which answers every request with the same."""

    def __init__(self, program, *arguments):
        super().__init__("raw")
        self.program, self.arguments = program, arguments
        self.ports = {"echo" if program == "raw_echo" else "http": free_port()}

    def command(self):
        return [str(BUILD / "bench" / self.program), f"127.0.0.1:{next(iter(self.ports.values()))}", *self.arguments]


class Nginx(Contender):
    def __init__(self, pinned=True):
        super().__init__("nginx", pinned)
        self.ports = {"http": free_port()}

    def command(self):
        folder = Path(self.folder.name)
        temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"""
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600;
    default_type text/plain;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=1000;
    open_file_cache_valid 1s;
{temporary}
    upstream itself {{ server 127.0.0.1:{self.ports['http']}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{self.ports['http']} backlog=4096;
        root {files()};
        location = / {{ return 200 "{TEXT}"; }}
        location / {{ }}
        location = /echo {{ proxy_pass http://itself/behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
        location = /behind {{ return 200 "{'p' * 1024}"; }}
    }}
}}
""", encoding="utf-8")
        return [NGINX, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


class Hawser(Contender):
    def __init__(self, *arguments, pinned=True, config=None, loops=1, cores=None):
        super().__init__("hawser", pinned)
        self.cores = cores or SERVER_CORE
        self.loops = loops
        self.arguments = arguments
        self.config = config
        self.ports = {"http": free_port(), "echo": free_port()}

    def command(self):
        folder = Path(self.folder.name)
        control = folder / "control.sock"
        if self.config:
            sets = [f"listeners.web.address=127.0.0.1:{self.ports['http']}",
                    f"listeners.echo.address=127.0.0.1:{self.ports['echo']}", f"host.control={control}"]
            more = [part for text in sets for part in ("--set", text)]
            return [str(BUILD / "hawser"), "run", str(self.config), *more, *self.arguments]
        (folder / "hawser.toml").write_text(f"""
[host]
loops = {self.loops}
control = "{control}"
plugins = ["{BUILD}/plugins"]

[listeners.web]
address = "127.0.0.1:{self.ports['http']}"
protocol = "http"

[listeners.web.routes]
"=/" = {{ resource = "text", body = "{TEXT}" }}
"/" = {{ resource = "static", root = "{files()}" }}
"POST /echo" = {{ resource = "echo" }}

[listeners.echo]
address = "127.0.0.1:{self.ports['echo']}"
protocol = "echo"
""", encoding="utf-8")
        return [str(BUILD / "hawser"), "run", str(folder / "hawser.toml"), *self.arguments]

    def ready(self):
        """Milliseconds from the start until the event `ready` is written."""
        while time.monotonic() - self.started < DEADLINE and self.process.poll() is None:
            self.errors.seek(0)
            if '"event":"ready"' in self.errors.read():  # JSON, as this is no terminal
                return (time.monotonic() - self.started) * 1000
        self.errors.seek(0)
        raise SystemExit(f"bench: {self.name} is not ready:\n{self.errors.read()}")
