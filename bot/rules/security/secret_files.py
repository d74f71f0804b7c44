"""Rules about secrets that would be published with the plugin."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Fix, Severity, quote
from bot.limits import Limit
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import text
from bot.plugin.naming import texts
from bot.rules.marketplace.asked import is_submitted, policy, refusal
from bot.rules.package.unwanted import IGNORE_FILE_UNREAD, left_out
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
        is_needless = (private and _is_unnamed(plugin, path)) or _is_for_debugging(plugin, path)
        yield Hit(message, path, severity=severity, fix=_left_out(plugin, path) if is_needless else None)


def _is_private(plugin: Plugin, path: str, name: str) -> bool:
    """Whether the file holds a private key, as far as can be told. Certificates and public keys are not secrets."""
    if name.endswith((".p12", ".pfx")):
        return True
    content = plugin.read(path, _MAX_BYTES)
    return content is not None and b"PRIVATE KEY-----" in content


_SETTING = regex(r"\s*(?:#.*|(?:export\s+)?(?:INSTALL_METHOD|REMOTE_INSTALL_[A-Z]+)\s*=.*)?")
#: Python that may read such a file.
_READS_SETTINGS = regex(r"dotenv|environs|decouple|dynaconf|env_file|BaseSettings|[\"'/\\}]\.env(?![A-Za-z])")
_PLAIN = regex(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")


def _is_for_debugging(plugin: Plugin, path: str) -> bool:
    """Whether a file holds settings that have no effect on an installed plugin.

    Of `.env` at the root the SDK reads what it knows (config/config.py:69). The daemon sets `INSTALL_METHOD` in the
    environment (local_runtime/subprocess.go:45), which goes first, and the others are for remote debugging alone.
    """
    name = path.rpartition("/")[2]
    if not _ENVIRONMENT.fullmatch(name):
        return False
    if path == ".env":
        settings = text(plugin, path)
        if settings is None or not all(map(_SETTING.fullmatch, settings.split("\n"))):
            return False
    for other, written in plugin.derived(texts).items():
        if other.endswith(".py"):
            if written is None or _READS_SETTINGS.search(written):
                return False
        elif path != ".env" and not other.endswith(".md") and (written is None or name in written):
            return False
    return True


def _is_unnamed(plugin: Plugin, path: str) -> bool:
    """Whether no other file names this one, and Python neither its folder nor any of its kind."""
    folder, _, name = path.rpartition("/")
    by_python = [name.rpartition(".")[2], *([f"{folder}/"] if folder else [])]
    for other, written in plugin.derived(texts).items():
        if written is None or name in written:
            return False
        if other.endswith(".py") and any(part in written for part in by_python):
            return False
    return True


def _left_out(plugin: Plugin, path: str) -> Fix | None:
    """Names a file in the ignore file, where that leaves out no other."""
    is_alone = not any(f"/{path}/" in f"/{other}/" for other in plugin.packed_files - {path})
    return left_out(plugin, path) if is_alone and _PLAIN.fullmatch(path) else None
