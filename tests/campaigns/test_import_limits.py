"""A file is read by a process of its own, with limits and without secrets."""

import os
import subprocess
import sys
import time

import pytest

from campaigns.errors import UnreadableFile
from campaigns.imports import limited
from campaigns.imports.tables import Line

LIMIT = str(1024 * 1024 * 1024)


def read(content):
    with limited.open_table([content]) as table:
        return list(table.lines), table.facts


def test_lines_and_facts_come_as_they_are_read():
    lines, facts = read('Name;Note\n"Zoé ""Z"" Müller";"two\nlines"\n'.encode("cp1252"))
    assert lines[1] == Line(2, ['Zoé "Z" Müller', "two\nlines"])
    assert facts["encoding"] == "cp1252"


def test_a_refusal_comes_in_its_own_words():
    with pytest.raises(UnreadableFile, match="This is not a table"):
        read(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("limit", "most", "content"),
    [
        # Less than an interpreter needs; and a file that takes longer than no time.
        ("MOST_MEMORY", 1024 * 1024, b"name\nAnn\n"),
        ("MOST_SECONDS", 0, b"name,note\n" + b"Ann,x\n" * 2_000_000),
    ],
)
def test_what_takes_too_much_is_refused(monkeypatch, caplog, limit, most, content):
    monkeypatch.setattr(limited, limit, most)
    with pytest.raises(UnreadableFile, match="too much memory or time"):
        read(content)
    assert "hit a limit" in caplog.text


def test_a_fault_of_a_reader_is_told_without_a_word_of_the_file(monkeypatch, caplog):
    class Broken(subprocess.Popen):
        """Stands for a reader with a fault: it ends with what the child says of one."""

        def __init__(self, _command, **options):
            fault = "raise SystemExit(child.main())"
            code = (
                "from campaigns.imports import child, opening\n"
                "opening.open_table = lambda file: int(file.read())\n"
            )
            super().__init__([sys.executable, "-c", code + fault, LIMIT, "60"], **options)

    monkeypatch.setattr(limited.subprocess, "Popen", Broken)
    with pytest.raises(UnreadableFile, match="could not be read to its end"):
        read(b"name\nann@example.com\n")
    assert "ValueError at" in caplog.text
    assert "ann@" not in caplog.text


def test_it_has_no_secrets_and_does_not_outlive_who_asked(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "t0p-s3cret")
    started = []
    popen = subprocess.Popen

    def note(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        return started[0]

    monkeypatch.setattr(limited.subprocess, "Popen", note)
    with limited.open_table([b"name\n" + b"Ann\n" * 500_000]) as table:
        assert next(table.lines) == Line(1, ["name"])
        with open(f"/proc/{started[0].pid}/environ") as environment:
            assert "s3cret" not in environment.read()
    assert started[0].returncode is not None
    time.sleep(0.01)
    assert not os.path.exists(f"/proc/{started[0].pid}")
