"""Rules about form fields that take secrets."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import ScalarNode

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.traits import Structure
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.forms import forms, items
from bot.plugin.secrets import Sort, secrets
from bot.rules.registry import Example, Hit, at_value, rule
from bot.rules.schema.form_values import parameter_example

# --- secrets and the model --------------------------------------------------------------------------------------


@rule(
    "schema/secret-from-model",
    severity=Severity.NOTICE,
    summary="A secret is asked for from the language model.",
    why="With `form: llm` the model fills in the value. It does not know the secret, makes one up, or repeats one that "
    "somebody typed into the conversation.",
    fix="Write `form: form`, or make the secret a credential of the provider.",
    authorities=(Authority(By.DOCS, "The model cannot know the value.", "tool-plugin.mdx:237"),),
    bad=parameter_example("type: secret-input\nform: llm", name="password"),
    good=parameter_example("type: secret-input\nform: form", name="password"),
)
def secret_from_model(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        # A selector is not valid JSON Schema besides, which `schema/llm-type` says.
        if item.data.get("form") == "llm" and item.type == "secret-input":
            message = say(
                "`form: llm` asks the model for {name}, a secret that it cannot know.", name=quote(item.name or "?")
            )
            yield at_value(item.document, item.at("form"), message, subject=item.type)


@rule(
    "schema/plain-secret",
    severity=Severity.NOTICE,
    summary="A secret is typed into a plain text field.",
    why="`secret-input` hides what is typed and has Dify store it encrypted. In a `text-input` it is shown to "
    "everybody who opens the form.",
    fix="Write `type: secret-input`.",
    authorities=(Authority(By.DOCS, "The secret is shown and stored in plain text.", "tool-plugin.mdx:235"),),
    confidence=Confidence.LIKELY,
    bad=Example(
        "credentials_for_provider:\n  api_key:\n    type: text-input\n    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
)
def plain_secret(plugin: Plugin) -> Iterator[Hit]:
    for form in forms(plugin):
        names = [item.name or "" for item in form]
        for item in form:
            if item.structure not in (Structure.CONFIG, Structure.MODEL_FORM) or item.type != "text-input":
                continue
            if item.name is None or not names_secret(item.name) or _is_half_public(item.name, names):
                continue
            message = say(
                "{name} looks like a secret, but a `text-input` shows it and stores it in plain text.",
                name=quote(item.name),
            )
            node = item.document.node(item.at("type"))
            fix = None
            if isinstance(node, ScalarNode):
                edit = Edit(item.document.path, item.document.span_of(node), "secret-input")
                fix = Fix(say("Write `secret-input`"), Safety.UNSAFE, (edit,))
            yield at_value(item.document, item.at("type"), message, subject=item.name, fix=fix)


_KEY = "f7Qm2ZpX9vB4nT6kW8yH3dLs"


@rule(
    "schema/secret-default",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The default of a secret is a secret.",
    why="A default is text in the package: whoever has the package reads it, and every workspace that leaves the field "
    "alone uses it.",
    fix="Remove the default, and replace the secret: it is known to whoever has the file. What users should write goes "
    "into `placeholder`.",
    authorities=(Authority(By.PACKAGER, "The secret is packed as plain text.", "packager.go:61"),),
    bad=Example(
        f"credentials_for_provider:\n  api_key:\n    type: secret-input\n    default: {_KEY}\n"
        "    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
)
def secret_default(plugin: Plugin) -> Iterator[Hit]:
    for form in forms(plugin):
        for item in form:
            value = item.data.get("default")
            if not isinstance(value, str) or len(value) > _LONGEST_SECRET:
                continue
            # A secret field may have any name; `secrets` goes by the name.
            name = item.name if item.name is not None and names_secret(item.name) else ""
            name = name or ("secret" if item.type == "secret-input" else "")
            found = secrets("default.py", f'{_NO_WORD.sub("_", name)} = "{value}"') if name else []
            if any(each.sort is Sort.RANDOM for each in found):  # The shape of a vendor is found wherever it stands.
                message = say(
                    "The default of {name} looks like a secret and is packed as plain text.",
                    name=quote(item.name or name),
                )
                yield at_value(item.document, item.at("default"), message, subject=item.name or "")


#: Longer texts are no keys that a form takes (code points).
_LONGEST_SECRET = 512
_NO_WORD = regex(r"\W")


_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


_KEYS = {"api", "secret", "private", "access", "app", "auth", "encryption", "service", "account", "signing"}


def names_secret(name: str) -> bool:
    """Whether a name is that of a password, key, secret or token, rather than of something about one."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    if not words:
        return False
    last = words[-1]
    if last in ("password", "passwd", "passphrase", "secret", "token", "apikey"):
        return True
    return last == "key" and (len(words) == 1 or bool(_KEYS & set(words)))


def _is_half_public(name: str, others: list[str]) -> bool:
    """Whether a name is that of an access key beside a secret key: clouds use them like user name and password."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    return words[-2:] == ["access", "key"] and any("secret" in other.lower() for other in others)
