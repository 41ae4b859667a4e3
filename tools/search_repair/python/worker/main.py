"""The master: reads requests, forks the zygote and the cold children, passes answers back."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from typing import Any, Dict, List, Optional, Tuple

from . import overlay
from .failure import describe
from .forks import Child, Children, Emit, die_with_parent, settle
from .frames import Message, read_message, write_message
from .preload import preload
from .suite import Suite, relative_file, watch_conftest_errors
from .swap import LiveFunctions, Unswappable
from .trace import ImportCalls


class Zygote:
    """The process that has collected the whole suite: forks a child for each candidate that swapping can show."""

    def __init__(self, channel: int, opening: Message) -> None:
        self._channel = channel
        self._root: str = opening["root"]
        self._args: List[str] = opening["args"]
        self._children = Children()
        self._calls: Optional[ImportCalls] = None
        self._live: Optional[LiveFunctions] = None
        self._conftest: List[Message] = []

    def run(self) -> None:
        """Collect, answer requests until the channel closes, and never return."""
        suite = Suite(self._root, self._serve)
        self._calls = ImportCalls(suite.places)
        watch_conftest_errors(lambda e: self._conftest.append(describe(e, e.__traceback__, suite.places)))
        self._calls.start()
        code = suite.run(self._args)
        write_message(self._channel, {"op": "open", "items": [], "errors": self._conftest, "exit": code, "files": []})

    def _serve(self, suite: Suite) -> None:
        assert self._calls is not None
        self._calls.stop()
        self._live = LiveFunctions(suite.places, self._calls.called)
        files = sorted(filter(None, (suite.places.relative(f) for f in _module_files())))
        answer = {"op": "open", "items": list(suite.items), "errors": suite.errors, "exit": 0, "files": files}
        settle()
        write_message(self._channel, answer)
        while True:
            ready, ended = self._children.wait([self._channel])
            for child, how in ended:
                write_message(self._channel, answer_of(child, how))
            if ready:
                request = read_message(self._channel)
                if request is None:
                    self._children.kill_all()
                    os._exit(0)
                self._start(suite, request)

    def _start(self, suite: Suite, request: Message) -> None:
        assert self._live is not None
        live, change = self._live, request.get("change")
        if change:
            for part in change:
                live.prepare(os.path.join(self._root, part["path"]), part["old"], part["line"])

        def work(emit: Emit) -> None:
            if change:
                try:
                    for part in change:
                        path = os.path.join(self._root, part["path"])
                        live.swap(path, part["old"], part["new"], part["line"])
                        overlay.put(path, part["source"])
                except Unswappable:
                    emit({"unswappable": True})
                    return
            suite.execute(request, emit)

        self._children.fork(request, request["total"], work, (self._channel,))


class Master:
    """Owns the conversation with whoever started us."""

    def __init__(self, receive: int, send: int, hello: Message) -> None:
        self._receive = receive
        self._send = send
        self._root: str = hello["root"]
        self._children = Children()
        self._opening: Message = hello
        self._zygote: Optional[Tuple[int, int]] = None
        self._pending: Dict[int, Message] = {}

    def serve(self) -> None:
        """Answer until the other side closes its end."""
        while True:
            others = [self._receive] + ([self._zygote[1]] if self._zygote else [])
            ready, ended = self._children.wait(others)
            for child, how in ended:
                write_message(self._send, answer_of(child, how))
            if self._zygote and self._zygote[1] in ready:
                self._hear_zygote()
            if self._receive in ready:
                request = read_message(self._receive)
                if request is None:
                    break
                self._accept(request)
        self._children.kill_all()
        self._end_zygote()

    def _accept(self, request: Message) -> None:
        if request["op"] == "open":
            self._open(request)
        elif request["mode"] == "hot" and self._zygote:
            self._pending[request["id"]] = request
            try:
                write_message(self._zygote[1], request)
            except OSError:
                self._zygote_is_gone()
        else:
            self._run_cold(request)

    def _open(self, request: Message) -> None:
        self._end_zygote()
        self._opening = {**self._opening, **request}
        overlay.clear()
        for path, source in self._opening["overlay"].items():
            overlay.put(os.path.join(self._root, path), source)
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _become_quiet(self._receive, self._send)
            try:
                Zygote(theirs.detach(), self._opening).run()
            finally:
                os._exit(0)
        theirs.close()
        self._zygote = (pid, ours.detach())

    def _hear_zygote(self) -> None:
        assert self._zygote
        answer = read_message(self._zygote[1])
        if answer is None:
            self._zygote_is_gone()
        elif answer["op"] == "open":
            for file in answer["files"]:
                overlay.keep_compiled(os.path.join(self._root, file))
            if answer["exit"]:
                self._end_zygote()
            write_message(self._send, answer)
        else:
            request = self._pending.pop(answer["id"])
            if any("unswappable" in line for line in answer["tests"]):
                self._run_cold(request)
            else:
                write_message(self._send, answer)

    def _zygote_is_gone(self) -> None:
        """It died with requests in hand; whoever asked opens a new one."""
        self._end_zygote()
        write_message(self._send, {"op": "gone"})
        for request in self._pending.values():
            write_message(self._send, {"op": "run", "id": request["id"], "end": "died", "tests": [], "cold": False})
        self._pending.clear()

    def _end_zygote(self) -> None:
        if self._zygote:
            pid, channel = self._zygote
            os.close(channel)
            try:
                os.kill(pid, 9)
            except OSError:
                pass  # it is gone already
            os.waitpid(pid, 0)
            self._zygote = None

    def _run_cold(self, request: Message) -> None:
        root, change = self._root, request.get("change")
        files = sorted({relative_file(name) for name in request["tests"]})
        args = self._opening["options"] + ([] if request.get("whole") else files)

        def work(emit: Emit) -> None:
            for part in change or ():
                overlay.put(os.path.join(root, part["path"]), part["source"])

            def loop(suite: Suite) -> None:
                suite.execute(request, emit)
                os._exit(0)

            suite = Suite(root, loop)
            conftest: List[Message] = []
            watch_conftest_errors(lambda e: conftest.append(describe(e, e.__traceback__, suite.places)))
            suite.run(args)
            error = conftest[0] if conftest else None
            emit({"id": request["tests"][0], "outcome": "failed", "seconds": 0.0, "error": error})

        request["cold"] = True
        private = (self._receive, self._send) + ((self._zygote[1],) if self._zygote else ())
        self._children.fork(request, request["total"] + request["startup"], work, private)


def answer_of(child: Child, how: str) -> Message:
    """The answer to a run request: how the child ended and what its tests did."""
    cold = bool(child.request.get("cold"))
    return {"op": "run", "id": child.request["id"], "end": how, "tests": child.lines(), "cold": cold}


def _module_files() -> List[str]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return [file for file in files if isinstance(file, str)]


def _become_quiet(*private: int) -> None:
    die_with_parent()
    for fd in private:
        os.close(fd)


def main() -> None:
    """Keep the protocol's descriptors away from the tests, load pytest, serve."""
    receive, send = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    hello: Any = read_message(receive)
    if not hello.get("debug"):
        os.dup2(null, 2)
    sys.path[0] = hello["folder"]
    os.chdir(hello["folder"])
    sys.argv = ["pytest"]
    preload()
    overlay.install()
    settle()
    autoload = not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    plugins = [name for name in ("xdist", "pytest_cov") if autoload and importlib.util.find_spec(name)]
    write_message(send, {"op": "hello", "version": list(sys.version_info[:3]), "plugins": plugins})
    Master(receive, send, hello).serve()
