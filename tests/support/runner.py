"""What the runner of GitHub Actions makes of a step: its output, its output file, its summary.

Written from the behaviour of actions/runner 2.3xx (`ActionCommand.cs`, `ActionCommandManager.cs`,
`ExecutionContext.cs`, `FileCommandManager.cs`), independently of the code under test. Where the runner compares by
culture, and so skips characters without weight, this reading obeys a command in either reading of the line: a test
that finds no command here has found none there.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct, field

#: Annotations of each level kept per step; the others are only in the log.
ANNOTATIONS_PER_LEVEL = 10
#: Length of an annotation's message, in UTF-16 code units.
MESSAGE_LIMIT = 4096
#: Size of a step summary, in bytes.
SUMMARY_LIMIT = 1024 * 1024

ANNOTATION_LEVELS = ("error", "warning", "notice")
#: Refused by the runner unless the workflow allows them: the step fails.
_UNSAFE_COMMANDS = ("set-env", "add-path")
_OTHER_COMMANDS = ("debug", "group", "endgroup", "echo", "stop-commands", "set-output", "save-state", "add-mask")
_MATCHER_COMMANDS = ("add-matcher", "remove-matcher")
_COMMANDS = frozenset([*ANNOTATION_LEVELS, *_UNSAFE_COMMANDS, *_OTHER_COMMANDS, *_MATCHER_COMMANDS])

# What .NET takes for white space.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_DATA_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_OLD_ESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


class StepError(Exception):
    """The runner reports an error, and fails the step where it does so."""


class Command(Struct, frozen=True):
    """One command that the runner obeyed. Names of commands and properties are compared without case: lower here."""

    name: str
    properties: dict[str, str]
    message: str


class Runner(Struct):
    """One step. Feed it what the step printed, in order; then look at what came of it."""

    commands: list[Command] = field(default_factory=list)
    #: What the pull request shows: at most ten of each level, messages cut.
    annotations: list[Command] = field(default_factory=list)
    #: Lines that were printed, not obeyed.
    log: list[str] = field(default_factory=list)
    failed: bool = False
    _stop_token: str | None = None

    def feed(self, stdout: str | bytes) -> list[Command]:
        """Reads complete lines of output (stdout or stderr alike) and gives the commands obeyed in them."""
        text = stdout.decode("utf-8", "replace") if isinstance(stdout, bytes) else stdout
        lines = re.split(r"\r\n|\r|\n", text)
        if lines[-1] == "":
            lines.pop()
        obeyed = []
        for line in lines:
            command = self._obey(line)
            if command is None:
                self.log.append(line)
            else:
                obeyed.append(command)
        self.commands += obeyed
        return obeyed

    def _obey(self, line: str) -> Command | None:
        names = _COMMANDS | ({self._stop_token.lower()} if self._stop_token else set())
        command = parse_line(line, names) or parse_line(_weighty(line), names)
        if command is None:
            return None
        if self._stop_token is not None:
            if command.name != self._stop_token.lower():
                return None
            self._stop_token = None
        elif command.name == "stop-commands":
            if not command.message or command.message.lower() in _COMMANDS | {"pause-logging"}:
                self.failed = True
            else:
                self._stop_token = command.message
        elif command.name in _UNSAFE_COMMANDS:
            self.failed = True
        elif command.name in ANNOTATION_LEVELS:
            self._annotate(command)
        return command

    def _annotate(self, command: Command) -> None:
        if sum(kept.name == command.name for kept in self.annotations) < ANNOTATIONS_PER_LEVEL:
            message = command.message.encode("utf-16-le", "surrogatepass")[: 2 * MESSAGE_LIMIT]
            shown = message.decode("utf-16-le", "surrogatepass")
            self.annotations.append(Command(command.name, _valid_place(command.properties), shown))


def parse_line(line: str, names: frozenset[str] = _COMMANDS) -> Command | None:
    """The command in one line, or None: `::name key=value,…::message`, or the older `##[name key=value;…]message`."""
    start = line.lstrip(_BLANKS)
    if start.startswith("::") and (end := start.find("::", 2)) >= 0:
        command = _command(start[2:end], ",", _PROPERTY_ESCAPES, start[end + 2 :], _DATA_ESCAPES, names)
        if command is not None:
            return command
    at = line.find("##[")
    if at >= 0 and (end := line.find("]", at)) >= 0:
        return _command(line[at + 3 : end], ";", _OLD_ESCAPES, line[end + 1 :], _OLD_ESCAPES, names)
    return None


_Escapes = tuple[tuple[str, str], ...]


def _command(
    info: str, separator: str, property_escapes: _Escapes, data: str, data_escapes: _Escapes, names: frozenset[str]
) -> Command | None:
    name, _, listed = info.partition(" ")
    if name.lower() not in names:
        return None
    properties = {}
    for pair in listed.strip(_BLANKS).split(separator):
        # Empty parts are left out of the split, so a name or a value never starts with the sign.
        key, _, value = pair.lstrip("=").partition("=")
        value = value.lstrip("=")
        if key and value:
            properties[key.lower()] = _unescape(value, property_escapes)
    return Command(name.lower(), properties, _unescape(data, data_escapes))


def _unescape(text: str, escapes: _Escapes) -> str:
    for escape, character in escapes:
        text = text.replace(escape, character)
    return text


def _weighty(line: str) -> str:
    """The line without the characters that a comparison by culture does not see."""
    return "".join(
        c
        for c in line
        if c in _BLANKS or not (unicodedata.category(c) in {"Cc", "Cf"} or "\ufe00" <= c <= "\ufe0f" or c == "\u034f")
    )


def _valid_place(properties: dict[str, str]) -> dict[str, str]:
    """The properties of an annotation as the runner leaves them: an impossible place is dropped."""
    place = dict(properties)

    def number(key: str) -> int | None:
        value = place.get(key.lower(), "").strip()
        return int(value) if re.fullmatch(r"[+-]?[0-9]{1,9}", value) else None

    if number("endLine") is not None and number("line") is None:
        place["line"] = place["endline"]
    if number("endColumn") is not None and number("col") is None:
        place["col"] = place["endcolumn"]
    line, end_line, column, end_column = number("line"), number("endLine"), number("col"), number("endColumn")
    if line is None or (end_line is not None and line != end_line):
        place.pop("col", None)
        place.pop("endcolumn", None)
    if line is not None and end_line is not None and end_line < line:
        place.pop("line", None)
        place.pop("endline", None)
    if column is not None and end_column is not None and end_column < column:
        place.pop("col", None)
        place.pop("endcolumn", None)
    return place


def parse_outputs(text: str) -> dict[str, str]:
    """The file `GITHUB_OUTPUT` (`GITHUB_STATE` and `GITHUB_ENV` have the same form). Raises `StepError`."""
    outputs = {}
    position = 0
    while position < len(text):
        line, position, _ = _read_line(text, position)
        if not line:
            continue
        sign, heredoc = line.find("="), line.find("<<")
        if sign >= 0 and (heredoc < 0 or sign < heredoc):
            outputs[line[:sign]] = line[sign + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            if not name or not delimiter:
                raise StepError(f"Invalid format {line!r}: name and delimiter must not be empty")
            outputs[name], position = _read_value(text, position, delimiter)
        else:
            raise StepError(f"Invalid format {line!r}")
    return outputs


def _read_value(text: str, start: int, delimiter: str) -> tuple[str, int]:
    end = position = start
    while True:
        if position >= len(text):
            raise StepError(f"Invalid value: no line {delimiter!r}")
        line, position, ended = _read_line(text, position)
        if line == delimiter:
            return text[start:end], position
        if not ended:
            raise StepError("Invalid value: the last line has no line break")
        end = position - 1


def _read_line(text: str, position: int) -> tuple[str, int, bool]:
    end = text.find("\n", position)
    return (text[position:], len(text), False) if end < 0 else (text[position:end], end + 1, True)


def read_summary(data: bytes) -> str:
    """The Markdown that the job's page shows for `GITHUB_STEP_SUMMARY`. Raises `StepError` if it is too large."""
    if len(data) > SUMMARY_LIMIT:
        raise StepError(f"a step summary has at most {SUMMARY_LIMIT} bytes, not {len(data)}")
    return data.decode("utf-8", "replace")
