"""Submissions to the marketplace with one thing changed, and what its pre-check makes of them.

`REFUSED` are refused, at a file and line; `ASKED` are taken, and a reviewer looks at them; `ODD` are valid and refused
all the same, so that a warning says how to get past the pre-check; `TAKEN` are taken.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest

from bot.findings import Severity
from bot.options import Options, Profile
from tests.support.submitting import README, submission, submitted, worst

Changes = Mapping[str, str | bytes | tuple[str, str] | None]

MANIFEST = "manifest.yaml"
REQUIREMENTS = "requirements.txt"
TOOL = "tools/current_weather.py"
KEY = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWxYzk"
PE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(46) + b"\x40\0\0\0PE\0\0"
ICON = '<svg width="100" height="100" xmlns="http://www.w3.org/2000/svg"><path d="{}"/></svg>'


def line_of(path: str, text: str) -> int:
    return submission()[path].decode().split("\n").index(text) + 1


def manifest(old: str, new: str) -> Changes:
    return {MANIFEST: (old, new)}


def requirements(*lines: str) -> Changes:
    return {REQUIREMENTS: "".join(f"{line}\n" for line in ("dify_plugin>=0.9.0,<1.0.0", "httpx>=0.27,<1", *lines))}


def sdk(text: str) -> Changes:
    return {REQUIREMENTS: f"httpx>=0.27,<1\n{text}\n"}


def project(tables: str, *dependencies: str) -> str:
    listed = "".join(f'    "{each}",\n' for each in ("dify_plugin>=0.9.0,<1.0.0", "httpx>=0.27,<1", *dependencies))
    head = '[project]\nname = "weather"\nversion = "0.1.0"\nrequires-python = ">=3.12"\n'
    return f"{head}dependencies = [\n{listed}]\n{tables}"


def readme(text: str) -> Changes:
    return {"README.md": README + text}


def code(text: str) -> Changes:
    return {TOOL: submission()[TOOL].decode() + "\n\n" + text}


CODE_START = submission()[TOOL].decode().count("\n") + 3
REPO = line_of(MANIFEST, "repo: https://github.com/acme/weather")
CONTACT = line_of(MANIFEST, "contact: crew@acme.example")
PRIVACY = line_of(MANIFEST, "privacy: PRIVACY.md")
README_END = README.count("\n") + 1

REFUSED: dict[str, tuple[Changes, str, int | None]] = {
    "no-repo": (manifest("repo: https://github.com/acme/weather\n", ""), MANIFEST, 1),
    "null-repo": (manifest("repo: https://github.com/acme/weather", "repo:"), MANIFEST, REPO),
    "repo-host": (manifest("github.com", "git.acme.example"), MANIFEST, REPO),
    "repo-lookalike": (manifest("github.com", "github.com.acme.example"), MANIFEST, REPO),
    "repo-scheme": (manifest("repo: https://", "repo: ftp://"), MANIFEST, REPO),
    "repo-without-path": (manifest("github.com/acme/weather", "github.com/"), MANIFEST, REPO),
    "repo-with-port": (manifest("github.com", "github.com:8443"), MANIFEST, REPO),
    "no-contact": (manifest("contact: crew@acme.example\n", ""), MANIFEST, 1),
    "empty-contact": (manifest("crew@acme.example", '""'), MANIFEST, CONTACT),
    "contact-without-dot": (manifest("crew@acme.example", "crew@acme"), MANIFEST, CONTACT),
    "contact-with-name": (manifest("crew@acme.example", "Crew <crew@acme.example>"), MANIFEST, CONTACT),
    "contact-list": (manifest("crew@acme.example", "[crew@acme.example]"), MANIFEST, CONTACT),
    "contact-address": (manifest("crew@acme.example", "https://acme.example"), MANIFEST, CONTACT),
    "reserved-author": (manifest("author: acme", "author: my-dify-tools"), MANIFEST, 3),
    "reserved-author-2": (manifest("author: acme", "author: langgenius2"), MANIFEST, 3),
    "no-privacy": (manifest("privacy: PRIVACY.md\n", ""), MANIFEST, 1),
    "privacy-scheme": (manifest("privacy: PRIVACY.md", "privacy: ftp://acme.example/p"), MANIFEST, PRIVACY),
    "no-privacy-file": ({"PRIVACY.md": None}, MANIFEST, PRIVACY),
    "privacy-of-the-template": (
        {"PRIVACY.md": "## Privacy\n\n!!! Please fill in the privacy policy of the plugin.\n"},
        "PRIVACY.md",
        3,
    ),
    "no-source": ({"README.md": README.replace("https://github.com/acme/weather", "our shop")}, "README.md", None),
    "source-elsewhere": ({"README.md": README.replace("github.com", "git.acme.example")}, "README.md", None),
    "chinese": (readme("\nIn 宁波.\n"), "README.md", README_END + 1),
    "chinese-in-a-code-span": (readme("\nIt says `晴`.\n"), "README.md", README_END + 1),
    "chinese-behind-tildes": (readme("\n~~~\n晴\n~~~\n"), "README.md", README_END + 2),
    "old-sdk": (sdk("dify_plugin>=0.8.1,<0.10"), REQUIREMENTS, 2),
    "old-sdk-pinned": (sdk("dify-plugin==0.5.0"), REQUIREMENTS, 2),
    "sdk-without-floor": (sdk("dify_plugin<1"), REQUIREMENTS, 2),
    "old-sdk-beside-a-project": ({**sdk("dify_plugin>=0.2,<0.3"), "pyproject.toml": project("")}, REQUIREMENTS, 2),
    "old-sdk-of-the-project": ({"pyproject.toml": project("").replace(">=0.9.0", ">=0.7.0")}, "pyproject.toml", 6),
    "any-version": (requirements("openpyxl"), REQUIREMENTS, 3),
    "any-version-beside-a-project": ({**requirements("openpyxl"), "pyproject.toml": project("")}, REQUIREMENTS, 3),
    "any-version-of-the-project": ({"pyproject.toml": project("", "openpyxl")}, "pyproject.toml", 8),
    "any-version-included": ({**requirements("-r more.txt"), "more.txt": "# more\nopenpyxl\n"}, "more.txt", 2),
    "git": (requirements("client @ git+https://github.com/acme/client"), REQUIREMENTS, 3),
    "git-alone": (requirements("git+ssh://git@github.com/acme/client.git"), REQUIREMENTS, 3),
    "archive": (requirements("client @ https://acme.example/client-1.0.tar.gz"), REQUIREMENTS, 3),
    "wheel": (requirements("https://acme.example/client-1.0-py3-none-any.whl"), REQUIREMENTS, 3),
    "git-in-a-group": (
        {"pyproject.toml": project('[dependency-groups]\ndev = ["c @ git+https://github.com/a/c"]\n')},
        "pyproject.toml",
        10,
    ),
    "broken-project": ({"pyproject.toml": project("[tool.x\n")}, "pyproject.toml", 9),
    "version-control": ({".git/HEAD": "ref\n"}, ".git/HEAD", None),
    "environment-by-name": ({"env/note.txt": "x\n"}, "env/note.txt", None),
    "compiled": ({"tools/__pycache__/x.pyc": b"\0"}, "tools/__pycache__/x.pyc", None),
    "settings-of-an-editor": ({".idea/workspace.xml": "<p/>\n"}, ".idea/workspace.xml", None),
    "log": ({"logs/debug.LOG": "x\n"}, "logs/debug.LOG", None),
    "environment-file": ({".env.local": "A=1\n"}, ".env.local", None),
    "environment-defaults": ({".env.dist": "A=1\n"}, ".env.dist", None),
    "certificate": ({"ca.pem": "-----BEGIN CERTIFICATE-----\n"}, "ca.pem", None),
    "program-of-linux": ({"data/x.dat": b"\x7fELF" + bytes(60)}, "data/x.dat", None),
    "program-of-macos": ({"bin/x": b"\xcf\xfa\xed\xfe" + bytes(60)}, "bin/x", None),
    "program-of-windows": ({"x.dat": PE}, "x.dat", None),
    "library-by-name": ({"x.pyd": "no library\n"}, "x.pyd", None),
    "daemon": ({"dify-plugin-linux-amd64": "x\n"}, "dify-plugin-linux-amd64", None),
    "key-of-openai": (code(f'KEY = "sk-proj-{KEY}"\n'), TOOL, CODE_START),
    "key-in-a-comment": (code(f"# was sk-{KEY}\n"), TOOL, CODE_START),
    "token-of-github": ({"data/a.yaml": f"a: 1\nb: ghp_{KEY}\n"}, "data/a.yaml", 2),
    "token-in-the-readme": (readme(f"\nUse gho_{KEY}.\n"), "README.md", README_END + 1),
    "key-of-aws": ({"a.json": '{\n "id": "AKIA' + 'Q3RT7WYP5ZXC2VBN"\n}\n'}, "a.json", 2),
    "token-of-slack": ({"a.json": '{"t":\n "xoxb-' + '2374628374-Bk3jD8sLq0Zx7Vw"}\n'}, "a.json", 2),
    "key-of-google": ({"a.txt": "AIza" + "SyD3kF9sLq0Zx7VwTb2Yc5Np8Re1Gh4Jm6U\n"}, "a.txt", 1),
    "private-key": ({"a.txt": f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}{KEY}\n"}, "a.txt", 1),
    "random-hexadecimal": ({"a.yaml": 'z: 1\napi_key: "9f8e7d6c5b4a39281706f5e4d3c2b1a0"\n'}, "a.yaml", 2),
    "random-text": (code(f'CLIENT_SECRET = "{KEY}"\n'), TOOL, CODE_START),
    "syntax": ({"lib/x.py": "def f(:\n    pass\n"}, "lib/x.py", 1),
    "icon-of-the-template": (
        {"_assets/icon.svg": "<svg><!-- DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE --></svg>"},
        MANIFEST,
        line_of(MANIFEST, "icon: icon.svg"),
    ),
}

ASKED: dict[str, tuple[Changes, str]] = {
    "no-minimum-dify-version": (manifest("  minimum_dify_version: 1.14.2\n", ""), MANIFEST),
    "policy-without-data": ({"PRIVACY.md": "# Privacy\n\nWe like the weather.\n"}, "PRIVACY.md"),
    "readme-without-sections": ({"README.md": "# Weather\n\nhttps://github.com/acme/weather\n"}, "README.md"),
    "readme-in-the-root": ({"README_ja.md": "# 天気\n", "readme/README_ja_JP.md": "# 天気\n"}, "README_ja.md"),
    "lower-bound": (requirements("openpyxl>=3"), REQUIREMENTS),
    "editable": (requirements("-e ."), REQUIREMENTS),
    "folder": ({**requirements("./client"), "client/setup.py": ""}, REQUIREMENTS),
    "large": (requirements("torch>=2,<3"), REQUIREMENTS),
    "missing-include": (requirements("-r more.txt"), REQUIREMENTS),
    "output-of-a-build": ({"dist/a.txt": "x\n"}, "dist/a.txt"),
    "archive": ({"data/a.tar.gz": b"\x1f\x8b"}, "data/a.tar.gz"),
    "script": ({"run.sh": "#!/bin/sh\n"}, "run.sh"),
    "binary-by-suffix": ({"a.bin": b"\0\1"}, "a.bin"),
    "password": ({"a.yaml": 'z: 1\npassword: "low-tide-1987"\n'}, "a.yaml"),
}

ODD: dict[str, tuple[Changes, str, int | None]] = {
    "sdk-in-two-parts": (sdk("dify_plugin>=0.9,<1.0"), REQUIREMENTS, 2),
    "sdk-greater": (sdk("dify_plugin>0.9.0,<1.0.0"), REQUIREMENTS, 2),
    "sdk-compatible": (sdk("dify_plugin~=0.9.0"), REQUIREMENTS, 2),
    "sdk-any-patch": (sdk("dify_plugin==0.9.*"), REQUIREMENTS, 2),
    "sdk-of-poetry": (
        {"pyproject.toml": project('[tool.poetry.dependencies]\ndify_plugin = "^0.9.0"\n')},
        "pyproject.toml",
        10,
    ),
    "option-without-blank": (requirements("--index-url=https://pypi.org/simple"), REQUIREMENTS, 3),
    "development": ({"pyproject.toml": project('[dependency-groups]\ndev = ["ruff"]\n')}, "pyproject.toml", 10),
    "extra": (
        {"pyproject.toml": project('[project.optional-dependencies]\nxl = ["openpyxl"]\n')},
        "pyproject.toml",
        10,
    ),
    "begins-with-mz": ({"zones.txt": "MZ Mozambique\nBeira\n"}, "zones.txt", None),
    "hosted-policy": (
        {**manifest("privacy: PRIVACY.md", "privacy: https://acme.example/p"), "PRIVACY.md": None},
        MANIFEST,
        PRIVACY,
    ),
    "placeholder": (readme(f"\nEnter sk-{'x' * 32}.\n"), "README.md", README_END + 1),
    "example-of-aws": (readme("\nSuch as AKIAIOSFODNN7EXAMPLE.\n"), "README.md", README_END + 1),
    "first-line-of-a-key": (code('STARTS = "-----BEGIN PRIVATE KEY-----"\n'), TOOL, CODE_START),
}

TAKEN: dict[str, Changes] = {
    "nothing-changed": {},
    "another-host": manifest("https://github.com/acme", "https://www.gitee.com/acme"),
    "contact-with-plus": manifest("crew@acme.example", "crew+dify@mail.acme.example"),
    "dify-in-the-name": manifest("name: weather", "name: dify_weather"),
    "hangul": readme("\n날씨를 알려 줍니다.\n"),
    "full-width": readme("\nHours：a number（0–12）。\n"),
    "chinese-in-a-fence": readme("\n```\n晴\n```\n"),
    "source-as-a-link": {
        "README.md": README.replace("https://github.com/acme/weather", "[x](https://github.com/a/b?c)")
    },
    "sdk-with-blanks": sdk("dify-plugin >= 0.9.0, < 1.0.0  # the SDK"),
    "newer-sdk": sdk("dify_plugin>=0.10,<1"),
    "marker": requirements('openpyxl>=3,<4; python_version >= "3.12"'),
    "option": requirements("--index-url https://pypi.org/simple"),
    "environment-example": {".env.example": "API_KEY=your-api-key\n"},
    "names-alike": {"environment/a.txt": "x\n", "venv.py": "A = 1\n", "docs/git.md": "x\n"},
    "image": {"_assets/a.png": b"\x89PNG\r\n\x1a\n"},
    "credentials": code('def f(credentials):\n    api_key = credentials.get("api_key")\n    return bool(api_key)\n'),
    "environment": code('def f(os):\n    token = os.environ["ACME_TOKEN"]\n    return bool(token)\n'),
    "placeholders": {"a.yaml": 'api_key: "your-api-key"\npassword: "<your password>"\ntoken: ${TOKEN}\n'},
    "types": code('def f(api_key: str, token: str | None = None) -> str:\n    return "x"\n'),
    "counts": code('USAGE = {"max_tokens": "4096", "token_url": "https://acme.example/oauth/token"}\n'),
    "words": {"a.md": "A risk-assessment-of-large-harbours-2026 and disk-encryption-of-all-volumes.\n"},
    "syntax-of-3.12": {"lib/x.py": "type Metres = float\n"},
    "package-inside": {"old/weather-0.0.9.difypkg": b"PK"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_an_error_at_its_line(name: str) -> None:
    changes, member, line = REFUSED[name]
    found = [each for each in submitted(changes) if each.severity is Severity.ERROR]
    places = {(each.location.member, each.location.span.line if each.location.span else None) for each in found}
    assert any(place[0] == member and line in (None, place[1]) for place in places), places
    assert len(found) == 1, [(each.rule, each.location.member) for each in found]


@pytest.mark.parametrize("name", ASKED)
def test_what_a_reviewer_looks_at_is_said(name: str) -> None:
    changes, member = ASKED[name]
    assert [each for each in submitted(changes) if each.location.member == member]


@pytest.mark.parametrize("name", ODD)
def test_a_valid_form_that_is_refused_is_a_warning(name: str) -> None:
    changes, member, line = ODD[name]
    found = submitted(changes)
    assert worst(found) is Severity.WARNING
    said = [
        each
        for each in found
        if each.severity is Severity.WARNING
        and each.location.member == member
        and line in (None, each.location.span.line if each.location.span else None)
    ]
    assert any("pre-check" in each.message for each in said), [each.message for each in found]


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_has_no_error(name: str) -> None:
    found = submitted(TAKEN[name])
    assert [(each.rule, each.message) for each in found if each.severity is Severity.ERROR] == []


def test_a_submission_without_fault_has_no_finding() -> None:
    assert [(each.rule, each.message) for each in submitted({}) if not each.rule.startswith("locale/")] == []


def test_a_file_that_may_be_executed_is_looked_at() -> None:
    (found,) = submitted({}, modes={TOOL: 0o755})
    assert (found.rule, found.location.member) == ("package/executable", TOOL)


def test_the_policy_of_a_day() -> None:
    day = datetime.date(2026, 5, 1)
    options = Options(profile=Profile.MARKETPLACE, policy=day)
    early = submitted({**manifest("contact: crew@acme.example\n", ""), **sdk("dify_plugin>=0.6.0,<1")}, options=options)
    assert worst(early) is not Severity.ERROR


def test_elsewhere_the_policy_does_not_block() -> None:
    options = Options(profile=Profile.AUTHOR)
    for changes in (manifest("contact: crew@acme.example\n", ""), sdk("dify_plugin>=0.8.1,<1"), readme("\n晴\n")):
        assert worst(submitted(changes, options=options)) is not Severity.ERROR
