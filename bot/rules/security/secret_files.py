"""Rules about secrets that would be published with the plugin."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.limits import Limit
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.rules.marketplace.asked import is_submitted, policy, refusal
from bot.rules.package.unwanted import IGNORE_FILE_UNREAD
from bot.rules.registry import Example, Hit, NotJudged, rule

_ENVIRONMENT = regex(r"\.env(\..*)?")
_HARMLESS = regex(r"\.env\.(example|sample|template|dist|defaults?)")
_KEY = regex(r"id_(rsa|dsa|ecdsa|ed25519)|.*\.(key|pem|p12|pfx)")
_MAX_BYTES = Limit(64 * 1024, "has more than {n:,} bytes, and is not read", "security/secret-file")


@rule(
    "security/secret-file",
    severity=Severity.WARNING,
    summary="A file that usually holds secrets is packed.",
    why="Whoever gets the package reads the file. `.env` holds the key for remote debugging, and often more. The "
    "marketplace refuses such files by their names.",
    fix="Name the file in `.difyignore`, and replace the secrets if the file was ever published.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/contents.py"),
        Authority(By.PACKAGER, "The file is packed.", "decoder/fs.go:67"),
    ),
    bad=Example("", files={".env": "REMOTE_INSTALL_KEY=cafe-1234\n"}),
    good=Example(".env\n", path=".difyignore", whole=True, files={".env": "REMOTE_INSTALL_KEY=cafe-1234\n"}),
)
def secret_file(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield IGNORE_FILE_UNREAD
        return
    for path in sorted(plugin.packed_files):
        name = path.rpartition("/")[2].lower()
        private = bool(_KEY.fullmatch(name)) and _is_private(plugin, path, name)
        refused = is_submitted(plugin) and policy(plugin).blocks_file(path)
        if _ENVIRONMENT.fullmatch(name) and (refused or not _HARMLESS.fullmatch(name)):
            what = say("the settings and secrets of its author")
        elif _KEY.fullmatch(name) and (refused or private):
            what = say("a key") if private else say("a certificate or key")
        else:
            continue
        advice = "" if plugin.root.package else say(" Name it in `.difyignore`.")
        message = say("{path} is packed, and holds {what}.{advice}", path=quote(path), what=what, advice=advice)
        severity = refusal(plugin, "package-contents/blocked") if refused else None
        yield Hit(message, path, severity=severity)


def _is_private(plugin: Plugin, path: str, name: str) -> bool:
    """Whether the file holds a private key, as far as can be told. Certificates and public keys are not secrets."""
    if name.endswith((".p12", ".pfx")):
        return True
    content = plugin.read(path, _MAX_BYTES)
    return content is not None and b"PRIVATE KEY-----" in content
