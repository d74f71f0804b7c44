"""Files that usually hold secrets, by profile."""

from __future__ import annotations

import pytest

from bot.fixes.fix import find_fixes
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.plugin.documents import MAX_BYTES
from bot.review.engine import open_plugin
from bot.rules.registry import catalogue
from tests.support.reviewing import changed

PRIVATE = "-----BEGIN RSA PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("path", "content", "author", "marketplace"),
    [
        (".env", "KEY=1", "warning", "error"),
        ("config/.env.production", "KEY=1", "warning", "error"),
        (".env.example", "KEY=", None, None),
        (".env.sample", "KEY=", None, None),
        ("server.key", PRIVATE, "warning", "error"),
        ("ca.pem", CERTIFICATE, None, "error"),
        ("id_rsa", PRIVATE, "warning", "error"),
        ("store.p12", "\x00", "warning", "error"),
        ("keys.py", PRIVATE, None, None),
    ],
)
def test_secrets(path: str, content: str, author: str | None, marketplace: str | None) -> None:
    tree = changed("", "manifest.yaml", files={path: content})
    for profile, severity in ((Profile.AUTHOR, author), (Profile.MARKETPLACE, marketplace)):
        plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=profile))
        findings = catalogue()["security/secret-file"].findings(plugin)
        assert [finding.severity.label for finding in findings] == [severity] * (severity is not None)


DEBUGGING = "# mine\nINSTALL_METHOD=remote\nREMOTE_INSTALL_HOST=localhost\r\n\nexport REMOTE_INSTALL_KEY = cafe\n"
READING = "import os\n\nprint(os.environ)\n"


def fixed(path: str, content: str, files: dict[str, str]) -> bytes | None:
    """What the ignore file becomes."""
    tree = changed("", "manifest.yaml", files={".difyignore": ".git/\n", path: content, **files})
    outcome = find_fixes(tree, find_roots(tree), Options(select=("security/secret-file",)))
    assert bool(outcome.changes) != bool(outcome.after.active)
    assert outcome.before.unchecked == ()
    change = outcome.changes.get(".difyignore")
    return change.after if change is not None else None


@pytest.mark.parametrize(
    ("path", "content", "files"),
    [
        (".env", DEBUGGING, {"README.md": "Copy `.env.example` to `.env`.\n", "tools/x.py": READING}),
        (".env.local", "FILES_URL=http://localhost\n", {}),
        ("id_rsa", PRIVATE, {"tools/x.py": "private_id = 1\n"}),
        ("auth/acme.private.pem", PRIVATE, {"tools/x.py": "auth = 1\n"}),
    ],
)
def test_what_an_installed_plugin_cannot_need_is_left_out(path: str, content: str, files: dict[str, str]) -> None:
    assert fixed(path, content, files) == f".git/\n{path}\n".encode()


@pytest.mark.parametrize(
    ("path", "content", "files"),
    [
        (".env", f"{DEBUGGING}MAX_REQUEST_TIMEOUT=600\n", {}),
        (".env", DEBUGGING, {"tools/x.py": "from dotenv import load_dotenv\n"}),
        (".env", DEBUGGING, {"tools/x.py": "open('.env')\n"}),
        (".env", DEBUGGING, {"config/.env": DEBUGGING, "tools/x.py": "open(f'{here}/.env')\n"}),
        (".env.local", DEBUGGING, {"tools/x.py": 'Settings(_env_file=".env.local")\n'}),
        (".env.local", DEBUGGING, {"settings.json": '{"env_from": ".env.local"}'}),
        ("acme.pem", PRIVATE, {"data.json": " " * (MAX_BYTES.most + 1)}),
        ("my keys.pem", PRIVATE, {}),
        ("acme.pem", PRIVATE, {"tools/x.py": "glob('*.pem')\n"}),
        ("acme.pem", PRIVATE, {"provider/more.yaml": "key: acme.pem\n"}),
        ("auth/acme.key", PRIVATE, {"tools/x.py": "open('auth/' + name)\n"}),
        ("ca.p12", "\x00", {"README.md": "It signs with ca.p12.\n"}),
    ],
)
def test_what_an_installed_plugin_may_need_is_left_to_the_author(
    path: str, content: str, files: dict[str, str]
) -> None:
    assert fixed(path, content, files) is None


@pytest.mark.parametrize("other", ["data/acme.key", "data/acme.key/a.txt"])
def test_a_name_that_leaves_out_another_file_is_not_written(other: str) -> None:
    assert fixed("acme.key", PRIVATE, {other: "not private\n"}) is None
