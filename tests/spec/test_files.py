"""Finding and reading files: nothing outside the project, plain files alone."""

import os
from pathlib import Path

import pytest

from reconciler.errors import InvalidInput
from reconciler.spec import files
from reconciler.spec.files import list_specs, read_file
from reconciler.spec.limits import FILE_BYTES_MAX


def refused(root: Path, relative: str) -> list[str]:
    """Return the codes with which a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        read_file(root, relative)
    return [problem.code for problem in caught.value.diagnostics]


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1")

    assert b"a: 1" == read_file(tmp_path, "a.yaml")


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_file(tmp_path, "a.yaml") is None


def test_a_missing_folder_is_none(tmp_path: Path) -> None:
    assert read_file(tmp_path, "specs/a.yaml") is None


@pytest.mark.parametrize("target", ["inside.yaml", "/etc/passwd", "/dev/zero", "nowhere"])
def test_a_link_is_refused_wherever_it_leads(tmp_path: Path, target: str) -> None:
    (tmp_path / "inside.yaml").write_bytes(b"a: 1")
    (tmp_path / "a.yaml").symlink_to(target)

    assert ["not-a-plain-file"] == refused(tmp_path, "a.yaml")


def test_a_link_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_bytes(b"a: 1")
    (tmp_path / "specs").symlink_to("real")

    assert ["not-a-plain-file"] == refused(tmp_path, "specs/a.yaml")


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")

    assert ["not-a-plain-file"] == refused(tmp_path, "a.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()

    assert ["not-a-plain-file"] == refused(tmp_path, "a.yaml")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.yaml")

        assert ["not-a-plain-file"] == refused(tmp_path, "a.yaml")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)

    assert ["file-too-large"] == refused(tmp_path, "a.yaml")


def test_what_the_system_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbidden)

    assert ["unreadable-file"] == refused(tmp_path, "a.yaml")
    assert ["unreadable-file"] == [p.code for p in list_specs(tmp_path, "specs")[1]]


def test_specs_are_found_in_folders_sorted(tmp_path: Path) -> None:
    for name in ("z.yaml", "a/b/c.yml", "a/B.YAML", ".hidden.yaml", ".git/x.yaml", "README.md"):
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    paths, problems = list_specs(tmp_path, "specs")

    assert ("specs/a/B.YAML", "specs/a/b/c.yml", "specs/z.yaml") == tuple(paths)
    assert [] == problems


def test_no_folder_has_no_specs(tmp_path: Path) -> None:
    assert ([], []) == list_specs(tmp_path, "specs")


def test_links_and_pipes_among_specs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.yaml").symlink_to("/etc/passwd")
    (tmp_path / "specs" / "b").symlink_to("/etc")
    os.mkfifo(tmp_path / "specs" / "c.yaml")

    found = [(p.code, p.where) for p in list_specs(tmp_path, "specs")[1]]
    expected = [("not-a-plain-file", f"specs/{name}") for name in ("a.yaml", "b", "c.yaml")]
    assert expected == sorted(found)


def test_a_linked_specs_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "specs").symlink_to("real")

    assert ["not-a-plain-file"] == [p.code for p in list_specs(tmp_path, "specs")[1]]


def test_folders_have_a_limit_of_depth(tmp_path: Path) -> None:
    deep = tmp_path / "specs" / "/".join("abcdefghij")
    deep.mkdir(parents=True)
    (deep / "a.yaml").touch()

    assert ["too-deep"] == [p.code for p in list_specs(tmp_path, "specs")[1]]


def test_the_number_of_files_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_MAX", 2)
    (tmp_path / "specs").mkdir()
    for name in "abc":
        (tmp_path / "specs" / f"{name}.yaml").touch()

    assert ["too-many-files"] == [p.code for p in list_specs(tmp_path, "specs")[1]]
