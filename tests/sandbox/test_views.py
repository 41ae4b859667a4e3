"""What commands see in a view, and what of it reaches the user's tree: nothing."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch
from aion_r.core.errors import UsageError
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.held import World
from aion_r.tools.sandbox.overlay import OverlaySandbox
from aion_r.tools.sandbox.protocol import Command, Sandbox
from support.levels import LEVELS, opened

from .conftest import python, snapshot

RAVAGE = """
import os, shutil
open("calc.py", "w").write("ruined")
os.chmod("run.sh", 0o600); os.utime("run.sh", (1, 1))
shutil.rmtree("pkg"); os.mkdir("pkg"); open("pkg/fresh.txt", "w").write("x"); open("created.txt", "w").write("x")
print(sorted(os.listdir(".")), os.listdir("pkg"))
"""

PATCH = Patch(
    (
        Edit("calc.py", b"VALUE = 1\n", b"VALUE = 2\n"),
        Edit("run.sh", b"#!/bin/sh\necho original\n", b"#!/bin/sh\necho patched\n"),
        Edit("pkg/old.txt", b"old\n", None),
        Edit("new/deep/er.txt", None, b"new\n"),
    )
)


def test_ravage_leaves_tree_untouched(sandbox: Sandbox, project: Path, scratch: Path) -> None:
    before = snapshot(project)
    with sandbox.view(PATCH) as view:
        done = view.run(python(RAVAGE), 30)
        assert (done.returncode, done.output.decode().split("] [")[1]) == (0, "'fresh.txt']\n"), done.output
        assert b"created.txt" in view.run(Command(("ls",)), 30).output, "a view keeps what its commands wrote"
    assert snapshot(project) == before
    assert list(scratch.iterdir()) == []


def test_patch_is_visible(sandbox: Sandbox, project: Path) -> None:
    with sandbox.view(PATCH) as view:
        done = view.run(Command(("sh", "-c", "pwd; cat calc.py new/deep/er.txt; ls pkg; ./run.sh")), 30)
        expected = f"{view.root}\nVALUE = 2\nnew\npatched\n"
        assert (done.returncode, done.output.decode()) == (0, expected)
        assert view.run(Command(("pwd",), cwd="new/deep"), 30).output.decode() == f"{view.root}/new/deep\n"
    if sandbox.level == "overlay":
        assert view.root == project


def test_views_side_by_side(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as one, sandbox.view(PATCH) as two:
        outputs = [v.run(Command(("cat", "calc.py")), 30).output for v in (one, two, one)]
    assert outputs == [b"VALUE = 1\n", b"VALUE = 2\n", b"VALUE = 1\n"]


def test_view_shows_project_as_it_is_now(sandbox: Sandbox, project: Path) -> None:
    with sandbox.view(Patch()):
        pass
    (project / "calc.py").write_text("VALUE = 9\n")
    with sandbox.view(Patch()) as view:
        assert view.run(Command(("cat", "calc.py")), 30).output == b"VALUE = 9\n"


def test_out_is_shared_and_command_files_are_there(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as view:
        command = Command(
            ("sh", "-c", f"cat '{view.out}/given'; echo made > '{view.out}/made'"), files={"given": b"hello"}
        )
        assert view.run(command, 30).output == b"hello"
        assert (view.out / "made").read_text() == "made\n"


def test_missing_program_says_so(sandbox: Sandbox) -> None:
    with sandbox.view(Patch()) as view:
        done = view.run(Command(("no-such-program",)), 30)
        assert (done.returncode, done.output) == (127, b"no-such-program: No such file or directory\n")
        assert view.run(Command(("./calc.py",)), 30).returncode == 126


@pytest.mark.parametrize(
    "name", ["a b", "co:lon", "com,ma", "naïve-日本", "new\nline", "back\\slash", "'quote\"", "-dash", "%d"]
)
@pytest.mark.parametrize("level", LEVELS)
def test_odd_names(level: str, name: str, tmp_path: Path, scratch: Path) -> None:
    project = tmp_path / name
    project.mkdir()
    (project / name).write_text("1")
    with opened(project, level, scratch / name).view(Patch((Edit(name, b"1", b"2"),))) as view:
        assert view.run(python("import sys; print(open(sys.argv[1]).read(), end='')", name), 30).output == b"2"
        assert (view.root / name).name == name
    assert (project / name).read_text() == "1"


def test_symlinked_project(level: str, project: Path, scratch: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project)
    with opened(link, level, scratch).view(PATCH) as view:
        assert view.run(Command(("cat", "calc.py")), 30).output == b"VALUE = 2\n"
    assert (project / "calc.py").read_text() == "VALUE = 1\n"


def test_links_cannot_lead_a_patch_out(sandbox: Sandbox, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    (project / "door").symlink_to(outside)
    (project / "inner").symlink_to("calc.py")
    with pytest.raises(UsageError, match="door"):
        sandbox.view(Patch((Edit("door", b"mine", b"ours"),)))
    assert outside.read_text() == "mine"
    with sandbox.view(Patch((Edit("inner", b"VALUE = 1\n", b"VALUE = 3\n"),))) as view:
        assert view.run(Command(("sh", "-c", "cat calc.py; test -L inner")), 30).output == b"VALUE = 3\n"


def test_link_into_the_project_stays_in_the_view(sandbox: Sandbox, project: Path) -> None:
    (project / "absolute").symlink_to(project / "calc.py")
    with sandbox.view(Patch()) as view:
        assert view.run(Command(("sh", "-c", "echo changed > absolute; cat calc.py")), 30).output == b"changed\n"
    assert (project / "calc.py").read_text() == "VALUE = 1\n"


def test_readonly_tree(sandbox: Sandbox, project: Path) -> None:
    (project / "calc.py").chmod(0o444)
    project.chmod(0o555)
    try:
        with sandbox.view(PATCH) as view:
            assert view.run(Command(("cat", "calc.py", "new/deep/er.txt")), 30).output == b"VALUE = 2\nnew\n"
    finally:
        project.chmod(0o755)
    assert stat.S_IMODE((project / "calc.py").stat().st_mode) == 0o444


def test_modes_and_umask_are_kept(sandbox: Sandbox, project: Path) -> None:
    (project / "calc.py").chmod(0o640)
    mask = os.umask(0o027)
    try:
        with sandbox.view(PATCH) as view:
            script = "stat -c %a calc.py run.sh new/deep/er.txt; touch t; stat -c %a t; umask"
            assert view.run(Command(("sh", "-c", script)), 30).output.split() == [
                b"640",
                b"755",
                b"640",
                b"640",
                b"0027",
            ]
    finally:
        os.umask(mask)


def test_copy_links_heavy_folders_and_leaves_caches(project: Path, scratch: Path) -> None:
    for name in ("node_modules", "env", "__pycache__", "target", ".git"):
        (project / name).mkdir()
        (project / name / "content").write_text(name)
    (project / "env" / "pyvenv.cfg").write_text("")
    (project / "Cargo.toml").write_text("")
    with opened(project, "copy", scratch).view(Patch()) as view:
        links = {p.name for p in view.root.iterdir() if p.is_symlink()}
        names = {p.name for p in view.root.iterdir()}
        assert (view.root / "node_modules" / "content").readlink() == project / "node_modules" / "content"
    assert links == {"env"}
    assert names == {"node_modules", "env", "Cargo.toml", "calc.py", "pkg", "run.sh"}


def test_packages_in_a_copy(project: Path, scratch: Path, tmp_path: Path) -> None:
    packages = project / "node_modules"
    for name in ("plain", ".pnpm/linked@1", "@scope/scoped", ".vite-temp", "../packages/own", "../packages/mine"):
        (packages / name).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (packages / "linked").symlink_to(".pnpm/linked@1")
    (packages / "own").symlink_to("../packages/own")
    (packages / "@scope" / "mine").symlink_to("../../packages/mine")
    (packages / "outside").symlink_to("../../elsewhere")
    with opened(project, "copy", scratch).view(Patch()) as view:
        copied = view.root / "node_modules"
        (copied / ".vite-temp").mkdir()
        (copied / ".vite-temp" / "config.mjs").write_text("written by a tool")
        found = {name: (copied / name).resolve() for name in ("plain", "linked", "own", "outside")}
        found |= {name: (copied / "@scope" / name).resolve() for name in ("scoped", "mine")}
        here = view.root / "packages"
        assert found == {
            "plain": packages / "plain",
            "linked": packages / ".pnpm" / "linked@1",
            "scoped": packages / "@scope" / "scoped",
            "own": here / "own",
            "mine": here / "mine",
            "outside": tmp_path / "elsewhere",
        }, "packages are where they were, but those of the project itself are the copy's"
    assert list((packages / ".vite-temp").iterdir()) == []


def test_copy_comes_first_where_the_original_is_installed_editable(project: Path, scratch: Path) -> None:
    (project / "src").mkdir()
    packages = project / ".venv" / "lib" / "python3.11" / "site-packages"
    sandbox = opened(project, "copy", scratch)
    with sandbox.view(Patch()) as view:
        assert str(view.root) not in view.run(Command(("sh", "-c", "echo $PYTHONPATH")), 30).output.decode()
    packages.mkdir(parents=True)
    (packages / "__editable__.it.pth").write_text(str(project / "src"))
    with sandbox.view(Patch()) as view:
        found = view.run(Command(("sh", "-c", "echo $PYTHONPATH")), 30).output.decode().strip().split(":")
        assert found[:2] == [str(view.root / "src"), str(view.root)]


def test_overlay_copies_nothing(overlay: Sandbox, project: Path, scratch: Path) -> None:
    for number in range(2000):
        (project / f"f{number}").write_text("x")
    with overlay.view(PATCH) as view:
        assert int(view.run(Command(("sh", "-c", "ls | wc -l")), 30).output) == 2004
        assert sum(len(files) for _, _, files in os.walk(scratch)) < 5


def test_system_is_readonly_and_home_is_forgotten(overlay: Sandbox) -> None:
    home = Path(os.environ["HOME"])
    (home / "known").write_text("known")
    attempt = "import sys\ntry: open(sys.argv[1], 'w')\nexcept OSError as e: print(e.errno)"
    script = 'cat "$HOME/known" || echo more > "$HOME/cache"; cat "$HOME/cache"'
    with overlay.view(Patch()) as view:
        assert view.run(python(attempt, "/usr/planted"), 30).output == b"30\n"
        assert view.run(Command(("sh", "-c", script)), 30).output.endswith(b"No such file or directory\nmore\n")
    assert not Path("/usr/planted").exists()
    assert [p.name for p in home.iterdir()] == ["known"]


def test_private_temporary_folder(project: Path, scratch: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.move(project, folder)
        _look_around(Path(folder), opened(Path(folder, project.name), "overlay", scratch))


def _look_around(above: Path, overlay: Sandbox) -> None:
    sibling = above / "sibling"
    sibling.mkdir()
    (sibling / "f").write_text("seen")
    script = f"cat calc.py '{sibling}/f'; touch '{sibling}/x' || touch ok"
    with overlay.view(Patch()) as view:
        hidden = view.run(Command(("cat", str(sibling / "f"))), 30)
        shown = view.run(Command(("cat", str(sibling / "f")), readable=[sibling]), 30)
        both = view.run(Command(("sh", "-c", script), readable=[above]), 30)
        view.run(Command(("sh", "-c", "echo x > /tmp/left-behind")), 30)
    assert (hidden.returncode, shown.output) == (1, b"seen")
    assert both.output.startswith(b"VALUE = 1\nseen")
    assert not (sibling / "x").exists()
    assert not Path("/tmp/left-behind").exists()


def test_full_disk_is_the_commands_problem(overlay: Sandbox, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aion_r.tools.sandbox.overlay._tmpfs_bytes", lambda: 8 << 20)
    bomb = "while True: open('bomb', 'ab').write(b'x' * (1 << 20))"
    with overlay.view(Patch()) as view:
        assert b"No space left on device" in view.run(python(bomb), 30).output
        assert not (project / "bomb").exists()


def test_upper_layer_on_disk(overlay: Sandbox, project: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What kernels before 6.6 need: their tmpfs cannot hold what an overlay writes down about a folder made anew.
    world = OverlaySandbox._world

    def on_disk(self: OverlaySandbox, folder: Path) -> World:
        made = world(self, folder)
        return replace(made, config={**made.config, "upper_on_disk": True})

    monkeypatch.setattr(OverlaySandbox, "_world", on_disk)
    before = snapshot(project)
    with overlay.view(PATCH) as view:
        assert view.run(python(RAVAGE), 30).output.endswith(b"['fresh.txt']\n")
        assert list(scratch.glob("view-*/disk/project/u/created.txt"))
    assert snapshot(project) == before
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("level", [one for one in LEVELS if one != "copy"])
def test_no_level_depends_on_what_path_holds(
    level: str, project: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aion_r.tools.sandbox.landlock._refusals", {})
    monkeypatch.setattr("aion_r.tools.sandbox.overlay._refusals", {})
    monkeypatch.setenv("PATH", str(project))
    assert opened(project, level, scratch).level == level


def test_refusals(project: Path, scratch: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        open_sandbox(tmp_path / "nowhere", scratch=scratch)
    with pytest.raises(UsageError, match="root of a file system"):
        open_sandbox(Path("/"), scratch=scratch)
    for level in ("copy", "none"):
        with pytest.raises(UsageError, match=f"refuses --sandbox {level}"):
            open_sandbox(project, level, require=True, scratch=scratch)  # type: ignore[arg-type]


def test_machine_without_namespaces(project: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What unshare says where user namespaces are forbidden, said for it here.
    monkeypatch.setattr("aion_r.tools.sandbox.ladder.overlay_refusal", lambda *_: "unshare: Operation not permitted")
    monkeypatch.setattr("aion_r.tools.sandbox.ladder.landlock_refusal", lambda *_: "this kernel has no Landlock")
    assert open_sandbox(project, scratch=scratch).level == "copy"
    assert open_sandbox(project, "none", scratch=scratch).level == "none"
    for asked in ({"level": "overlay"}, {"require": True}):
        with pytest.raises(UsageError, match=r"Operation not permitted.*or choose --sandbox copy"):
            open_sandbox(project, scratch=scratch, **asked)  # type: ignore[arg-type]
