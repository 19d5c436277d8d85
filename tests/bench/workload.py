"""The programs that the benchmark runs, each with and without a tracer, and what one of them costs."""

import os
import re
import shutil
import signal
import socket
import tempfile
import time

import bench

START_TIMEOUT = 60  # seconds for a server to listen, however slow its tracer
STOP_TIMEOUT = 60  # seconds for it to end
STARTS = 10

SHELL = "i=0\nwhile [ $i -lt $1 ]; do\n    /bin/true\n    i=$((i + 1))\ndone\n"

PYTHON = "import asyncio, json, sqlite3, ssl\n"

GIT = """set -e
git init -q .
git config user.name Name
git config user.email name@example.org
for i in $(seq 200); do echo "$i" >"file$i"; done
git add .
git commit -q -m first
for i in $(seq 10); do
    echo "$i" >>"file$i"
    git commit -q -a -m "$i"
done
git status --short
git log --stat >log
git gc -q
"""

MAKEFILE = """program: $(addsuffix .o,main a b c d e f g)
\tcc -o $@ $^
%.c:
\techo 'int $*(void) { return 0; }' >$@
"""

NGINX = """daemon off;
pid nginx.pid;
worker_processes 2;
events {{ worker_connections 256; }}
http {{
    access_log access.log;
    sendfile on;
    keepalive_requests 100000;
    client_body_temp_path .;
    proxy_temp_path .;
    fastcgi_temp_path .;
    uwsgi_temp_path .;
    scgi_temp_path .;
    server {{ listen 127.0.0.1:{port}; root .; }}
}}
"""


class Workspace:
    """A directory for one run, gone at the end of the `with`; servers that drop root can enter it."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="bench.")
        os.chmod(self.path, 0o755)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def write(self, name, text):
        path = f"{self.path}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class Program:
    """A command that is run to its end. Its words name no file of its own, for they must have no spaces."""

    def __init__(self, name, words, files=None, stdin=os.devnull, length=1, short=None, long=None):
        self.name = name
        self.words = words  # the first is looked up in PATH; others may have {length}, or {port} for a server
        self.files = files or {}  # {name: text}
        self.stdin = stdin  # the name of one of them
        self.length = length
        self.short = short or length  # for slow tracers
        self.long = long or length  # where a round costs next to nothing

    def length_at(self, pace):
        return {"slow": self.short, "usual": self.length, "fast": self.long}[pace]

    def be_quick(self):
        self.length = self.long = self.short

    def command(self, **values):
        """Its words, the first as a path: one execve, and no tracer looks elsewhere."""
        return [bench.path_of(self.words[0])] + [word.format(**values) for word in self.words[1:]]

    def run(self, binding, trace, length, watch=False):
        """The seconds of one run, and the tracer's peak memory. trace: what a tracer makes of the words of a command."""
        words = self.command(length=length)
        with Workspace() as work:
            for name, text in self.files.items():
                work.write(name, text(length) if callable(text) else text)
            start = time.monotonic()
            with bench.Process(binding + trace(words), work.path, os.path.join(work.path, self.stdin)) as process:
                process.finish(watch)
                return time.monotonic() - start, process.peak_kib

    def cost(self, binding, trace, pace):
        """Seconds of the whole, at full length."""
        length = self.length_at(pace)
        return self.run(binding, trace, length)[0] * self.length / length


class Start(Program):
    """What it costs to run it once: the mean of several."""

    def cost(self, binding, trace, pace):
        return sum(self.run(binding, trace, 1)[0] for _ in range(STARTS)) / STARTS


class Loop(Program):
    """What one round of a loop costs: what a run takes longer than one of a tenth of the length."""

    def cost(self, binding, trace, pace):
        length = self.length_at(pace)
        longer, shorter = (self.run(binding, trace, rounds)[0] for rounds in (length, length // 10))
        return (longer - shorter) / (length - length // 10)


class Server(Program):
    """A server that is traced, and what a request of its client, which is not, costs: as the client reckons it."""

    def __init__(self, name, words, client, pidfile, stop, **others):
        super().__init__(name, words, **others)
        self.client = client
        self.pidfile = pidfile
        self.stop = stop

    def run(self, binding, trace, length, watch=False):
        port = free_port()
        words = self.command(port=port)
        with Workspace() as work:
            for name, text in self.files.items():
                work.write(name, text.format(port=port))
            with bench.Process(binding + trace(words), work.path) as server:
                await_port(server, port)
                client_words = [word.format(port=port, length=length) for word in self.client]
                with bench.Process(binding + client_words, work.path) as client:
                    client.finish()
                server.look()
                with open(f"{work.path}/{self.pidfile}", encoding="ascii") as file:
                    os.kill(int(file.read()), self.stop)
                server.finish(watch, STOP_TIMEOUT)
                with open(f"{work.path}/log", encoding="utf-8") as log:
                    return seconds_a_request(log.read()), server.peak_kib

    def cost(self, binding, trace, pace):
        return self.run(binding, trace, self.length_at(pace))[0]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_port(server, port):
    """Until the server accepts connections."""
    deadline = time.monotonic() + START_TIMEOUT
    while not server.has_ended(0.02):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                server.fail("it does not listen")
    server.fail("it has ended")


def seconds_a_request(log):
    """The mean over the tests of redis-benchmark, or what wrk says."""
    rates = [float(rate) for rate in re.findall(r"(?:Requests/sec: +|: )(\d+\.\d+)(?: requests per second|$)", log,
                                                re.MULTILINE)]
    return sum(1 / rate for rate in rates) / len(rates)


def programs(null_call):
    """{key: Program}; null_call: the path of that program."""
    return {
        "null-call": Loop("null call, 12 deep (a call)", [null_call, "{length}"], length=50000, short=1000,
                          long=5000000),
        "threads": Loop("null calls in 32 threads (a call of each)", [null_call, "{length}", "32"], length=1000,
                        short=50, long=10000),
        "sqlite3": Program("sqlite3, 400 transactions", ["sqlite3", "t.db"], {"sql": transactions}, stdin="sql",
                           length=400),
        "redis": Server("redis, SET and GET (a request)",
                        ["redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "''", "--pidfile",
                         "redis.pid", "--dir", "."],
                        ["redis-benchmark", "-p", "{port}", "-q", "-c", "10", "-n", "{length}", "-t", "set,get"],
                        "redis.pid", signal.SIGTERM, length=20000, short=1000),
        "nginx": Server("nginx, 2 workers (a request)",
                        ["nginx", "-e", "error.log", "-p", ".", "-c", "nginx.conf"],
                        ["wrk", "-t1", "-c8", "-d{length}s", "http://127.0.0.1:{port}/nginx.conf"],
                        "nginx.pid", signal.SIGQUIT, files={"nginx.conf": NGINX}, length=2),
        "git": Program("git: init, 11 commits, log, gc", ["sh", "git.sh"], {"git.sh": GIT}),
        "python": Program("python3 starts", ["/usr/bin/python3", "start.py"], {"start.py": PYTHON}),
        "shell": Program("sh: 500 times /bin/true", ["sh", "loop.sh", "{length}"], {"loop.sh": SHELL}, length=500,
                         short=50),
        "make": Program("make: 8 files compiled", ["make", "-s"], {"Makefile": MAKEFILE}),
        "true": Start("/bin/true starts", ["/bin/true"]),
    }


def transactions(length):
    return "create table t(a, b);\n" + "".join(f"insert into t values({i}, 'x{i}');\n" for i in range(length))
