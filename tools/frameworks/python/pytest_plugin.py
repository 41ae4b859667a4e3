"""The pytest plugin that reports what happened, one JSON line a record, flushed at once: it survives a hard crash.

It runs in the project's interpreter (Python 3.8, pytest 7 or later), loaded by ``PYTEST_PLUGINS`` from the folder of
results; nothing is installed. The environment variable ``AION_R_PYTEST_RUN`` names a JSON file with the keys ``root``,
``report``, ``stacks`` (paths), ``timeout`` (seconds), ``ids`` (tests to run, or null) and ``lines`` (how
the files begin that say which lines ran, or null). It is taken out of the environment at once, so that a pytest which a
test starts does not write into our report.

Options are set on the parsed configuration instead of the command line: that works for any command that ends in
pytest, and keeps everything else of the project's own ``addopts``.

PYTEST_DONT_REWRITE: this module has no assertions, and rewriting it took a third of what it costs to start.
"""

from __future__ import annotations

import faulthandler
import os
import time
from typing import TYPE_CHECKING, Any, Generator, List, Optional, Tuple

import pytest

if TYPE_CHECKING:
    from .pytest_session import Log, Record, cap, delivered, forced_options, show, take_settings
    from .pytest_values import Describer
    from .pytest_watchdog import Watchdog, hung_message
else:  # the names under which the adapter delivers them
    from aion_r_pytest_session import Log, cap, delivered, forced_options, show, take_settings
    from aion_r_pytest_watchdog import Watchdog, hung_message

OUTPUT_LIMIT = 4_000
SECTION_LIMIT = 64_000
"""Characters of a captured section that stay in memory: a test may print any amount."""

_settings: pytest.StashKey[Record] = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, None]:
    """Take the settings, and record a conftest that cannot be loaded: pytest ends at once then."""
    settings = take_settings()
    if settings:
        early_config.stash[_settings] = settings
        _measure(early_config, settings)
    outcome = yield
    if settings and outcome.excinfo:
        error = _origin(outcome.excinfo[1])
        fields = _describer(settings["root"]).describe(error, None, None)
        fields["id"] = fields.get("file", "conftest.py")
        Log(settings["report"]).write("broken", **fields)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Set the options a report depends on, before any plugin has read them, and start recording."""
    worker: Record = getattr(config, "workerinput", {})
    settings: Optional[Record] = worker.get("aion_r") or config.stash.get(_settings, None)
    if settings is None:
        return
    for option, value in forced_options().items():
        if hasattr(config.option, option):
            setattr(config.option, option, value)
    if worker:
        _measure(config, settings)
    else:  # xdist has its workers parse these arguments
        params = config.invocation_params
        arguments = ("-p", __name__, *params.args)
        config.invocation_params = type(params)(args=arguments, plugins=params.plugins, dir=params.dir)
    config.pluginmanager.register(Recorder(config, settings, bool(worker)), "aion-r-recorder")


def _measure(config: pytest.Config, settings: Record) -> None:
    """Note the lines that run, from here on, where they are asked for."""
    if settings["lines"]:
        config.pluginmanager.register(delivered("coverage").Coverage(settings), "aion-r-coverage")


def _origin(error: BaseException) -> BaseException:
    """The project's own exception inside those that pytest wraps around it."""
    wrapped = getattr(error, "cause", None) or getattr(error, "excinfo", (None, None))[1]
    if type(error).__name__ == "ConftestImportFailure" and isinstance(wrapped, BaseException):
        return _origin(wrapped)
    if type(error).__name__ == "CollectError" and error.__cause__ is not None:
        return _origin(error.__cause__)
    return error


def _describer(root: str) -> Describer:
    """Loaded by the first failure: most runs of a repair have none, or few."""
    for name in ("operands", "expectation"):
        delivered(name)
    made: Describer = delivered("values").Describer(root)
    return made


