"""Files that usually hold secrets, by profile."""

from __future__ import annotations

import pytest

from bot.options import Options, Profile
from bot.plugin import find_roots
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
