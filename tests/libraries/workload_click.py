"""A command line with groups, every kind of parameter, prompts, errors, help and completion."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from observed import Notes

PACKAGES = ["click"]


class Pair(click.ParamType):
    name = "pair"

    def convert(self, value, param, ctx):
        left, colon, right = str(value).partition(":")
        if not colon:
            self.fail(f"{value!r} is no pair", param, ctx)
        return left, right


def _callback(ctx, param, value):
    if value == "bad":
        raise click.BadParameter("it is bad", ctx=ctx, param=param)
    return value and value.upper()


CLOSED: list[str] = []


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "APP"})
@click.option("--verbose", "-v", count=True)
@click.option("--name", callback=_callback, default="nobody", show_default=True)
@click.version_option("1.2.3", prog_name="app")
@click.pass_context
def app(ctx, verbose, name):
    """An application.

    \b
    With kept
    lines.
    """
    ctx.obj = {"verbose": verbose, "name": name}
    ctx.call_on_close(lambda: CLOSED.append(name))
    if ctx.invoked_subcommand is None:
        click.echo(f"alone {verbose} {name}")


@app.command()
@click.argument("numbers", type=click.IntRange(0, 10, clamp=False), nargs=-1)
@click.option("--scale", type=click.FloatRange(min=0, min_open=True), default=1.0)
@click.option("--mode", type=click.Choice(["fast", "slow"], case_sensitive=False))
@click.option("--flag/--no-flag", default=None)
@click.option("--where", nargs=2, type=(int, str))
@click.option("--pair", type=Pair(), multiple=True)
@click.option("--when", type=click.DateTime())
@click.pass_obj
def add(obj, numbers, **options):
    """Add numbers, a rather long text that must be wrapped since it does not fit into one line."""
    click.secho(f"{sum(numbers)} {obj} {sorted(options.items(), key=repr)}", fg="red", bold=True)


@app.command()
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.confirmation_option()
def secret(password):
    click.echo(f"secret {password}")


@app.command(deprecated=True)
@click.argument("source", type=click.File("r"))
@click.argument("target", type=click.Path(exists=True), required=False)
@click.pass_context
def read(ctx, source, target):
    click.echo(source.read())
    ctx.invoke(plain, number=3)
    ctx.forward(plain, number=4)
    ctx.exit(7)


@app.command(add_help_option=False)
@click.option("--number", type=int, required=True, envvar="NUMBER")
def plain(number, **_):
    click.echo(f"plain {number / (number - 4)}")


@app.command()
@click.option("--steps", default=3)
def bar(steps):
    with click.progressbar(range(steps), label="going", show_eta=False) as going:
        for _ in going:
            pass
    click.echo_via_pager(["a", "b"])


RUNS = [
    "",
    "--help",
    "--version",
    "-vvv --name bad",
    "-vv",
    "--verbose add 1 2 3",
    "add 11",
    "add x",
    "add --scale 0",
    "add --mode FAST --flag --where 1 two --pair a:b --pair c:d 4",
    "add --mode other",
    "add --pair nothing",
    "add --where 1",
    "add --when 2020-02-30",
    "add --when 2020-02-03",
    "add --help",
    "nothing",
    "ad",
    "--unknown",
    "add --sca 1",
    "secret",
    "secret --yes",
    "read -",
    "read missing.txt",
    "read",
    "plain",
    "plain --number 4",
    "plain --number 8",
    "bar",
]


def _ran(result):
    error = result.exception
    kind = None if error is None else (type(error).__name__, str(error))
    frames = []
    trace = result.exc_info[2] if result.exc_info else None
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    return result.exit_code, result.stdout, result.stderr, kind, frames


def workload() -> list[object]:
    note = Notes()
    runner = CliRunner(env={"NUMBER": "12", "APP_ADD_MODE": "slow"})
    for line in RUNS:
        note(lambda line=line: _ran(runner.invoke(app, line, input="pw\npw\ny\n", color=True)))
    completion = ShellComplete(app, {}, "app", "_APP_COMPLETE")
    for arguments, incomplete in (([], "a"), (["add"], "--"), (["add", "--mode"], "f")):
        note(
            lambda a=arguments, i=incomplete: [
                (item.value, item.type, item.help) for item in completion.get_completions(a, i)
            ]
        )
    note(app.main, ["add", "1", "x"], standalone_mode=False)
    note(app.main, ["plain", "--number", "4"], standalone_mode=False)
    note(click.style, "text", fg=(1, 2, 3), underline=True)
    note(click.unstyle, "\x1b[31mred\x1b[0m")
    note(click.style, "text", fg="nocolour")
    note(click.get_current_context)
    note(lambda: click.Context(app, info_name="app").to_info_dict())
    note(click.formatting.wrap_text, "some words that are wrapped", width=12, initial_indent="> ")
    note(CLOSED.copy)
    CLOSED.clear()
    return note.taken
