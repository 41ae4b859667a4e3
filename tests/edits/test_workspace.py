"""Writing back: one transaction, checked against what was read, undone byte for byte."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import AionError, Conflict, Forbidden
from aion_r.tools.edits.diff import diff_bytes
from aion_r.tools.workspace import Workspace, write_patch_file

BEFORE = {"a.py": b"a = 1\r\n", "sub/b.py": b"b = 1", "gone.py": b"g\n"}
PATCH = Patch(
    (
        Edit("a.py", b"a = 1\r\n", b"a = 2\r\n"),
        Edit("sub/b.py", b"b = 1", b"b = 2"),
        Edit("gone.py", b"g\n", None),
        Edit("new/deep/n.py", None, b"n\n"),
    )
)
AFTER = {"a.py": b"a = 2\r\n", "sub/b.py": b"b = 2", "new/deep/n.py": b"n\n"}


def snapshot(root: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """Every entry of the tree with its mode and content."""
    found: dict[str, tuple[int, bytes | str | None]] = {}
    for entry in sorted(root.rglob("*")):
        content = str(entry.readlink()) if entry.is_symlink() else entry.read_bytes() if entry.is_file() else None
        found[entry.relative_to(root).as_posix()] = (stat.S_IMODE(entry.lstat().st_mode), content)
    return found


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for path, data in BEFORE.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(data)
    (project / "a.py").chmod(0o751)
    (project / "gone.py").chmod(0o640)
    return project


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "journal"


def test_written_whole_and_undone_byte_for_byte(root: Path, journal: Path) -> None:
    workspace, before = Workspace(root), snapshot(root)
    done = workspace.write_back(PATCH, journal)
    assert done.written == ("a.py", "gone.py", "new/deep/n.py", "sub/b.py")
    assert contents(root) == AFTER
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o751
    assert workspace.undo(journal) == done.written
    assert snapshot(root) == before
    assert workspace.undo(journal) == ()
    assert workspace.write_back(PATCH, journal).written == done.written
    assert contents(root) == AFTER


def test_a_run_resumed_after_its_write_back_finds_it_done(root: Path, journal: Path) -> None:
    workspace = Workspace(root)
    first = workspace.write_back(PATCH, journal)
    assert workspace.write_back(PATCH, journal) == first


def test_a_patch_can_be_undone_without_its_journal(root: Path, journal: Path) -> None:
    workspace = Workspace(root)
    workspace.write_back(PATCH, journal)
    workspace.undo(PATCH, journal.with_name("second"))
    assert contents(root) == BEFORE


@pytest.mark.parametrize("path", ["a.py", "gone.py", "new/deep/n.py"])
def test_a_file_changed_meanwhile_stops_everything(root: Path, journal: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(b"the user was here\n")
    before = snapshot(root)
    with pytest.raises(Conflict, match=path):
        Workspace(root).write_back(PATCH, journal)
    assert snapshot(root) == before
    assert not journal.exists()


def test_all_files_changed_meanwhile_are_named(root: Path, journal: Path) -> None:
    (root / "a.py").write_bytes(b"the user was here\n")
    (root / "gone.py").write_bytes(b"and here\n")
    with pytest.raises(Conflict, match=r"a\.py, gone\.py"):
        Workspace(root).write_back(PATCH, journal)


def test_a_file_changed_in_the_last_instant_stops_everything(
    root: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_replace = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name == "a.py":
            (root / "sub/b.py").write_bytes(b"the user was here\n")
        return real_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(Conflict, match=r"sub/b\.py"):
        Workspace(root).write_back(PATCH, journal)
    assert contents(root) == BEFORE | {"sub/b.py": b"the user was here\n"}
    assert not journal.exists()


def test_undo_refuses_when_the_user_has_edited_since(root: Path, journal: Path) -> None:
    workspace = Workspace(root)
    workspace.write_back(PATCH, journal)
    (root / "sub/b.py").write_bytes(b"b = 3")
    before = snapshot(root)
    with pytest.raises(Conflict, match=r"sub/b\.py"):
        workspace.undo(journal)
    assert snapshot(root) == before


def test_undo_keeps_a_folder_that_the_user_has_filled(root: Path, journal: Path) -> None:
    workspace = Workspace(root)
    workspace.write_back(PATCH, journal)
    (root / "new/mine.py").write_bytes(b"m\n")
    workspace.undo(journal)
    assert contents(root) == BEFORE | {"new/mine.py": b"m\n"}
    assert not (root / "new/deep").exists()


def test_nothing_to_undo_is_told(root: Path, journal: Path) -> None:
    with pytest.raises(AionError, match="nothing to undo"):
        Workspace(root).undo(journal)
    journal.parent.mkdir()
    journal.write_bytes(b"{broken")
    with pytest.raises(AionError, match="damaged"):
        Workspace(root).undo(journal)


def test_locked_files_get_suggestions_beside_them(root: Path, journal: Path) -> None:
    workspace, before = Workspace(root), snapshot(root)
    (root / "a.py.aion-r-suggestion").write_bytes(b"an older one\n")
    done = workspace.write_back(PATCH, journal, lambda path: path in ("a.py", "gone.py"))
    assert done.suggestions == ("a.py.aion-r-suggestion-2", "gone.py.aion-r-suggestion")
    assert done.written == ("new/deep/n.py", "sub/b.py")
    assert (root / "a.py").read_bytes() == BEFORE["a.py"]
    assert (root / "a.py.aion-r-suggestion").read_bytes() == b"an older one\n"
    assert (root / "a.py.aion-r-suggestion-2").read_bytes() == AFTER["a.py"]
    assert b"deleted file" in (root / "gone.py.aion-r-suggestion").read_bytes()
    workspace.undo(journal)
    (root / "a.py.aion-r-suggestion").unlink()
    assert snapshot(root) == before


def test_symlinks_stay_and_their_files_are_written(root: Path, journal: Path) -> None:
    (root / "link.py").symlink_to("sub/b.py")
    workspace = Workspace(root)
    assert workspace.read("link.py") == b"b = 1"
    done = workspace.write_back(Patch((Edit("link.py", b"b = 1", b"b = 9"),)), journal)
    assert done.written == ("sub/b.py",)
    assert (root / "link.py").is_symlink()
    assert (root / "sub/b.py").read_bytes() == b"b = 9"


def test_nothing_is_read_or_written_outside(root: Path, journal: Path) -> None:
    (root.parent / "secret").write_bytes(b"s")
    (root / "out").symlink_to(root.parent)
    workspace = Workspace(root)
    for path in ("out/secret", "../secret", str(root.parent / "secret")):
        with pytest.raises(Forbidden):
            workspace.read(path)
        with pytest.raises(Forbidden):
            workspace.write_back(Patch((Edit(path, b"s", b"t"),)), journal)
    assert (root.parent / "secret").read_bytes() == b"s"


def test_reading_with_a_patch_on_top(root: Path) -> None:
    workspace = Workspace(root)
    os.mkfifo(root / "pipe")
    assert workspace.read("a.py") == BEFORE["a.py"]
    assert workspace.read("a.py", PATCH) == AFTER["a.py"]
    assert workspace.read("gone.py", PATCH) is None
    assert workspace.read("none.py") is workspace.read("sub") is workspace.read("pipe") is None


def test_a_renamed_file_keeps_its_mode(root: Path, journal: Path) -> None:
    patch = Patch((Edit("a.py", BEFORE["a.py"], None), Edit("moved.py", None, BEFORE["a.py"])))
    Workspace(root).write_back(patch, journal)
    assert stat.S_IMODE((root / "moved.py").stat().st_mode) == 0o751


def test_a_hard_link_elsewhere_is_not_written(root: Path, journal: Path) -> None:
    other = root.parent / "other.py"
    os.link(root / "a.py", other)
    Workspace(root).write_back(PATCH, journal)
    assert other.read_bytes() == BEFORE["a.py"]


def test_a_patch_file_is_the_diff(tmp_path: Path) -> None:
    write_patch_file(tmp_path / "x.patch", PATCH)
    assert (tmp_path / "x.patch").read_bytes() == diff_bytes(PATCH)
    with pytest.raises(AionError, match="cannot be written"):
        write_patch_file(tmp_path / "none" / "x.patch", PATCH)


DRIVER = """
import sys
from pathlib import Path
from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import AionError
from aion_r.tools.workspace import Workspace
root, journal, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
patch = Patch((Edit("a.py", b"1", b"2"), Edit("b.py", b"1", b"2" * size), Edit("n/c.py", None, b"3")))
try:
    Workspace(root).write_back(patch, journal)
