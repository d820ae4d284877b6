"""RabbitMQ of the tests' own: one node, or a cluster of three, on loopback, gone when they are.

The programs come from the distribution's package ``rabbitmq-server``. Each node has a folder and
ports of its own, and so has the port mapper (epmd) that the nodes find each other by; nothing is
shared with a broker that may run on this machine, and nothing is left.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from handcart.testing.street import free_port, until

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
PLUGIN = "rabbitmq_consistent_hash_exchange"
_START = 90.0
# A node that hangs is given up after eight seconds instead of sixty, a leader after about one.
_ADVANCED = "[{kernel, [{net_ticktime, 8}]}, {aten, [{poll_interval, 1000}]}].\n"
# Three virtual machines share two cores with the tests: none may spin while it waits.
_FRUGAL = "+S 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none"


class NotToBeHad(Exception):
    """No RabbitMQ can be started here; says why."""


@dataclass
class Node:
    """One broker; ``url`` is where it is spoken to."""

    name: str
    folder: Path
    port: int
    env: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def pid(self) -> int:
        """The leader of the node's process group."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not been killed."""
        return self._process is not None

    def start(self) -> None:
        """Begin; ``wait()`` returns when it is there."""
        with (self.folder / "out.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAMS / "rabbitmq-server"],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        until(self._listens, f"{self.name} did not start; see {self.folder}", seconds=_START)

    def kill(self) -> None:
        """As a power cut does to the process: no goodbye to anybody."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait(timeout=20)
            self._process = None

    def pause(self) -> None:
        """It keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def ask(self, expression: str) -> str:
        """What the running node answers to an expression of Erlang: faster than its tools."""
        for _ in range(5):
            done = subprocess.run(
                ["erl_call", "-sname", self.name, "-c", self.env["COOKIE"], "-e"],
                input=f"{expression}.\n",
                env=self.env,
                capture_output=True,
                text=True,
                timeout=60,
            )
            if done.returncode == 0:
                return done.stdout
            time.sleep(0.5)  # it gives up early on a busy machine
        raise RuntimeError(f"{self.name} does not answer: {done.stdout}{done.stderr}")

    def connections(self) -> int:
        """How many clients are connected to this node."""
        answer = self.ask("length(rabbit_networking:local_connections())")
        return int(answer.removeprefix("{ok, ").rstrip().rstrip("}"))

    def _signal(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _listens(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended while it started; see {self.folder}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass(frozen=True)
class Cluster:
    nodes: Sequence[Node]

    @property
    def url(self) -> str:
        """The nodes, with semicolons between."""
        return ";".join(node.url for node in self.nodes)

    def heal(self) -> None:
        """Every node runs, and knows that the others do."""
        for node in self.nodes:
            node.resume()
            if not node.runs:
                node.start()
        for node in self.nodes:
            node.wait()
        until(self._whole, "the nodes do not find each other", seconds=_START)

    def _whole(self) -> bool:
        return all(
            node.ask("length(rabbit_nodes:all_running())").strip() == f"{{ok, {len(self.nodes)}}}"
            for node in self.nodes
        )

    def leaders(self) -> dict[str, str]:
        """The node that leads each quorum queue, by the queue's name; asks the first that runs."""
        running = next(node for node in self.nodes if node.runs)
        lines = running.ask(
            'lists:flatten([io_lib:format("~s ~s;", [element(4, amqqueue:get_name(Q)), '
            "element(2, amqqueue:get_pid(Q))]) || Q <- rabbit_amqqueue:list(), "
            "amqqueue:is_quorum(Q)])"
        )
        pairs = (line.split() for line in lines.partition('"')[2].partition('"')[0].split(";"))
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    def busiest(self) -> Node:
        """The node that most clients are connected to, and of those the one that leads most."""
        leads = list(self.leaders().values())
        return max(self.nodes, key=lambda node: (node.connections(), leads.count(node.name)))


def find_programs() -> None:
    """Raises NotToBeHad unless the package is installed."""
    needed = (PROGRAMS / "rabbitmq-server", "epmd", "erl_call")
    missing = [str(program) for program in needed if shutil.which(program) is None]
    if missing:
        raise NotToBeHad(
            f"no RabbitMQ: install the distribution's package rabbitmq-server ({missing} missing)"
        )


@contextmanager
def serving(*, nodes: int = 1, plugins: Sequence[str] = (PLUGIN,)) -> Iterator[Cluster]:
    """So many nodes as one cluster that nobody else uses."""
    find_programs()
    folder = Path(tempfile.mkdtemp(prefix="handcart-rabbitmq-"))
    mapper_port = free_port()
    mapper = subprocess.Popen(["epmd", "-address", "127.0.0.1", "-port", str(mapper_port)])
    made = Cluster(_nodes(folder, nodes, mapper_port=mapper_port, plugins=plugins))
    try:
        made.nodes[0].start()
        made.nodes[0].wait()
        for node in made.nodes[1:]:
            node.start()
        for node in made.nodes[1:]:
            node.wait()
        yield made
    finally:
        for node in made.nodes:
            node.resume()
            node.kill()
        mapper.terminate()
        mapper.wait(timeout=10)
        shutil.rmtree(folder)


def _nodes(
    folder: Path, count: int, *, mapper_port: int, plugins: Sequence[str]
) -> tuple[Node, ...]:
    ports = [free_port() for _ in range(count)]
    names = [f"handcart{port}@localhost" for port in ports]
    shared = {"COOKIE": secrets.token_hex(10), "ERL_EPMD_PORT": str(mapper_port)}
    nodes = []
    for name, port in zip(names, ports, strict=True):
        own = folder / name.partition("@")[0]
        _write_settings(own, port, peers=names, plugins=plugins, cookie=shared["COOKIE"])
        nodes.append(Node(name, own, port, _environment(own, name, port) | shared))
    return tuple(nodes)


def _write_settings(
    own: Path, port: int, *, peers: Sequence[str], plugins: Sequence[str], cookie: str
) -> None:
    own.mkdir()
    lines = [
        f"listeners.tcp.1 = 127.0.0.1:{port}",
        "cluster_formation.peer_discovery_backend = classic_config",
        *(
            f"cluster_formation.classic_config.nodes.{n} = {each}"
            for n, each in enumerate(peers, 1)
        ),
        "cluster_partition_handling = autoheal",
        "disk_free_limit.absolute = 50MB",
        "log.file.level = info",
    ]
    (own / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
    (own / "advanced.config").write_text(_ADVANCED)
    (own / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
    (own / ".erlang.cookie").write_text(cookie)
    (own / ".erlang.cookie").chmod(0o400)


def _environment(own: Path, name: str, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(own),
        "LANG": "C.UTF-8",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": name,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_BASE": str(own),
        "RABBITMQ_CONFIG_FILE": str(own / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(own / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(own / "none.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(own / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(own / "data"),
        "RABBITMQ_LOG_BASE": str(own / "log"),
        "RABBITMQ_PID_FILE": str(own / "pid"),
        # Then the script becomes the node instead of its parent, and can be killed as one.
        "RABBITMQ_ALLOW_INPUT": "true",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            f"-noinput {_FRUGAL} -kernel inet_dist_use_interface {{127,0,0,1}}"
        ),
    }
