"""The click group, the global options, and the one door through which every error leaves.

Commands are imported when they are called: `--help` and `validate` stay fast.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.output import Options, Output, silence

__all__ = ["cli", "main"]

COMMANDS = {
    "apply": ("apply", "Carry out a plan: at most what was reviewed, exactly once."),
    "demo": ("demo", "Watch it work against the built-in simulator: no key, no network."),
    "destroy": ("destroy", "Halt, then cancel all of our orders by a plan that you approve."),
    "doctor": ("doctor", "Say what is wrong with the project, its venues and its keys."),
    "drift": ("drift", "Say where the venue differs from the specs. Sends nothing."),
    "history": ("history", "Explain an address from the journal, oldest first."),
    "init": ("init", "Write a first project into this folder."),
    "panic": ("panic", "Halt, then cancel every order of ours. Works without a state."),
    "plan": ("plan", "Show what would be sent, and why. Sends nothing."),
    "resolve": ("resolve", "Settle by hand what no venue can say any more."),
    "resume": ("resume", "Lift the halt that `panic` or `destroy` wrote."),
    "schema": ("schema", "Print a JSON Schema of this version."),
    "show": ("show", "Show a saved plan, or the state."),
    "simulator": ("simulator", "Serve the built-in venue simulator on loopback."),
    "state": ("state", "Create and inspect the recorded state."),
    "validate": ("validate", "Check the specs, offline or against the venue's grid."),
}

EXIT_CODES = """\b
Exit codes:
  0    done, or no changes
  1    an error, wrong usage too
  2    changes pending (plan --detailed-exitcode)
  10   refused by a limit, a guard or a halt
  11   the plan is stale, expired or not approved
  12   the state is locked, or another run was faster
  13   applied in part: something was rejected
  14   an outcome is still unknown
  130  interrupted"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(f"reconciler.cli.{entry[0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is no such one."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(f"There is no command `{name}`.{hint}", ctx=ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="reconciler")
@click.option("--chdir", "-C", "folder", default=".", help="Work in this folder.")
@click.option("--no-color", is_flag=True, help="No colour, whatever the terminal can do.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How progress on stderr is written.",
)
@click.pass_context
def cli(ctx: click.Context, folder: str, no_color: bool, log_format: str) -> None:
    """Plan and apply for resting exchange orders.

    Desired orders are declared in YAML, `plan` shows the difference to the venue and `apply`
    carries out exactly that.

    \b
      reconciler demo                     watch it work, no key needed
      reconciler validate                 check the specs
      reconciler plan --out plan.json     what would be sent, and why
      reconciler apply plan.json          send that, at most that
    """  # noqa: D301 - the backspace is click's mark for text that is not wrapped
    options: Options = ctx.obj
    options.folder = folder
    options.no_color = no_color
    options.log_format = log_format


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    _open_streams()
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def _open_streams() -> None:
    """Lead streams that were closed to nowhere.

    Their numbers would go to the next files that are opened, the journal among them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")


def run(argv: list[str]) -> int:
    """Run one command and return its exit code; nothing leaves as a traceback."""
    output = Output()
    try:
        result: Any = cli.main(
            argv, prog_name="reconciler", standalone_mode=False, obj=Options(output=output)
        )
        output.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as problem:
        return problem.exit_code
    except click.ClickException as problem:
        output.talk(_usage_text(problem))
        return 1
    except click.Abort:
        output.talk("Interrupted; nothing was sent.")
        return 130
    except KeyboardInterrupt:
        output.talk("Interrupted.")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; do not complain when the stream is closed at exit.
        silence(sys.stdout)
        return 1
    except Exception as problem:
        from reconciler.cli.failures import report_failure

        return report_failure(problem, output)


def _usage_text(problem: click.ClickException) -> str:
    text = problem.format_message()
    if text.startswith("Usage: "):
        # A group called without a command answers with its whole help.
        return text
    lines = [f"error[usage]: {text}"]
    if isinstance(problem, click.UsageError) and problem.ctx is not None:
        lines.append(f"See `{problem.ctx.command_path} --help`.")
    return "\n".join(lines)
