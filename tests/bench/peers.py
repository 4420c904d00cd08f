"""Peers of the host beside nginx, as Debian has them, with one worker each: h2o, lighttpd, haproxy, caddy, Twisted. Where
a server has no answer of its own for "/", it serves a file of the same 13 bytes."""
import os
import subprocess
from pathlib import Path

from contenders import TEXT, Contender, Hawser, Nginx, files, free_port, rounds, running


class Peer(Contender):
    def __init__(self, pinned=True):
        super().__init__(type(self).__name__, pinned)
        self.ports = {"http": free_port()}

    def write(self, name, text):
        path = Path(self.folder.name) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def address(self):
        return f"127.0.0.1:{self.ports['http']}"


class H2o(Peer):
    def command(self):
        user = "user: root\n" if os.geteuid() == 0 else ""
        return ["h2o", "-c", self.write("h2o.conf", f"""
{user}num-threads: 1
listen: {{ host: 127.0.0.1, port: {self.ports['http']} }}
hosts: {{ default: {{ paths: {{ "/": {{ file.dir: "{files()}" }} }} }} }}
""")]


class Lighttpd(Peer):
    def command(self):
        return ["lighttpd", "-D", "-f", self.write("lighttpd.conf", f"""
server.bind = "127.0.0.1"
server.port = {self.ports['http']}
server.document-root = "{files()}"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 3600
index-file.names = ("index.html")
mimetype.assign = ("" => "text/plain")
""")]


class Haproxy(Peer):
    has_files = False

    def command(self):
        return ["haproxy", "-db", "-f", self.write("haproxy.cfg", f"""
global
    nbthread 1
defaults
    mode http
    timeout client 1h
    timeout server 1h
    timeout connect 1h
frontend web
    bind {self.address()}
    http-request return status 200 content-type text/plain string "{TEXT}"
""")]


class Caddy(Peer):
    slower = 4

    def command(self):
        self.environment = {"HOME": self.folder.name}  # where it keeps its state
        return ["caddy", "run", "--adapter", "caddyfile", "--config", self.write("Caddyfile", f"""
{{
    admin off
    auto_https off
}}
http://{self.address()} {{
    respond / "{TEXT}"
    root * {files()}
    file_server
}}
""")]


class Twisted(Peer):
    slower = 20

    def command(self):
        return ["/usr/bin/python3", self.write("server.py", f"""
from twisted.internet import reactor
from twisted.web import server, static
root = static.File("{files()}")
root.putChild(b"", static.Data(b"{TEXT}", "text/plain"))
reactor.listenTCP({self.ports['http']}, server.Site(root, timeout=3600), interface="127.0.0.1", backlog=4096)
reactor.run()
""")]


PEERS = (Nginx, H2o, Lighttpd, Haproxy, Caddy, Twisted)
ROWS = ("keepalive", "pipelined", "fresh", "file1k", "file100k", "file10m")


def measure(count, requests, rows, load):
    """{row: {contender: [CPU µs]}}, of `load(contender, row, requests)`."""
    results = {name: {} for name in ROWS}
    everybody = [make() for make in PEERS] + [Hawser()]
    with running(everybody):
        for number in rounds("peers", count):
            for name in ROWS:
                for contender in everybody:
                    if name.startswith("file") and not contender.has_files:
                        continue
                    spent = load(contender, rows[name], requests / contender.slower / (1 if number else 10))[0]
                    if number:
                        results[name].setdefault(contender.name, []).append(spent)
    return results


def versions():
    def of(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return ((done.stdout or done.stderr).splitlines() or ["?"])[0]

    twisted = of("/usr/bin/python3", "-c", "import twisted; print(twisted.__version__)")
    return ", ".join((of("h2o", "--version"), of("lighttpd", "-v"), of("haproxy", "-v"), "caddy " + of("caddy", "version"),
                      "Twisted " + twisted))


def table(results, rows):
    """Best figures; in brackets how many times the host's it is."""
    names = [make.__name__ if make is not Nginx else "nginx" for make in PEERS]
    lines = [f"Peers: {versions()}. Best CPU µs per request, and how many times this host's it is.", "",
             "| | hawser | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for name, by_contender in results.items():
        own = min(by_contender["hawser"])
        cells = [f"{min(by_contender[who]):.1f} ({min(by_contender[who]) / own:.2f})" if who in by_contender else "–"
                 for who in names]
        lines.append(f"| {rows[name].title} | {own:.1f} | " + " | ".join(cells) + " |")
    return lines

