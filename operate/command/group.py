"""The subcommands by their names, each loaded when it is called: `--help` needs no botocore."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import rich_click

from infra.config.files.mistakes import nearest_word, shown
from operate.version import version as say_version

ALL: Mapping[str, Mapping[str, str]] = {
    "Before a deployment": {
        "check": "Check watches.yaml and the rows beside it, in seconds.",
        "poll": "Look at the job APIs from here, without a deployment.",
        "plan": "Say what a deployment would change against what is deployed.",
        "sources": "Say what can be watched.",
        "cost": "Reckon what a month costs.",
        "permissions": "Say what each role of the stack may do, and why.",
        "draft": "Draft a row of the catalogue out of botocore's model of a service.",
        "demo": "Watch a story of jobs on a local AWS.",
    },
    "The stack": {
        "bootstrap": "Make an account and region ready for the CDK, once.",
        "deploy": "Deploy the stack, or bring it up to date.",
        "destroy": "Remove the stack and everything that it stored.",
        "template": "Write a template and zips for those without the CDK.",
        "synth": "Write the template to cdk.out/.",
        "member": "Write the role that other accounts deploy.",
    },
    "What runs": {
        "status": "Show when watches were last read, and what can't be.",
        "jobs": "List the jobs that are remembered, newest first.",
        "job": "Show one job, its history, and earlier runs.",
        "tail": "Show events as they arrive.",
        "mute": "Silence a watch for a time.",
        "unmute": "End a mute before its time.",
        "test-alert": "Send a test to the recipients.",
    },
    "What goes wrong": {
        "doctor": "Say what can go wrong in the account, and what to do.",
        "replay": "Send again what ended in the dead-letter queues.",
    },
    "This command": {
        "completion": "Print what a shell completes words with.",
    },
}
"""What each subcommand does, in a sentence, by the part of the help in which it stands."""
SUMMARIES = {name: each for part in ALL.values() for name, each in part.items()}
INTERRUPTED = 130
COMPLETE = "_JOBWATCH_COMPLETE"
"""The variable in which a shell asks for words."""
WIDEST = 100
HELP = {
    "text_markup": None,
    "max_width": WIDEST,
    "text_paragraph_linebreaks": "\n\n",
    "command_groups": {"*": [{"name": part, "commands": list(each)} for part, each in ALL.items()]},
}


class Jobwatch(rich_click.RichGroup):
    """The group: knows its subcommands by name, and turns known trouble into lines."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        """Name the subcommands."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Give what stands for a subcommand in lists of them."""
        if cmd_name not in SUMMARIES:
            return None
        return rich_click.RichCommand(name=cmd_name, help=SUMMARIES[cmd_name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Load the subcommand that is called."""
        name, *others = args
        if name in SUMMARIES:
            return name, load(name), others
        if ctx.resilient_parsing:
            return None, None, others  # a shell that asks for words is told none
        if name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = nearest_word(name, SUMMARIES)
        hint = f"; did you mean {near}?" if near else ""
        raise click.UsageError(f"found {shown(name)}, expected a subcommand{hint}", ctx)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run a command line to its end; its exit code is given by `sys.exit`."""
        settings |= {"standalone_mode": False, "complete_var": COMPLETE}
        sys.exit(ended(lambda: super(Jobwatch, self).main(*arguments, **settings)))


def load(name: str) -> click.Command:
    """Import a subcommand: its file has it as `command`."""
    module = import_module(f"operate.command.{name.replace('-', '_')}")
    command: click.Command = module.command
    return command


def ended(run: Callable[[], Any]) -> int:
    """Run something; give its exit code: 1, with lines, for what the user can mend, 2 for words."""
    try:
        return run() or 0
    except click.UsageError as error:
        return _say([_usage(error)], error.exit_code)
    except click.ClickException as error:
        return _say([error.format_message()], error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        if not _is_unheard(error):
            raise
        _print_nowhere()  # who reads has read enough
        return 0
    except Exception as error:
        # Which needs what takes time to import.
        from operate.command.trouble import lines  # noqa: PLC0415

        if (told := lines(error)) is None:
            raise
        _let_go()
        return _say(told, 1)


def _is_unheard(error: BaseException) -> bool:
    """Tell whether nobody reads any more: click and rich make an exit of that themselves."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def _let_go() -> None:
    """Give up what could not be printed: Python would try again as it ends, with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        _print_nowhere()


def _print_nowhere() -> None:
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  until Python ends


def _usage(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "./jobwatch"
    return f"{path}: {_wrong(error)} → {path} --help"


def _wrong(error: click.UsageError) -> str:
    """Say what is wrong as all else here does: found, expected, meant."""
    match error:
        case click.NoSuchOption():
            near = error.possibilities
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"found {shown(error.option_name)}, expected an option{hint}"
        case click.BadParameter(param=click.Option() as param) if error.message:
            return f"{param.opts[0]}: {error.message}"
        case click.BadParameter() if error.message:
            return error.message
    return " ".join(error.format_message().split()).rstrip(".")


def _say(lines: Sequence[str], code: int) -> int:
    click.echo("\n".join(lines), err=True)
    return code


@click.group(
    "jobwatch",
    cls=Jobwatch,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "rich_help_config": HELP},
)
@click.option("--version", is_flag=True, help="Say which version this is.")
@click.pass_context
def jobwatch(ctx: click.Context, *, version: bool) -> None:
    """Watch AWS jobs that announce nothing themselves.

    What to watch stands in watches.yaml; README.md and docs/ tell the rest.
    """
    if version:
        click.echo(f"Jobwatch {say_version()}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
