"""Rules about the translations of the README."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Edit, Fix, Move, Safety, Severity, quote
from bot.locale import readme
from bot.locale.texts import LANGUAGES, SOURCE
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.documents import relinked, text
from bot.plugin.markdown import links
from bot.plugin.translation_gaps import asked_locales
from bot.rules.locale.audience import locale_severity, text_paths
from bot.rules.registry import Example, Hit, rule

# --- translated documents -------------------------------------------------------------------------------------


@rule(
    "locale/lost-readme",
    severity=Severity.WARNING,
    summary="A translated README has a name or place where nobody looks.",
    why="Dify reads the English README from `README.md` and every other from `readme/README_<locale>.md`, with just "
    "the locales `zh_Hans`, `ja_JP` and `pt_BR`. Other names are ignored without a message.",
    fix="Rename the file.",
    authorities=(Authority(By.INSTALLER, "The README is not found.", "decoder/helper.go:522"),),
    bad=Example("", files={"README_CN.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
    good=Example("", files={"readme/README_zh_Hans.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
)
def lost_readme(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    for found in readme.lost(text_paths(plugin)):
        right = readme.PATH.format(found.locale)
        if plugin.has_file(right):
            continue
        message = say(
            "Nobody reads {path}: the {languages} README has its place at {right}.",
            path=quote(found.path),
            languages=LANGUAGES[found.locale],
            right=quote(right),
        )
        yield Hit(message, found.path, subject=found.locale, fix=_moved(plugin, found.path, found.locale))


def _moved(plugin: Plugin, path: str, locale: str) -> Fix | None:
    """Moves a README to its place, with the links that lead to it and from it.

    None where another file may be meant, where it is in another language, and where a link cannot be followed.
    """
    to = readme.PATH.format(locale)
    alike = [found for found in readme.lost(text_paths(plugin)) if found.locale == locale]
    content = text(plugin, path)
    if (
        len(alike) > 1
        or to.lower() in plugin.files_by_lower
        or path.startswith(("docs/", "i18n/"))
        or content is None
        or readme.is_wrong_language(content, locale)
        or plugin.packing.left_out_by(to) is not None
    ):
        return None
    edits = []
    for other in plugin.files_by_lower.values():
        if not other.lower().endswith((".md", ".markdown")):
            continue
        written = text(plugin, other)
        if written is None:
            return None
        for link in links(written):
            target = relinked(link.target, other, path, to, plugin.has_file)
            if target is not None:
                edits.append(Edit(other, link.span, target))
    return Fix(say("Move it to {path}", path=quote(to)), Safety.SAFE, tuple(edits), (Move(path, to),))


@rule(
    "locale/missing-readme",
    severity=Severity.NOTICE,
    summary="The README is translated, but not into a language that the plugin speaks.",
    why="A user who reads the plugin in one language finds its README in another.",
    fix="Add `readme/README_<locale>.md`.",
    authorities=(
        Authority(By.DOCS, "Users see the English README.", "multilingual-readme.mdx:15"),
        Authority(By.INSTALLER, "The README of the locale is not found.", "decoder/helper.go:522"),
    ),
    bad=Example("", files={"readme/README_zh_Hans.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
    good=Example(
        "",
        files={
            "readme/README_zh_Hans.md": "# 天气\n",
            "readme/README_ja_JP.md": "# 天気\n",
            "readme/README_pt_BR.md": "# Clima\n",
        },
    ),
)
def missing_readme(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.has_file("README.md"):
        return
    paths = tuple(text_paths(plugin))
    there = readme.translations(paths)
    lost = {found.locale for found in readme.lost(paths)}
    for locale in asked_locales(plugin):
        required = locale in plugin.options.required_locales
        if locale == SOURCE or locale in there or locale in lost or not (there or required):
            continue
        wanted = quote(readme.PATH.format(locale))
        message = say(
            "The README is not translated into {languages}: there is no {wanted}.",
            languages=LANGUAGES[locale],
            wanted=wanted,
        )
        yield Hit(message, "README.md", subject=locale, severity=locale_severity(plugin, locale))