class Recorder:
    """Hooks of one session. Under xdist the workers describe failures and the controller writes them down."""

    def __init__(self, config: pytest.Config, settings: Record, worker: bool) -> None:
        self.config, self.settings, self.worker = config, settings, worker
        self.log = Log(None if worker else settings["report"])
        self._describer: Optional[Describer] = None
        self.compare: Optional[Tuple[str, str, str]] = None
        self.under_way = ""
        self.usual = False
        """Whether only pytest itself says how a test is counted; then a plain pass need not be asked about."""
        self.root, self.pytest_root = os.path.realpath(settings["root"]), os.path.realpath(str(config.rootpath))
        self.watchdog = Watchdog(settings["timeout"])
        self.watchdog.on_hang = lambda limit: self.log.write("hang", id=self.under_way, s=limit)
        self.started = time.monotonic()
        if settings["ids"] is not None:
            self._narrow(settings["ids"])

    def id_of(self, nodeid: str) -> str:
        """A node's id relative to the project, which need not be pytest's root folder; valid as UTF-8."""
        if self.pytest_root != self.root:
            file, colons, rest = nodeid.partition("::")
            path = os.path.relpath(os.path.join(self.pytest_root, file), self.root)
            nodeid = path.replace(os.sep, "/") + colons + rest
        return nodeid.encode("utf-8", "backslashreplace").decode("utf-8")

    def describer(self) -> Describer:
        """What makes records of exceptions."""
        if self._describer is None:
            self._describer = _describer(self.settings["root"])
        return self._describer

    def _narrow(self, ids: List[str]) -> None:
        files = dict.fromkeys(os.path.join(self.settings["root"], id.partition("::")[0]) for id in ids)
        if files and all(map(os.path.exists, files)):
            self.config.args[:] = list(files)

    # what is going on

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand our settings to an xdist worker; only the controller writes."""
        node.workerinput["aion_r"] = self.settings

    def pytest_sessionstart(self) -> None:
        self.log.write("session", pytest=pytest.__version__, t=time.time())
        if not self.worker:
            self.watchdog.dump_before_the_end(self.settings["stacks"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if not self.worker:
            faulthandler.cancel_dump_traceback_later()
        self.log.write("finish", status=int(exitstatus), s=time.monotonic() - self.started)

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self) -> None:
        self.watchdog.arm()  # pytest's own faulthandler plugin has just called it off

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        fields = self.describer().describe(excinfo.value, None, None)
        self.log.write("broken", id=fields.get("file", self.under_way), **fields)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        fields = self.describer().describe(excinfo.value, None, None)
        self.log.write("ended", id=self.under_way, **fields)

    def pytest_runtest_logstart(self, nodeid: str, location: Tuple[str, Optional[int], str]) -> None:
        self.under_way = self.id_of(nodeid)
        self.log.write("start", id=self.under_way, t=round(time.time(), 2), line=(location[1] or 0) + 1)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.log.write("end", id=self.id_of(nodeid))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, None]:
        with self.watchdog.watch():
            yield

    # collecting

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, None]:
        if not isinstance(collector, pytest.File):
            outcome = yield
        else:
            self.under_way = self.id_of(collector.nodeid)
            self.log.write("start", id=self.under_way, t=round(time.time(), 2))
            with self.watchdog.watch():
                outcome = yield
            self.log.write("end", id=self.under_way)
        report = outcome.get_result()
        call = getattr(report, "call", None)
        if report.failed and call is not None and call.excinfo is not None:
            path = str(getattr(collector, "path", "")) or None
            report.aion_r = self.describer().describe(_origin(call.excinfo.value), path, None)
            self._name_hang(report)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._record(report, "error", "collect", 0.0)
        elif report.skipped:
            self._record(report, "skipped", "collect", 0.0)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: List[pytest.Item]) -> None:
        """Keep the tests asked for. An id that is no test's own stands for everything below it (a file, a class)."""
        if self.settings["ids"] is None:
            return
        named = {item: self.id_of(item.nodeid) for item in items}
        wanted = set(self.settings["ids"])
        above = tuple(id + "::" for id in wanted.difference(named.values()))
        kept = [item for item in items if named[item] in wanted or (above and named[item].startswith(above))]
        if len(kept) < len(items):
            chosen = set(kept)
            config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
            items[:] = kept

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.log.write("collected", n=len(session.items))
        asked = self.config.hook.pytest_report_teststatus.get_hookimpls()
        self.usual = all(hook.function.__module__.startswith("_pytest.") for hook in asked)

    # results

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        self.compare = (op, show(left), show(right))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, None]:
        outcome = yield
        report = outcome.get_result()
        if self.watchdog.rang is not None and call.when == "call" and not report.failed:
            report.outcome, report.longrepr = "failed", hung_message(self.watchdog.rang)
        if report.failed:
            report.aion_r = self._describe(item, call.excinfo)
            self._name_hang(report)
        self.compare = None
        _shorten(report.sections)
        _shorten(getattr(item, "_report_sections", []))

    def _name_hang(self, report: Any) -> None:
        if self.watchdog.rang is not None:
            report.aion_r.update(type="timeout", message=hung_message(self.watchdog.rang))

    def _describe(self, item: pytest.Item, excinfo: Optional[pytest.ExceptionInfo[BaseException]]) -> Record:
        path, line, _ = item.reportinfo()
        place = {"file": self.describer().relative(os.fspath(path))[0], "line": None if line is None else line + 1}
        if excinfo is None:
            return {**place, "type": "xpass"}
        return {**place, **self.describer().describe(excinfo.value, str(item.path), self.compare)}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if self.worker or (report.when != "call" and type(report) is pytest.TestReport and report.passed):
            return  # a setup or teardown that passed counts nowhere: not worth asking every plugin
        if self.usual and report.passed and type(report) is pytest.TestReport and not hasattr(report, "wasxfail"):
            category = "passed"
        else:
            status = self.config.hook.pytest_report_teststatus(report=report, config=self.config)
            category = status[0] if status else report.outcome
        if category:
            self._record(report, category, report.when, report.duration)

    def _record(self, report: Any, category: str, when: str, seconds: float) -> None:
        fields: Record = {"c": category, "id": self.id_of(report.nodeid), "w": when, "s": round(seconds, 6)}
        if category in ("failed", "error") or report.failed:
            described = getattr(report, "aion_r", None) or {"file": self.id_of(report.nodeid).partition("::")[0]}
            described.setdefault("message", cap(str(report.longrepr), 8_000))
            fields.update(described, output=_output(report))
        self.log.write("report", **fields)


def _shorten(sections: List[Any]) -> None:
    """Cut overlong captured text in place; a section ends with its content."""
    for index, section in enumerate(sections):
        if len(section[-1]) > SECTION_LIMIT:
            sections[index] = (*section[:-1], cap(section[-1], SECTION_LIMIT))


def _output(report: Any) -> str:
    share = OUTPUT_LIMIT // max(1, len(report.sections))
    return "".join(f"--- {title} ---\n{cap(content, share)}\n" for title, content in report.sections)
