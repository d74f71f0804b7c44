"""The catalogues of messages: `python -P tests/support/catalogues.py merge` writes them anew from what the code says.

`merge` (`make languages`) puts every template into `bot/languages/<domain>.pot` and into the catalogue of each
language, keeps the translations that are still right, and compiles. What is new has no translation then, and what was
said otherwise before is marked fuzzy: both are for a speaker. `missing` counts them.
"""

from __future__ import annotations

import ast
import datetime
import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, get_args

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract
from msgspec import Struct

from bot.findings import By, Confidence, Safety, Severity
from bot.fixes.migrations import migrations
from bot.format import models
from bot.format.gates import FEATURES
from bot.format.judge.readers import Expected
from bot.format.models.base import Origin, Spec
from bot.format.traits import TRAITS, DocumentKind
from bot.languages import DOMAINS, ENGLISH, FOLDER, LANGUAGES
from bot.marketplace.policy import policy_of
from bot.messages import ITEMS, LAST_ITEM, SENTENCES
from bot.python.capabilities import Capability
from bot.rules.registry import catalogue

ROOT: Final = Path(__file__).resolve().parents[2]
#: The languages that are translated into.
TRANSLATED: Final = tuple(name for name in LANGUAGES if name != ENGLISH)
_DAY: Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_HEADER: Final = "# What Dify Plugin Review says. Contributors: see docs/languages.md."


class Template(Struct, frozen=True):
    """A template, its plural or "", and where it is said, for translators to look up."""

    text: str
    plural: str
    where: str
    comment: str = ""


def templates(domain: str) -> list[Template]:
    """Everything that a domain says, each once, in the order of the code."""
    found: dict[str, Template] = {}
    for template in sources(domain):
        known = found.get(template.text)
        if known is None or (template.plural and not known.plural):
            found[template.text] = template
    if domain == "rules":
        said = {template.text for template in templates("messages")}
        return [template for text, template in found.items() if text not in said]
    return list(found.values())


@cache
def sources(domain: str) -> tuple[Template, ...]:
    """The templates of a domain wherever they are said."""
    return (*_of_rules(),) if domain == "rules" else (*_of_code(), *_of_tables(), *_of_templates())


