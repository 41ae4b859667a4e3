"""Further places that the user lets tests read: shown, not writable, and nobody else's to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aion_r.core.domain import Patch
from aion_r.core.errors import UsageError
from aion_r.core.settings import Environment, Source, load_settings
from aion_r.tools.sandbox import open_sandbox
from support.command_line import CommandLine
from support.levels import opened
from support.projects import write

from .conftest import python

LOOK = """
import json, sys
from pathlib import Path
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = Path(name).read_text()
    except OSError as error:
        found[name] = type(error).__name__
    try:
        Path(name).write_text("planted")
    except OSError:
        pass
print(json.dumps(found))
"""


@pytest.fixture
def home(project: Path) -> Path:
    return write(
        Path.home(),
        {"data/set/prices.csv": "7\n", "data/other.csv": "8\n", ".config/shop/rates.ini": "19\n", ".netrc": "secret\n"},
    )


@pytest.mark.parametrize("level", ["overlay", "landlock"])
def test_folders_files_and_links(project: Path, home: Path, scratch: Path, level: str) -> None:
    (home / "current").symlink_to(home / "data" / "set")
    shown = [home / "current", home / ".config/shop/rates.ini"]
    looked = [home / name for name in ("current/prices.csv", "data/set/prices.csv", ".config/shop/rates.ini")]
    hidden = [home / name for name in ("data/other.csv", ".netrc")]
    sandbox = opened(project, level, scratch, readable=shown)
    with sandbox.view(Patch()) as view:
        done = view.run(python(LOOK, *looked, *hidden), 30)
    found = json.loads(done.output)
    assert [found[str(file)] for file in looked] == ["7\n", "7\n", "19\n"], "read"
    assert all(found[str(file)].endswith("Error") for file in hidden), "and nothing else of the home folder"
    assert [file.read_text() for file in looked] == ["7\n", "7\n", "19\n"], "not written"


@pytest.mark.parametrize("name", [".", "..", ".config", "aion", "aion/runs"])
def test_what_holds_the_rest_is_refused(project: Path, home: Path, scratch: Path, name: str) -> None:
    (home / "aion" / "runs").mkdir(parents=True)
    with pytest.raises(UsageError, match="would show more than tests may see"):
        open_sandbox(project, scratch=scratch, readable=[home / name], hidden=[home / "aion"])


def test_where_it_may_come_from(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two words"
    one.mkdir()
    two.mkdir()
    environment = Environment((Source("environment", {"AION_R_READABLE": f"{one}:{two}"}),))
    assert load_settings(environment=environment).readable == (one, two)
    assert load_settings(environment=environment, readable=[str(two)]).readable == (two,)
    for wrong in ("none/of/mine", str(tmp_path / "gone")):
        with pytest.raises(UsageError, match="give absolute paths"):
            load_settings(environment=environment, readable=[wrong])


def test_on_the_command_line(tmp_path: Path) -> None:
    home = write(tmp_path / "home", {"data/prices.csv": "7\n"})
    test = f"def test_it():\n    assert open('{home}/data/prices.csv').read() == '7\\n'\n"
    project = write(home / "project", {"test_it.py": test})
    line = CommandLine(home, project, {"AION_R_HOME": str(home / "aion")})
    assert line.call("test", "--sandbox", "overlay").returncode == 1
    assert line.call("test", "--sandbox", "overlay", "--readable", str(home / "data")).returncode == 0
    line.variables["AION_R_READABLE"] = str(home / "data")
    assert line.call("test", "--sandbox", "overlay").returncode == 0
