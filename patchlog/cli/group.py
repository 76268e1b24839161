"""Groups of commands that import a command when it is called, and give each its settings as `ctx.obj`."""

import os
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from patchlog.configuration import load_settings

PARTS = ("ingest", "projector", "api")
GIVEN = "patchlog.given"


class Commands(click.Group):
    """A group whose commands are "module:attribute" until they are called. Every command takes `--data DIR`."""

    def __init__(self, *args: Any, lazy: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._lazy:
            module, _, attribute = self._lazy[cmd_name].partition(":")
            command = getattr(import_module(module), attribute)
            assert isinstance(command, click.Command)
        else:
            found = super().get_command(ctx, cmd_name)
            if found is None:
                return None
            command = found
        return command if isinstance(command, click.Group) else with_data_option(command)


class RootCommands(Commands):
    """The outermost group: turns what can go wrong into one sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            foreseen = foreseen_failure(error)
            if foreseen is None and ctx.invoked_subcommand in PARTS:
                raise  # what they print goes to a log, where the traceback belongs
            raise click.ClickException(foreseen or mistake(error)) from error


def foreseen_failure(error: Exception) -> str | None:
    """Say in one line what went wrong; None for what nobody foresaw."""
    from ingest.log import LogError
    from projector.readmodel.generations import NoReadModel, is_unavailable, why_unavailable
    from projector.replay import ReplayRunning, ReplayStopped

    foreseen = (LogError, NoReadModel, ReplayRunning, ReplayStopped, ValueError, OSError)
    if isinstance(error, foreseen) and str(error):
        return str(error)
    if is_unavailable(error):
        return f"the read model is away or busy: {why_unavailable(error)}"
    return None


def mistake(error: Exception) -> str:
    """Say in one line what nobody foresaw, and where it is."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"a mistake in patchlog: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


def with_data_option(command: click.Command) -> click.Command:
    """Add `--data DIR` to a command that has not got it."""
    if all(parameter.name != "data" for parameter in command.params):
        option = setting("data", "DIR", "Where the log and the read model are.", shell_complete=_folders)
        command.params.append(option)
    return command


def setting(name: str, metavar: str, text: str, **more: Any) -> click.Option:
    """An option `--NAME` that overrides the setting of that name; the command sees it in `ctx.obj` alone."""
    return click.Option([f"--{name}"], metavar=metavar, help=text, expose_value=False, callback=_give, **more)


def _folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Have the shell complete the name of a folder."""
    return [CompletionItem(incomplete, type="dir")]


def _give(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    given: dict[str, str | None] = ctx.meta.setdefault(GIVEN, {})
    given[str(parameter.name)] = value
    try:
        ctx.obj = load_settings(os.environ, given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
