"""Help: every command in both languages, held against files; within 80 columns; nothing of click's own."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from chainrule.cli.app import app
from chainrule.cli.layout import WIDTH, cells
from chainrule.sentences import CATALOGUE

SNAPSHOTS = Path(__file__).parent / "snapshots"


def commands(group, path=()):
    context = click.Context(group, info_name="chainrule")
    yield path
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


ALL = list(commands(app))


def test_all_commands_are_there():
    assert {" ".join(path) for path in ALL} >= {
        "train", "evaluate", "predict", "emit", "list", "suggest", "loss", "check gradients",
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help(run, rewrite_snapshots, path, lang):
    answer = run(*path, "--help", "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    assert max(map(cells, answer.out.splitlines())) <= WIDTH
    assert "Show this message" not in answer.out
    snapshot = SNAPSHOTS / f"{'_'.join(('chainrule', *path))}.{lang}.txt"
    if rewrite_snapshots:
        snapshot.write_text(answer.out, encoding="utf-8")
    assert answer.out == snapshot.read_text(encoding="utf-8")


def test_help_is_of_the_command_wherever_it_stands(run):
    assert run("suggest", "2", "--help").out == run("suggest", "-h").out == run("suggest", "--help").out


def test_no_sentence_of_the_help_is_left_over():
    used = set()
    for path in ALL:
        group, name = app, ""
        for name in path:
            group = group.get_command(click.Context(group, info_name="chainrule"), name)
        for param in group.params:
            own = f"cli.help.{'_'.join(path).replace('-', '_')}.{param.name}"
            used.add(own if own in CATALOGUE else f"cli.help.{param.name}")
    used |= {f"cli.help.{name}" for name in ("lang", "debug", "help", "version")}
    assert {key for key in CATALOGUE if key.startswith("cli.help.")} == used
