# SPDX-License-Identifier: ISC
"""A connection to tlsshim, seen from both ends.

Nothing here waits for a time to pass: what the other side has read, and that
it sleeps, is asked of /proc.
"""
import os
import re
import socket
import ssl
import subprocess
import time

from starttls_protocols import MARK

RECORDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorder")
PATIENCE = 10  # seconds, for what should be at once


def wait_for(what, question, *arguments):
    end = time.monotonic() + PATIENCE
    while not question(*arguments):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.002)


def state_of(pid):
    """As in proc(5); None: there is no such process any more."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin1") as stat:
            state = stat.read().rpartition(")")[2].split()[0]
            return None if state in "ZX" else state
    except OSError:
        return None


def is_gone(pid):
    return state_of(pid) is None


class Connection:
    def __init__(self, case, *options, app=""):
        self.case, self.protocol = case, case.protocol
        self.directory = case.directory
        self.log_path = f"{self.directory}/log"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.raw = socket.create_connection(listener.getsockname(),
                                                PATIENCE)
            ours, _ = listener.accept()
        self.socket = self.raw
        self.ports = self.raw.getpeername()[1], self.raw.getsockname()[1]
        with ours, open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*case.program, "--starttls", case.name,
                 "--starttls-mode", case.mode, *options, "--", RECORDER,
                 self.directory, case.name, *([app] if app else [])],
                stdin=ours, stdout=subprocess.DEVNULL, stderr=log)

    # what is said

    def send(self, data):
        """What the other side does not want any more is lost."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def receive(self):
        try:
            return self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def answer(self):
        data = b""
        while not self.protocol.whole(data):
            piece = self.receive()
            if not piece:
                break
            data += piece
        return data

    def rest(self):
        data = b""
        while piece := self.receive():
            data += piece
        return data

    def ask(self, data):
        self.send(data)
        answer = self.answer()
        assert answer, f"no answer to {data[:60]}"
        return answer

    def begin(self):
        if self.protocol.greets:
            assert self.answer(), "no greeting"
        elif self.case.optional:
            wait_for("an application in clear", self.recorded, "clear")
        for hello in self.protocol.hello:
            self.ask(hello)

    def upgrade(self, command=None):
        answer = self.ask(command or self.protocol.command)
        assert self.says_go(answer), f"no go-ahead: {answer}"

    def says_go(self, answer):
        return re.match(self.protocol.go_ahead, answer, re.S)

    def says_no(self, answer):
        return re.match(self.protocol.refusal, answer, re.S)

    def start_tls(self):
        context = ssl.create_default_context(cafile=self.case.authority)
        self.socket = context.wrap_socket(self.raw,
                                          server_hostname="localhost")
        if self.protocol.again:
            assert self.answer(), "no capabilities inside TLS"

    def hello(self):
        """A ClientHello."""
        made = ssl.MemoryBIO()
        tls = ssl.create_default_context().wrap_bio(
            ssl.MemoryBIO(), made, server_hostname="localhost")
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return made.read()

    # what becomes of it

    def queues(self):
        """Of our socket what is not sent, of theirs what is not read."""
        unsent, unread = 0, 0
        server, client = (f":{port:04X}" for port in self.ports)
        with open("/proc/net/tcp", encoding="ascii") as table:
            for row in table:
                f = row.split()
                if f[1].endswith(server) and f[2].endswith(client):
                    unread = int(f[4].split(":")[1], 16)
                elif f[1].endswith(client) and f[2].endswith(server):
                    unsent = int(f[4].split(":")[0], 16)
        return unsent, unread

    def arrived(self):
        wait_for("bytes arrive", lambda: self.queues()[0] == 0)

    def taken_or_closed(self):
        """The same, but the connection may be over."""
        self.arrived()
        wait_for("bytes are read", lambda: self.is_idle() or
                 state_of(self.process.pid) is None)

    def is_idle(self):
        return self.queues() == (0, 0) and state_of(self.process.pid) == "S"

    def taken(self):
        """The other side has read all, and done what it does about it."""
        self.arrived()
        wait_for("bytes are read", self.is_idle)

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(child) for child in f.read().split()]

    def keeper(self):
        wait_for("a keeper", self.children)
        return self.children()[0]

    def recorded(self, kind):
        """What each application was given, by its pid."""
        return {int(name.split(".")[1]): self.read(name)
                for name in os.listdir(self.directory)
                if name.startswith(kind + ".")}

    def read(self, name):
        with open(f"{self.directory}/{name}", "rb") as file:
            return file.read()

    def log(self):
        return self.read("log").decode("latin1")

    def end(self):
        """What the summary line says."""
        self.socket.close()
        self.process.wait(PATIENCE)
        line = next(s for s in self.log().splitlines() if " stage=" in s)
        return dict(part.partition("=")[::2] for part in line.split())

    def destroy(self):
        self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # what is claimed

    def has_no_tls(self, stage="clear"):
        """It ended before TLS, and nobody was there inside it."""
        summary = self.end()
        assert summary["stage"] == stage, summary
        assert "tls" not in summary, summary
        assert not self.recorded("tls"), "an application inside TLS"
        self.is_unheard()
        return summary

    def is_unheard(self):
        for kind in "clear", "tls":
            for data in self.recorded(kind).values():
                assert MARK not in data, f"heard by the application: {data}"
        assert len(self.recorded("clear")) == self.case.optional

    def works(self):
        """TLS begins, and an application answers inside it."""
        self.upgrade()
        self.start_tls()
        p = self.protocol
        if p.noop:
            self.ask(p.noop)
        else:
            self.ask(p.marked)
        wait_for("an application inside TLS", self.recorded, "tls")
        summary = self.end()
        assert summary.get("tls"), summary
        given = list(self.recorded("tls").values())
        assert given[0].startswith(p.noop or p.marked), given