except AionError as error:
    print(type(error).__name__, error)
"""


def _in_a_mount(tmp_path: Path, options: str, size: int, remount: str = "true") -> tuple[str, str]:
    """Write back onto a small file system of our own; returns what was said, and the tree afterwards."""
    mount, script = tmp_path / "mount", tmp_path / "driver.py"
    mount.mkdir()
    script.write_text(DRIVER)
    steps = f"""
        mount -t tmpfs -o {options} tmpfs {mount} && mkdir {mount}/p
        printf 1 > {mount}/p/a.py && printf 1 > {mount}/p/b.py
        {remount}
        {sys.executable} {script} {mount}/p {tmp_path}/journal {size}
        echo ==; cd {mount}/p && grep -r . . | sort; find . -type d
    """
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", steps], capture_output=True, text=True, timeout=60)
    assert "==" in done.stdout, done.stderr
    said, _, tree = done.stdout.partition("==\n")
    return said, tree


def test_a_full_disk_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    said, tree = _in_a_mount(tmp_path, "size=64k", 200_000)
    assert said.startswith("AionError")
    assert "No space left" in said
    assert tree.split() == ["./a.py:1", "./b.py:1", "."]
    assert not (tmp_path / "journal").exists()


def test_a_read_only_tree_is_a_usage_error(tmp_path: Path) -> None:
    said, tree = _in_a_mount(tmp_path, "size=64k", 1, f"mount -o remount,ro {tmp_path}/mount")
    assert said.startswith("UsageError a.py cannot be written")
    assert tree.split() == ["./a.py:1", "./b.py:1", "."]


def test_a_journal_that_cannot_be_written_stops_everything(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = snapshot(root)
    with pytest.raises(AionError, match="nothing was changed"):
        Workspace(root).write_back(PATCH, tmp_path / "file" / "journal")
    assert snapshot(root) == before


@pytest.mark.parametrize("call", range(24))
def test_an_error_at_any_step_puts_everything_back(
    root: Path, journal: Path, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, seen, os_unlink = snapshot(root), [0], os.unlink

    def failing(real):  # type: ignore[no-untyped-def]
        def function(*args, **kwargs):  # type: ignore[no-untyped-def]
            if real is os_unlink and not os.path.lexists(args[0]):
                return real(*args, **kwargs)  # it looks for left-overs
            seen[0] += 1
            if seen[0] == call + 1:
                raise OSError(5, "Input/output error")
            return real(*args, **kwargs)

        return function

    with monkeypatch.context() as patched:
        for name in ("fsync", "replace", "unlink"):
            patched.setattr(os, name, failing(getattr(os, name)))
        failed = None
        try:
            Workspace(root).write_back(PATCH, journal)
        except AionError as error:
            failed = error
    if failed is None:
        assert seen[0] <= call, "the error was swallowed"
        assert contents(root) == AFTER
    else:
        assert snapshot(root) == before
        assert "nothing was changed" in str(failed) or "as it was" in str(failed)
