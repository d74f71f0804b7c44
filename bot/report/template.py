"""Templates in which every value is escaped unless it is marked as safe: a forgotten filter does no harm."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import BaseLoader, FileSystemLoader, ModuleLoader, StrictUndefined, Undefined
from jinja2.sandbox import SandboxedEnvironment

from bot.languages import spoken, told
from bot.messages import Message
from bot.report import escape

_FOLDER = Path(__file__).parent / "templates"
#: The templates `*.md.j2` as Python, where they were compiled before, as in the image.
COMPILED = Path(__file__).parent / "compiled_templates"


class Markdown(str):
    """Markdown that was escaped or written by us. Whatever is made of it (`a + b`) is an ordinary text again."""

    __slots__ = ()


class Html(str):
    """HTML that was escaped or written by us. Whatever is made of it (`a + b`) is an ordinary text again."""

    __slots__ = ()


@cache
def asset(name: str) -> Html:
    """A style or script of ours, to stand in a page."""
    return Html((_FOLDER / name).read_text(encoding="utf-8"))


@cache
def digest(name: str) -> str:
    """Its digest, as the content security policy of the page names it."""
    return digest_of(asset(name))


def digest_of(text: str) -> str:
    """The digest of a style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def markdown_templates() -> SandboxedEnvironment:
    """The templates `*.md.j2`. A value that is not `Markdown` is inert text in the output."""
    loader = ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(_FOLDER)
    return _environment(Markdown, escape.markdown, loader)


@cache
def html_templates() -> SandboxedEnvironment:
    """The templates `*.html.j2`. A value that is not `Html` is text in the output, in quoted attributes too."""
    return _environment(Html, escape.html, FileSystemLoader(_FOLDER))


def _environment(safe: type[str], escaped: Callable[[str], str], loader: BaseLoader) -> SandboxedEnvironment:
    def finalize(value: object) -> str:
        if isinstance(value, safe):
            return value
        if isinstance(value, Message):
            return escaped(told(value))
        if isinstance(value, Undefined):
            return str(value)  # raises, with the name
        # Nothing else has a form that was chosen for people; `None` in a comment is a mistake in a template.
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TypeError(f"a template prints {value!r}")
        return escaped(str(value))

    def filled(template: str, values: Mapping[str, object]) -> str:
        """A text of ours in the language of what is being written; what is put in is escaped."""
        return safe(template % {name: finalize(value) for name, value in values.items()})

    environment = SandboxedEnvironment(
        extensions=["jinja2.ext.i18n"],
        loader=loader,
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=False,  # `finalize` escapes, by the rules of the language at hand
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    vars(environment)["newstyle_gettext"] = True  # Calls the two with the values by name.
    environment.globals.update(
        gettext=lambda template, **values: filled(spoken().gettext(template), values),
        ngettext=lambda one, many, num, **values: filled(spoken().ngettext(one, many, num), {"num": num, **values}),
    )
    return environment
