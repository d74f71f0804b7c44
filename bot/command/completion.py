"""The `completion` command: what a shell needs to complete commands, options, rules and formats, as one script.

The script holds all of it, so that no key waits for Python to start.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import shtab

from bot.command.schema import schema_names
from bot.fixes.migrations import migrations
from bot.format.models.i18n import LOCALES
from bot.patterns import regex
from bot.rules.registry import FAMILIES, catalogue

_FILES: Final = ("FILE", "PATH", "PLAN", "RESULT.json", "OLD", "NEW")
_FOLDERS: Final = ("FOLDER", "DIR")

#: Completes the last item of a list with commas. The items are its arguments, in bash after the word so far.
_LISTS: Final[Mapping[str, str]] = {
    "bash": """\
_dify_plugin_review_list() {
  local word="$1" before=""
  shift
  case "$word" in *,*) before="${word%,*}," ;; esac
  compgen -P "$before" -W "$*" -- "${word##*,}"
}""",
    "zsh": """\
_dify_plugin_review_list() {
  compset -P "*,"
  compadd -S "" -- "$@"
}""",
    "fish": """\
function _dify_plugin_review_list
  set -l word (commandline -ct | string replace -r -- '^--[^=]*=' '')
  set -l before (string match -r -- '^.*,' $word)
  for item in $argv
    echo "$before$item"
  end
end""",
}


#: bash takes `=` for a word of its own: without it, `--format=j` is as good as `--format j`.
_EQUALS_IN_BASH: Final = """\

_dify_plugin_review() {
  local words=() word
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do [[ "$word" == "=" ]] || words+=("$word"); done
  [[ "${COMP_WORDS[COMP_CWORD]}" == "=" ]] && words+=("")
  COMP_WORDS=("${words[@]}")
  COMP_CWORD=$((${#words[@]} - 1))
  _shtab_dify_plugin_review
}
complete -o bashdefault -F _dify_plugin_review dify-plugin-review
"""

#: An option with a value in the script for zsh, which takes `--format=j` only where the option is written so.
_VALUE_IN_ZSH: Final = regex(r'^(\s+"--[a-z-]+)(\[(?:[^\]\\]|\\.)*\]:)', re.MULTILINE)


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script for one of `SHELLS` that completes what the parser takes."""
    rules = tuple(catalogue())
    values = {
        "RULE": _one("rule", rules),
        "RULE[,RULE]": _several("rules", (*FAMILIES, *rules)),
        "LOCALE[,LOCALE]": _several("locales", LOCALES),
        "KIND": _one("kind", schema_names()),
        "MIGRATION": _one("migration", tuple(migrations())),
        **dict.fromkeys(_FILES, shtab.FILE),
        **dict.fromkeys(_FOLDERS, shtab.DIRECTORY),
    }
    for action in _actions(parser):
        if isinstance(action.metavar, str) and action.metavar in values:
            action.complete = values[action.metavar]  # type: ignore[attr-defined]
    script = str(shtab.complete(parser, shell, preamble=dict(_LISTS)))
    if shell == "bash":
        return script + _EQUALS_IN_BASH
    return _VALUE_IN_ZSH.sub(r"\1=\2", script) if shell == "zsh" else script


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
        else:
            yield action


def _one(name: str, words: Sequence[str]) -> Mapping[str, object]:
    """Completes one of the words."""
    joined = " ".join(words)
    function = f"_dify_plugin_review_{name}"
    bash = f'{function}() {{ compgen -W "{joined}" -- "$1"; }}'
    return {"bash": function, "zsh": f"({joined})", "fish": joined, "preamble": {"bash": bash}}


def _several(name: str, words: Sequence[str]) -> Mapping[str, object]:
    """Completes some of the words, with commas between them."""
    joined = " ".join(words)
    function = f"_dify_plugin_review_{name}"
    preamble = {
        "bash": f'{function}() {{ _dify_plugin_review_list "$1" {joined}; }}',
        "zsh": f"{function}() {{ _dify_plugin_review_list {joined} }}",
        "fish": f"function {function}\n  _dify_plugin_review_list {joined}\nend",
    }
    return {"bash": function, "zsh": function, "fish": f"({function})", "preamble": preamble}
