"""The options that commands share, and the functions that read their texts."""

import inspect
import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, wraps
from typing import Annotated, Any

import typer

from cli import output, stack
from cli.errors import UsageError
from cli.reading.table import Document, Page
from cli.samples import is_url_signed
from justcall.catalogue import KINDS, module_name

Kind = Annotated[str | None, typer.Option(help="Only this kind, for example sms.sent.")]
Since = Annotated[
    str | None,
    typer.Option(help="Only since 90s, 15m, 2h or 3d ago, or since an ISO time (UTC by default)."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]

# On commands that take keys: a key may begin with a dash (`-x:1`), because a type may.
TAKES_KEYS = {"ignore_unknown_options": True}


def _checked(keys: list[str] | str | None) -> list[str] | str | None:
    """Refuse mistyped options, which TAKES_KEYS lets pass: every key holds a colon."""
    for key in [keys] if isinstance(keys, str) else keys or ():
        if key.startswith("-") and ":" not in key:
            raise typer.BadParameter(f"There is no option {output.line(key)}.")
    return keys


Key = Annotated[str, typer.Argument(callback=_checked, show_default=False)]
OptionalKey = Annotated[str | None, typer.Argument(callback=_checked, show_default=False)]
Keys = Annotated[
    list[str] | None, typer.Argument(callback=_checked, metavar="[KEY]...", show_default=False)
]

# Earlier times mean this one: nothing is older, and arithmetic with it can't overflow.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_SPAN = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Session:
    """The common options: which deployment, and how to print."""

    def __init__(
        self, name: str | None, region: str | None, profile: str | None, *, as_json: bool
    ) -> None:
        self.name, self.region, self.profile, self.as_json = name, region, profile, as_json

    @cached_property
    def stack(self) -> stack.Stack:
        """The deployment. Raises UsageError."""
        return stack.find(self.name, self.region, self.profile)

    @property
    def where(self) -> str:
        """The options that name the same deployment in another command."""
        chosen = {"--stack": self.name, "--region": self.region, "--profile": self.profile}
        return "".join(f" {name} {shlex.quote(value)}" for name, value in chosen.items() if value)

    def show[Document](self, document: Document, as_text: Callable[[Document], None]) -> None:
        """Print a document: as JSON if asked for, else by `as_text`."""
        output.as_json(document) if self.as_json else as_text(document)

    def show_page(self, page: Page, as_text: Callable[[list[Document]], None]) -> None:
        """Print a page of a listing, and how to continue."""
        self.show(page.rows, as_text)
        if page.before:
            back_to = f"Listed back to {output.when(page.before)}."
            output.note(f"{back_to} For older ones, repeat the command with --before {page.before}")


_COMMON = [
    inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[type_, typer.Option(f"--{name}", help=text)],
    )
    for name, type_, default, text in (
        ("json", bool, False, "Print one JSON document (docs/cli.md)."),
        ("stack", str | None, None, "Name of a deployed stack; default: the local stack."),
        ("region", str | None, None, "AWS region of --stack."),
        ("profile", str | None, None, "AWS profile to use with --stack."),
    )
]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Add --json, --stack, --region and --profile; the function gets them as its first argument."""

    @wraps(function)
    def run(
        *, json: bool, stack: str | None, region: str | None, profile: str | None, **own: Any
    ) -> None:
        function(Session(stack, region, profile, as_json=json), **own)

    # typer breaks lines of help where the source does, except in the first paragraph.
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    run.__doc__ = "\n\n".join(" ".join(one.split()) for one in paragraphs)
    own = list(inspect.signature(function).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [*(one.replace(kind=keyword) for one in own), *_COMMON]
    )
    return run


def api_key(help_text: str) -> Any:
    """Return the option that holds JustCall's API key."""
    return typer.Option(envvar="JUSTCALL_API_KEY", show_envvar=True, help=help_text)


def moment(option: str, text: str | None) -> datetime | None:
    """Return the moment in UTC that a text like `2h` or an ISO time names. Raises UsageError."""
    if text is None:
        return None
    try:
        if (ago := _span(text)) is not None:
            return max(datetime.now(UTC) - ago, EARLIEST)
        parsed = datetime.fromisoformat(text)
        in_utc = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return max(in_utc, EARLIEST)
    except (ValueError, OverflowError) as error:  # not a time, or before the year 1
        raise UsageError(
            f"{option} {text} is not a time. Write 90s, 15m, 2h, 3d or an ISO time."
        ) from error


def span(option: str, text: str) -> timedelta:
    """Return the time that `24h` stands for. Raises UsageError."""
    with suppress(OverflowError):
        if (length := _span(text)) is not None:
            return length
    raise UsageError(f"{option} {text} is not a length of time. Write 0s, 90m, 24h or 7d.")


def _span(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def read_kind(text: str) -> str:
    """Return the kind that `call.completed` or `call_completed` names. Raises UsageError."""
    kind = read_type(text)
    if kind not in KINDS:
        raise UsageError(f"There is no kind {text}. The kinds are: {', '.join(KINDS)}")
    return kind


def read_url_signed_type(text: str) -> str:
    """Return the file name of a url-signed type's sample. Raises UsageError."""
    if not is_url_signed(text):
        raise UsageError(f"There is no url-signed type {text}. See the list in events/README.md.")
    return f"url_{module_name(text)}"


def read_type(text: str) -> str:
    """Return the kind that `call_completed` names; any other text unchanged.

    Events of unknown types are kept too, so any type can be searched for.
    """
    return next((kind for kind in KINDS if text == module_name(kind)), text)


def exclusive(**options: bool) -> None:
    """Raise UsageError if more than one of these options is used."""
    names = [f"--{name.replace('_', '-')}" for name, is_given in options.items() if is_given]
    if len(names) > 1:
        raise UsageError(f"Use only one of {' and '.join(names)}.")
