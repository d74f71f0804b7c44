"""Rules about secrets in the texts of a plugin. A secret is never shown: not in a message, not as a subject."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.messages import say, say_plural
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.contents import texts
from bot.plugin.markdown import span_at
from bot.plugin.secrets import Search, Secret, Sort
from bot.rules.marketplace.asked import is_submitted, refusal
from bot.rules.registry import Example, Hit, NotJudged, rule

_CHECK = "toolkit/checks/secrets.py"
_PUBLISHED = say("Whoever gets the package can use the secret.")
#: A line after another one, which begins with what is found fast.
_LOCKED_FILE = regex(
    r"\n {4}\{ url = \"https://files\.pythonhosted\.org/packages/"
    r"[0-9a-f/]{60,80}/[A-Za-z0-9_.+-]{1,200}\.(?:whl|tar\.gz|zip)\", "
    r'hash = "sha256:[0-9a-f]{64}"(?:, size = [0-9]{1,12})?(?:, upload-time = "[0-9TZ:.-]{1,30}")? \},\r?(?![^\n])'
)
_AUTHORITIES = (
    Authority(By.PROJECT, _PUBLISHED, "config/gitleaks.toml"),
    Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", _CHECK),
)
_KEY = "sk-" + "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWxYz"


#: By path: the text of a file, what is searched of it, and what is found.
_Known = dict[str, tuple[str, str, list[Secret]]]
_LASTING = "secrets"


def _found(plugin: Plugin) -> list[tuple[str, str, list[Secret]]]:
    return plugin.derived(_look_through)


def _look_through(plugin: Plugin) -> list[tuple[str, str, list[Secret]]]:
    if plugin.is_bundle or not plugin.packing.known:
        return []
    before: _Known = plugin.lasting.get(_LASTING, {})
    now: _Known = {}
    search = Search()
    for each in texts(plugin):
        known = before.get(each.path)
        if known is None or known[0] != each.text:
            text = _without_locked_files(each.text)
            known = each.text, text, search.secrets(each.path, text)
        now[each.path] = known
    plugin.lasting[_LASTING] = now
    return [(path, text, hits) for path, (_, text, hits) in now.items() if hits]


def _without_locked_files(text: str) -> str:
    """The text with the lines emptied in which uv locks a file of PyPI: three quarters of all text of most plugins."""
    return _LOCKED_FILE.sub("\n", text)


def _hit(path: str, text: str, secret: Secret, message: str, **more: object) -> Hit:
    # The fingerprint tells secrets apart and gives nothing away.
    subject = hashlib.sha256(text[secret.start : secret.end].encode("utf-8", "replace")).hexdigest()[:12]
    length = min(secret.end, _line_end(text, secret.start)) - secret.start
    return Hit(message, path, span_at(text, secret.start, length), subject=subject, **more)  # type: ignore[arg-type]


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


@rule(
    "security/secret",
    severity=Severity.ERROR,
    summary="A token, key or password is in the package.",
    why="Packages are public: whoever gets one reads the secret and can use it until it is revoked. Tokens of vendors "
    "are known by their shape, and are certain; a random value that is given to a name such as `api_key` is likely "
    "one. The marketplace refuses both. Their shapes are those of gitleaks. A secret that stands in several places is "
    "said once.",
    fix="Revoke the secret, remove it, and read it from the credentials of the plugin.",
    authorities=_AUTHORITIES,
    bad=Example("", files={"config.yaml": f"key: {_KEY}\n"}),
    good=Example("", files={"config.yaml": "key: ${OPENAI_API_KEY}\n"}),
)
def secret(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield NotJudged(say("the ignore file cannot be read"))
        return
    copies: dict[str, list[tuple[str, str, Secret]]] = {}
    for path, text, found in _found(plugin):
        for each in found:
            if each.sort in (Sort.CERTAIN, Sort.RANDOM):
                # All private keys begin alike.
                end = each.end + 200 * text.startswith("-----", each.start)
                copies.setdefault(text[each.start : end], []).append((path, text, each))
    for places in copies.values():
        # What the pre-check sees of it counts most.
        path, text, each = max(places, key=lambda place: (place[2].sort is Sort.CERTAIN, place[2].is_assigned))
        again = _again([place[0] for place in places if place[2] is not each])
        if each.sort is Sort.CERTAIN:
            message = say(
                "There is {what} here: {masked}. {published} Revoke it.{again}",
                what=each.what,
                masked=quote(each.masked),
                published=_PUBLISHED,
                again=again,
            )
            yield _hit(path, text, each, message)
        else:
            refused = refusal(plugin, "package-secrets/assigned") if each.is_assigned else Severity.WARNING
            authorities = _AUTHORITIES if each.is_assigned else _AUTHORITIES[:1]
            message = say(
                "The value of {key} looks like a secret: {masked}. {published}{again}",
                key=quote(each.key),
                masked=quote(each.masked),
                published=_PUBLISHED,
                again=again,
            )
            confidence = Confidence.LIKELY
            yield _hit(path, text, each, message, severity=refused, confidence=confidence, authorities=authorities)


def _again(paths: list[str]) -> str:
    """Where else the same secret stands, as a sentence."""
    if not paths:
        return ""
    return say_plural(
        " The same value stands once more, in {paths}.",
        " The same value stands {n:,} more times, in {paths}.",
        len(paths),
        paths=quote_list(dict.fromkeys(paths), 3),
    )


@rule(
    "security/secret-lookalike",
    severity=Severity.WARNING,
    summary="A placeholder or an example looks like a secret to the marketplace's pre-check.",
    why="The pre-check refuses every text with the shape of a token or with the first line of a private key, whatever "
    "it stands for: also `sk-` with twenty letters `x`, and code that only looks for the line.",
    fix="Write a placeholder of another form, such as `<your key>`; split the first line of a key in two texts.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check refuses the plugin.", _CHECK),),
    bad=Example("", files={"docs/keys.md": f"Enter sk-{'x' * 32}.\n"}, profile=Profile.MARKETPLACE),
    good=Example("", files={"docs/keys.md": "Enter `<your key>`.\n"}, profile=Profile.MARKETPLACE),
)
def secret_lookalike(plugin: Plugin) -> Iterator[Hit]:
    for path, text, found in _found(plugin) if is_submitted(plugin) else ():
        for each in found:
            if each.sort is Sort.EXAMPLE and each.is_assigned:
                message = say(
                    "The pre-check of the marketplace takes this for {what} and refuses it, although it is "
                    "probably an example. Write it in another form, such as `<your key>`.",
                    what=each.what,
                )
                yield _hit(path, text, each, message)


@rule(
    "security/possible-secret",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="A value that could be a password is given to a secret name.",
    why="It is too short or too regular to be surely a secret. A reviewer of the marketplace looks at it.",
    fix="Read it from the credentials of the plugin; write `<your password>` where it is an example.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", _CHECK),),
    bad=Example("", files={"config.yaml": 'password: "low-tide-1987"\n'}, profile=Profile.MARKETPLACE),
    good=Example("", files={"config.yaml": 'password: "<your password>"\n'}, profile=Profile.MARKETPLACE),
)
def possible_secret(plugin: Plugin) -> Iterator[Hit]:
    for path, text, found in _found(plugin) if is_submitted(plugin) else ():
        for each in found:
            if each.sort is Sort.PLAIN:
                message = say("The value of {key} could be a secret.", key=quote(each.key))
                yield _hit(path, text, each, message, group="security/possible-secret")
