"""User-space instructions of one keep-alive request, counted by callgrind: what a change of a few per cent shows in."""
import re
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from contenders import BUILD, DEADLINE, TEXT, free_port

FEW, MANY = 1000, 6000
LIMITS = ('limits = { connections = 1000, per_address = 1000, accept_rate = 100000, bytes_per_second = "1GiB", '
          'idle = "60s" }')
ROWS = {"GET, 13 bytes": "", "the same, five limits of the listener": LIMITS}


def ask(port, count):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(count):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while not answer.endswith(TEXT.encode()):
                answer += connection.recv(4096)


def collected(directory, keys, requests):
    """Of the whole life of a host that answers so many requests."""
    port = free_port()
    path = directory / "hawser.toml"
    path.write_text(f'[host]\nplugins = ["{BUILD}/plugins"]\ncontrol = "control.sock"\nstate = "state"\nloops = 1\n[listeners.web]\n'
                    f'address = "127.0.0.1:{port}"\nprotocol = "http"\n{keys}\n'
                    f'routes = {{ "/" = {{ resource = "text", body = "{TEXT}" }} }}\n', encoding="utf-8")
    host = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", BUILD / "hawser",
                             "run", path, "--single"], stderr=subprocess.PIPE, text=True)
    try:
        began = time.monotonic()
        for line in host.stderr:
            if '"event":"ready"' in line:
                break
            if time.monotonic() - began > 10 * DEADLINE:
                raise SystemExit("bench: the host was not ready under callgrind")
        ask(port, requests)
    finally:
        host.send_signal(signal.SIGTERM)
        _, rest = host.communicate()
    return int(re.search(r"Collected : (\d+)", rest).group(1))


def measure():
    """{title: instructions}"""
    figures = {}
    with tempfile.TemporaryDirectory() as place:
        collected(Path(place), "", 1)  # copies the plugins to the state directory
        for title, keys in ROWS.items():
            few, many = (collected(Path(place), keys, count) for count in (FEW, MANY))
            figures[title] = (many - few) / (MANY - FEW)
    return figures


def table(figures):
    return ["| user-space instructions of a request | |", "|---|---|",
            *(f"| {title} | {count:.0f} |" for title, count in figures.items())]