def _of_code() -> Iterator[Template]:
    """The templates that code names where it says them."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        if "examples" in path.parts:
            continue
        where = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name == "partial" and isinstance(node.args[0], ast.Name):
                name, *node.args = node.args[0].id, *node.args[1:]
            if name == "say_plural":
                one, many = (_constants(argument, constants) for argument in node.args[:2])
                yield from (Template(text, plural, where) for text, plural in zip(one, many, strict=True))
            elif name == "Limit":
                yield from (
                    Template(text, "", where) for second in node.args[1:2] for text in _constants(second, constants)
                )
            elif name in ("say", "joined"):
                yield from (Template(text, "", where) for text in _constants(node.args[0], constants))


def _constants(node: ast.expr, constants: Mapping[str, object]) -> list[str]:
    """The texts that an argument can be: one, or that of each branch."""
    if isinstance(node, ast.IfExp):
        return [*_constants(node.body, constants), *_constants(node.orelse, constants)]
    value = node.value if isinstance(node, ast.Constant) else constants.get(getattr(node, "id", ""))
    return [value] if isinstance(value, str) else []


def _of_templates() -> Iterator[Template]:
    """What the templates of reports say."""
    folder = ROOT / "bot" / "report" / "templates"
    options = {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    for path in sorted(folder.glob("*.j2")):
        with path.open("rb") as file:
            for _, _, text, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), options):
                one, *many = [each for each in ([text] if isinstance(text, str) else text or ()) if each]
                yield Template(one, many[0] if many else "", path.relative_to(ROOT).as_posix())


def _of_tables() -> Iterator[Template]:
    """What is a template because it is a value of a table."""
    yield from (Template(text, "", "bot/messages.py") for text in (SENTENCES, ITEMS, LAST_ITEM))
    yield from (Template(each.value, "", "bot/findings.py") for each in (*By, *Safety, *Confidence))
    yield from (Template(each.label, "", "bot/findings.py") for each in Severity)
    yield from (Template(row.title, "", "bot/marketplace/policy.toml") for row in policy_of().rows)
    yield from (Template(each.what, "", "bot/marketplace/policy.toml") for each in policy_of().checks if each.blocks)
    for migration in migrations().values():
        titles = (migration.title, *(step.title for step in migration.steps))
        yield from (Template(str(title), "", "bot/fixes/migrations.toml") for title in titles)
    yield from (Template(each.value, "", "bot/python/capabilities.py") for each in Capability)
    yield from (Template(each.name, "", "bot/format/gates.toml") for each in FEATURES)
    yield from (Template(each.value, "", "bot/format/traits.py") for each in DocumentKind)
    yield from (
        Template(each.platform_list, "", "bot/format/traits.py") for each in TRAITS.values() if each.platform_list
    )
    yield from (Template(each.value, "", "bot/format/judge/readers.py") for each in Expected)
    yield from (Template(text, "", "bot/format/models") for text in sorted(set(_of_models()) - {""}))
    for rule in catalogue().values():
        yield Template(rule.summary, "", _page(rule.id))
        yield from (Template(each.consequence, "", _page(rule.id)) for each in rule.authorities)


def _of_models() -> Iterator[str]:
    """What the fields of documents are for, and what becomes of wrong ones."""
    for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        importlib.import_module(module.name)
    for model in _subclasses(Spec):
        if not model.__module__.startswith(models.__name__):
            continue  # One of a test.
        yield from (remark.text for remark in model.remarks.values())
        yield model.lost
        for field in model.model_fields.values():
            for origin in (each for part in (*field.metadata, field.annotation) for each in _origins(part)):
                yield from (origin.text, origin.advice, origin.daemon_loses)


def _origins(annotation: object) -> Iterator[Origin]:
    if isinstance(annotation, Origin):
        yield annotation
    for part in get_args(annotation):
        yield from _origins(part)


def _subclasses(model: type[Spec]) -> Iterator[type[Spec]]:
    for each in model.__subclasses__():
        yield each
        yield from _subclasses(each)


def _of_rules() -> Iterator[Template]:
    """What the pages of rules say besides."""
    for rule in catalogue().values():
        yield Template(rule.why, "", _page(rule.id))
        yield Template(rule.fix, "", _page(rule.id))


def _page(rule: str) -> str:
    return f"docs/rules/{rule}.md"


# --- catalogues -------------------------------------------------------------------------------------------------------


def path_of(domain: str, language: str) -> Path:
    return FOLDER / language / f"{domain}.po"


def template_of(domain: str) -> Path:
    return FOLDER / f"{domain}.pot"


def read(path: Path, language: str | None) -> Catalog:
    """A catalogue as it is committed; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(locale=language, header_comment=_HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def extracted(domain: str) -> Catalog:
    """The catalogue of everything that is to be translated."""
    made = Catalog(header_comment=_HEADER)
    for template in templates(domain):
        id = (template.text, template.plural) if template.plural else template.text
        flags = ["python-brace-format"] if "{" in template.text else []
        # Lines would change with every edit of a file.
        made.add(id, locations=[(template.where, None)], flags=flags)  # type: ignore[list-item]
    return made


def written(catalog: Catalog) -> bytes:
    """A catalogue as a file: the same for the same templates, whatever the day."""
    made = io.BytesIO()
    write_po(made, catalog, width=110, omit_header=True, ignore_obsolete=True)
    language = (
        [f'"Language: {catalog.locale}\\n"', f'"Plural-Forms: {catalog.plural_forms}\\n"'] if catalog.locale else []
    )
    header = [_HEADER, 'msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"', *language, "", ""]
    return "\n".join(header).encode() + made.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as it is read when it is used: the same for the same translations, whatever the day."""
    made = io.BytesIO()
    catalog.creation_date = catalog.revision_date = _DAY
    write_mo(made, catalog)
    return made.getvalue()


def merge(language: str, domain: str) -> Catalog:
    """The catalogue of a language with the templates of today and the translations that there are."""
    catalog = read(path_of(domain, language), language)
    catalog.update(extracted(domain), update_header_comment=True)
    for message in catalog:
        if message.pluralizable and isinstance(message.string, str):  # It did not count before.
            message.string = ("",) * catalog.num_plurals
    return catalog


def main(arguments: list[str]) -> int:
    for domain in DOMAINS:
        if arguments == ["merge"]:
            template_of(domain).write_bytes(written(extracted(domain)))
        for language in TRANSLATED:
            path = path_of(domain, language)
            catalog = merge(language, domain)
            if arguments == ["merge"]:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(written(catalog))
                path.with_suffix(".mo").write_bytes(compiled(read(path, language)))
            lacking = [each for each in catalog if each.id and (each.fuzzy or not all(texts(each)))]
            print(f"{language} {domain}: {len(catalog)} templates, {len(lacking)} without a translation")
    return 0


def texts(message: Message) -> tuple[str, ...]:
    """The translations of a message: one for each plural form."""
    string = message.string
    return (string or "",) if isinstance(string, str | None) else tuple(string)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
