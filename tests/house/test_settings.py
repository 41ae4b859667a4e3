"""What the files of a project under repair may set, and what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from aion_r.core.errors import UsageError
from aion_r.core.settings import load_settings, read_environment

FILES = {
    ".env": 'AION_R_{upper}="{value}"\n',
    "aion-r.toml": '{name} = "{value}"\n',
    "pyproject.toml": '[tool.aion-r]\n{dashed} = "{value}"\n',
}
OPENING = {
    "sandbox": ("none", "copy"),
    "allow_network": ("true", "1", "yes"),
    "allow_test_edits": ("on",),
    "readable": ("/etc",),
    "system_prompt": ("/etc/passwd", "../secret.txt"),
}
CLOSING = {
    "sandbox": ("overlay", "landlock", "auto"),
    "allow_network": ("false",),
    "allow_test_edits": ("0",),
    "system_prompt": ("prompts/mine.md",),
}


def project_with(folder: Path, file: str, name: str, value: str) -> Path:
    text = FILES[file].format(name=name, upper=name.upper(), dashed=name.replace("_", "-"), value=value)
    (folder / file).write_text(text)
    return folder


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in OPENING.items() for value in values])
def test_no_file_of_a_project_opens_what_is_closed(tmp_path: Path, file: str, name: str, value: str) -> None:
    project = project_with(tmp_path, file, name, value)
    with pytest.raises(UsageError, match=f"AION_R_{name.upper()} in the environment"):
        load_settings(project, read_environment(project, environ={}))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CLOSING.items() for value in values])
def test_it_may_close_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str, value: str) -> None:
    monkeypatch.chdir(tmp_path)
    project = project_with(tmp_path, file, name, value)
    settings = load_settings(project, read_environment(project, environ={}))
    assert str(getattr(settings, name)).lower() in (value, str(value not in ("0", "false")).lower())


@pytest.mark.parametrize(("name", "value"), [(name, values[0]) for name, values in OPENING.items()])
def test_the_user_may(tmp_path: Path, name: str, value: str) -> None:
    environment = read_environment(tmp_path, environ={f"AION_R_{name.upper()}": value})
    assert getattr(load_settings(tmp_path, environment), name)


@pytest.mark.parametrize("file", FILES)
def test_no_link_leads_a_prompt_out_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret").write_text("mine")
    (project / "prompt.md").symlink_to(tmp_path / "secret")
    project_with(project, file, "system_prompt", "prompt.md")
    monkeypatch.chdir(project)
    with pytest.raises(UsageError, match="AION_R_SYSTEM_PROMPT in the environment"):
        load_settings(project, read_environment(project, environ={}))
