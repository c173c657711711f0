"""The command `illusion-tui`."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import Annotated, Any, TextIO

import typer

from engine.records.errors import UserError
from engine.system_errors import FULL, refusal, system_failure
from tui.commands import (
    ask,
    cache,
    config,
    doctor,
    export,
    groups,
    import_runs,
    inspector,
    items,
    judge,
    pack,
    prune,
    redecode,
    remedy,
    runs,
    score,
    serve,
    shot,
    stage,
    xray,
)
from tui.commands.output import SERVE, SERVE_AT
from tui.options.registry_help import FilledGroup
from tui.options.run_options import RunOptions
from tui.options.signatures import takes_options

DEBUG = "ILLUSION_TUI_DEBUG"
INTERRUPTED = 130

EXAMPLES = """[bold]Examples[/bold]

illusion-tui                                      embedded model, sample items
illusion-tui --model qwen --sparsity 0.7          Qwen3-8B, 70 % pruned by Wanda
illusion-tui --method sparsegpt --sparsity 2:4    two weights kept of every four
illusion-tui -r wanda:0.5 -r gptq:4:128           two variants in one run
illusion-tui -r checkpoint:./pruned               a checkpoint that you have
illusion-tui --items xquad:es --limit 100         a benchmark
illusion-tui --engine 'ssh box illusion-engine'   a model on another machine
illusion-tui open RUN                             a saved run, no model loaded
illusion-tui open RUN --filter 'lang:es rank>3' --sort -dense_p
illusion-tui stage                                a demo for a room, no model needed
illusion-tui --serve                              in web browsers
"""

app = typer.Typer(
    name="illusion-tui",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"illusion-tui {version('illusion-tui')}")
        raise typer.Exit


@app.callback(cls=FilledGroup, invoke_without_command=True, epilog=EXAMPLES)
@takes_options(RunOptions)
def inspect_model(
    options: RunOptions,
    context: typer.Context,
    filter_text: inspector.FILTER = None,
    sort: inspector.SORT = None,
    item: inspector.ITEM = None,
    serve: SERVE = None,
    serve_at: SERVE_AT = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """See which answers a compressed language model demoted, which it lost, and what brings
    them back.

    Without a command: prune the model, score the items, and inspect them side by side.
    """
    if context.invoked_subcommand is None:
        inspector.inspect_run(options, filter_text, sort, item, serve=serve, serve_at=serve_at)
    elif options != RunOptions() or any((filter_text, sort, item, serve, serve_at)):
        raise UserError(
            f"options of the inspector stand before '{context.invoked_subcommand}'",
            f"Write them after it: illusion-tui {context.invoked_subcommand} --model …",
        )


COMMANDS = (
    score,
    inspector,
    redecode,
    ask,
    remedy,
    xray,
    groups,
    export,
    stage,
    pack,
    shot,
    judge,
    runs,
    import_runs,
    prune,
    items,
    cache,
    config,
    doctor,
    serve,
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run the command line; every error becomes a message, a hint and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a character gets its code, not a traceback.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        status = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`| head`).
        _let_go(sys.stdout)
        status = 1
    except OSError as error:
        _let_go(sys.stdout)
        status = _report(*_unwritten(error))
    try:
        sys.stderr.flush()
    except OSError:
        _let_go(sys.stderr)
    sys.exit(status)


def _let_go(stream: TextIO) -> None:
    """What is still buffered for a stream that can't be written must not be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run() -> int:
    from tui.process.headless import Interrupted

    try:
        result: Any = app(prog_name="illusion-tui", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (Interrupted, KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in FULL:
            # Every other file has a name.
            raise
        if os.environ.get(DEBUG):
            traceback.print_exc()
        return _report(*_explained(error))


def _explained(error: Exception) -> tuple[str, str, int]:
    """Message, hint and exit status."""
    if isinstance(error, UserError):
        return error.message, error.hint, error.status
    if isinstance(error, typer.TyperException):
        message = error.format_message().rstrip(".")
        hint = "See illusion-tui --help." if error.exit_code == 2 else ""
        return message[:1].lower() + message[1:], hint, error.exit_code
    if isinstance(error, OSError):
        failure = system_failure(error)
        return failure.message, failure.hint, failure.status
    return f"{type(error).__name__}: {error}", f"Set {DEBUG}=1 to see where it happened.", 1


def _unwritten(error: OSError) -> tuple[str, str, int]:
    """Message, hint and exit status where standard output can't be written."""
    message = f"standard output can't be written: {refusal(error)}"
    return message, "Make room on that disk, then give the same command again.", 1


def _report(message: str, hint: str, status: int) -> int:
    from engine.text import displayable

    # Where it can't be told, the status tells.
    with contextlib.suppress(OSError):
        print(f"error: {displayable(message)}", file=sys.stderr)
        for line in hint.splitlines():
            print(f"hint: {displayable(line)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
