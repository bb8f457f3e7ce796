"""The commands, and how their arguments are read.

click declares and converts parameters. Reading the arguments, help and messages are done here, so that a
value may start with a minus, and every sentence is the project's own, in both languages.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import click

from chainrule import __version__
from chainrule.catalog.registry import unknown
from chainrule.cli.layout import entries, paragraph, show
from chainrule.errors import UsageError, shown
from chainrule.sentences import CATALOGUE, say

HELP = ("--help", "-h")
EVERYWHERE = ("--lang en|zh", "--debug", "--help")


class Command(click.Command):
    """A command. Its help is made of sentences: cli.about.NAME, and cli.help.NAME.PARAMETER or, for what
    means the same in several commands, cli.help.PARAMETER."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if _asks_for_help(args):
            show(self.get_help(ctx))
            ctx.exit()
        options, values = self._sorted(args)
        places = [p for p in self.params if isinstance(p, click.Argument)]
        for place, value in zip(places, values, strict=False):
            if not value.strip():
                raise UsageError("cli.empty", name=_shown(place), command=ctx.command_path)
        for place in places[len(values) :]:
            if place.required:
                raise UsageError("cli.missing", name=_shown(place), command=ctx.command_path)
        if len(values) > len(places) and all(p.nargs == 1 for p in places):
            raise UsageError("cli.too_many", found=shown(values[len(places)]), command=ctx.command_path)
        return super().parse_args(ctx, [*options, "--", *values])

    def _sorted(self, args: list[str]) -> tuple[list[str], list[str]]:
        """Options, each with its value behind an equals sign, and all other values.

        What starts with one minus is a value; what starts with two is an option.
        """
        known = {name: p for p in self.params if isinstance(p, click.Option) for name in p.opts}
        options: list[str] = []
        values: list[str] = []
        rest = iter(args)
        for arg in rest:
            name, equals, _ = arg.partition("=")
            if arg == "--":
                values += rest
            elif name in known and known[name].is_flag:
                if equals:
                    raise UsageError("cli.no_value_wanted", name=name)
                options.append(arg)
            elif name in known:
                if not equals:
                    value = next(rest, "--")
                    if value.startswith("--"):
                        raise UsageError("cli.no_value", name=name)
                    arg = f"{name}={value}"
                if not arg.partition("=")[2].strip():
                    raise UsageError("cli.no_value", name=name)
                options.append(arg)
            elif arg.startswith("--"):
                raise unknown("option", name, [*known, "--lang", "--debug", "--help"])
            else:
                values.append(arg)
        return options, values

    def get_help(self, ctx: click.Context) -> str:
        key = ctx.command_path.removeprefix("chainrule ").replace(" ", "_").replace("-", "_")
        arguments = [p for p in self.params if isinstance(p, click.Argument)]
        options = [p for p in self.params if isinstance(p, click.Option)]
        places = "".join(f" {_shown(p)}" if p.required else f" [{_shown(p)}]" for p in arguments)
        parts = [
            say("cli.usage", usage=f"{ctx.command_path}{places} [{say('cli.options').lower()}]"),
            *map(paragraph, say(f"cli.about.{key}").split("\n")),
        ]
        for title, params in (("cli.arguments", arguments), ("cli.options", options)):
            if params:
                rows = [(_shown(p), [_help(key, p)]) for p in params]
                parts.append(_titled(title, rows))
        return "\n\n".join([*parts, _everywhere()])


class Group(click.Group):
    """Commands that are loaded when they are asked for: from a name to `module:attribute`."""

    def __init__(self, name: str, lazy: dict[str, str]) -> None:
        super().__init__(name, add_help_option=False, no_args_is_help=False)
        self.lazy = lazy

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] in HELP:
            show(self.get_help(ctx))
            ctx.exit()
        if args[0] == "--version" and ctx.parent is None:
            show(f"chainrule {__version__}")
            ctx.exit()
        if args[0].startswith("-"):
            raise unknown("option", args[0], ["--version", "--lang", "--debug", "--help"])
        if args[0] not in self.lazy:
            raise unknown("command", args[0], list(self.lazy))
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, attribute = self.lazy[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def get_help(self, ctx: click.Context) -> str:
        path = ctx.command_path.removeprefix("chainrule").strip()
        first = "cli.about" if ctx.parent is None else f"cli.about.{path}"
        keys = {name: f"{path}_{name}".lstrip("_").replace("-", "_") for name in self.lazy}
        rows = [(name, [say(f"cli.about.{key}").partition("\n")[0]]) for name, key in keys.items()]
        parts = [
            say("cli.usage", usage=f"{ctx.command_path} {say('cli.command')} …"),
            *map(paragraph, say(first).split("\n")),
            _titled("cli.commands", rows),
            _everywhere(version=ctx.parent is None),
        ]
        return "\n\n".join(parts)


def _asks_for_help(args: list[str]) -> bool:
    before = args[: args.index("--")] if "--" in args else args
    return any(arg in HELP for arg in before)


def _shown(param: click.Parameter) -> str:
    """What a parameter looks like in help and messages."""
    if isinstance(param, click.Option):
        name = param.opts[0]
        return name if param.is_flag else f"{name} {say(f'cli.metavar.{param.metavar}')}"
    return say(f"cli.metavar.{param.name}")


def _help(command: str, param: click.Parameter) -> str:
    own = f"cli.help.{command}.{param.name}"
    return say(own if own in CATALOGUE else f"cli.help.{param.name}")


def _everywhere(*, version: bool = False) -> str:
    rows = [(name, [say(f"cli.help.{name.split()[0].lstrip('-')}")]) for name in EVERYWHERE]
    if version:
        rows.append(("--version", [say("cli.help.version")]))
    return _titled("cli.everywhere", rows)


def _titled(title: str, rows: list[tuple[str, list[str]]]) -> str:
    return f"{say('cli.titled', title=say(title))}\n{entries(rows)}"


def required(value: str | None, option: str) -> str:
    """The value of an option that must be given. Raises UsageError."""
    if value is None:
        raise UsageError(
            "cli.missing_option", option=option, command=click.get_current_context().command_path
        )
    return value


def command(function: Callable[..., int | None]) -> Command:
    """A function with its `argument`s and `option`s as a command, named after the function."""
    return click.command(cls=Command, add_help_option=False)(function)


app = Group(
    "chainrule",
    {
        name: f"chainrule.cli.{name}:{name}"
        for name in (
            "train",
            "evaluate",
            "predict",
            "derive",
            "trace",
            "emit",
            "suggest",
            "loss",
            "bench",
            "runs",
        )
    }
    | {"find-rate": "chainrule.cli.find_rate:find_rate"}
    | {"list": "chainrule.cli.listing:catalogues", "check": "chainrule.cli.check:check"},
)
