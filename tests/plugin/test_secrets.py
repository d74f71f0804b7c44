"""Secrets in texts, on a labelled set; what is shown of them; and how long a hostile text takes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import By
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.plugin.secrets import Search, Sort, entropy, masked, secrets, without_secrets
from bot.review.engine import open_plugin
from bot.rules.registry import catalogue
from bot.source.memory import MemoryTree
from tests.support.submitting import packed, submission, submitted

KEY = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWxYzk"
HEX = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
JWT = "eyJhbGciOiJIUzI1NiJ9" + "." + "eyJzdWIiOiJhY21lIiwiaWF0IjoxNzAwMDAwMDAwfQ" + ".c2lnbmF0dXJlLW9mLXRoaXM"

LABELLED = [
    ("a.py", f'KEY = "sk-ant-api03-{KEY}"', Sort.CERTAIN),
    ("a.py", f'KEY = "sk-{KEY}"', Sort.CERTAIN),
    ("a.md", f"Use ghp_{KEY} for now", Sort.CERTAIN),
    ("a.md", f"hf_{KEY[:34]}", Sort.CERTAIN),
    ("a.json", f'{{"t": "glpat-{KEY[:20]}"}}', Sort.CERTAIN),
    ("a.json", f'{{"t": "{JWT}"}}', Sort.CERTAIN),
    ("a.txt", f"-----BEGIN PRIVATE KEY-----\n{KEY}{KEY}\n", Sort.CERTAIN),
    ("a.py", f'A = "-----BEGIN RSA PRIVATE KEY-----\\n{KEY}{KEY}"', Sort.CERTAIN),
    ("a.yaml", f"api_key: {HEX}", Sort.RANDOM),
    ("a.py", f'client_secret = "{KEY}"', Sort.RANDOM),
    ("a.py", f'{{"api_key": "{KEY}"}}', Sort.RANDOM),
    ("a.env", f"ACME_TOKEN={KEY}", Sort.RANDOM),
    ("a.yaml", 'password: "low-tide-1987"', Sort.PLAIN),
    ("a.py", 'PASSWORD = "low-tide-1987"', Sort.PLAIN),
    ("a.md", f"sk-{'x' * 30}", Sort.EXAMPLE),
    ("a.md", "xoxb-your-bot-token-here", Sort.EXAMPLE),
    ("a.md", "xoxb-1234567890-abcdef", Sort.EXAMPLE),
    ("a.md", f"xoxp-123456789012-123456789012-{KEY[:24]}", Sort.CERTAIN),
    ("a.md", f"eyJ{KEY[:12]}.{KEY[:16]}.{KEY[:20]}", Sort.CERTAIN),
    ("a.md", "eyJxxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx", Sort.EXAMPLE),
    ("a.pem", f"-----BEGIN PRIVATE KEY-----\n{KEY[:24]}\n-----END", Sort.CERTAIN),
    ("a.md", f"-----BEGIN PRIVATE KEY-----\n{KEY[:24]}...\n", Sort.EXAMPLE),
    ("a.md", "AKIA" + "IOSFODNN7EXAMPLE", Sort.EXAMPLE),
    ("a.py", 'if "-----BEGIN PRIVATE KEY-----" in key:', Sort.EXAMPLE),
    ("a.py", 'api_key = credentials.get("api_key")', None),
    ("a.py", 'token = os.environ["ACME_SERVICE_TOKEN"]', None),
    ("a.md", 'api_key = self.runtime.credentials.get("api_key")', None),
    ("a.yaml", 'api_key: "your-api-key"', None),
    ("a.yaml", "api_key:\n  type: secret-input\n  required: true", None),
    ("a.yaml", "client_secret: ${CLIENT_SECRET}", None),
    ("a.yaml", "token: xxxxxxxxxxxxxxxxxxxx", None),
    ("a.py", 'def f(api_key: str, token: str | None = None, secret: bytes = b"") -> str:', None),
    ("a.py", "max_tokens = 4096", None),
    ("a.json", '{"token_url": "https://acme.example/oauth/token"}', None),
    ("a.py", 'header = f"token={token}"', None),
    ("a.md", "risk-assessment-of-large-harbours-2026, disk-encryption-of-all-volumes", None),
    ("a.yaml", "password: <your password>", None),
    ("a.md", "decode the token:\n\n```bash\npip install\n```", None),
    ("a.md", f"The secret :\n{KEY}", None),
]


@pytest.mark.parametrize(("path", "text", "sort"), LABELLED, ids=range(len(LABELLED)))
def test_a_text_holds_a_secret_or_none(path: str, text: str, sort: Sort | None) -> None:
    assert [found.sort for found in secrets(path, text)] == ([sort] if sort else [])


def test_what_was_searched_before_hides_nothing() -> None:
    search = Search()
    for path, text, _ in [*LABELLED, *LABELLED]:
        for each in (text, f"# The same in each\n{text}\n", f"{text}\n{text}"):
            assert search.secrets(path, each) == secrets(path, each)


ODD = {"\u0130", f"to\u212aen: {KEY}", "\r", ""}
LINES = sorted(ODD | {line for _, text, _ in LABELLED for line in text.split("\n")})
TEXTS = st.tuples(st.sampled_from(["a.py", "a.yaml"]), st.lists(st.sampled_from(LINES), max_size=6).map("\n".join))


@given(st.lists(TEXTS, max_size=4))
def test_what_a_line_holds_does_not_depend_on_the_texts_that_were_searched_before(texts: list[tuple[str, str]]) -> None:
    search = Search()
    for path, text in texts:
        assert search.secrets(path, text) == secrets(path, text)


def test_a_letter_that_becomes_two_hides_no_name() -> None:
    search = Search()
    line = f"to\u212aen: {KEY}"
    for text in (f"\u0130\n{line}", line):
        assert len(secrets("a.yaml", text)) == len(search.secrets("a.yaml", text)) == 1


def test_what_is_found_is_where_it_stands() -> None:
    text = f'a: 1\nb: "ghp_{KEY}"\n'
    (found,) = secrets("a.yaml", text)
    assert text[found.start : found.end] == f"ghp_{KEY}"
    assert found.masked == masked(f"ghp_{KEY}", 4) == f"ghp_… ({len(KEY) + 4} characters)"


def test_no_output_shows_a_secret() -> None:
    line = f'    logging.error("{KEY} payment", extra={{"api_key": "sk-{KEY}"}})'
    source = f"import logging\n\n\ndef f():\n{line}\n    return eval(line)\n"
    found = submitted({"lib/x.py": source, "docs/pay.md": f"Payments with sk-{KEY}.\n"})
    assert {each.rule for each in found} >= {"security/secret", "marketplace/financial-words"}
    assert all(f"sk-{KEY}" not in repr(each) for each in found)


def test_a_lock_file_is_searched_but_for_the_files_of_pypi() -> None:
    locked = (
        '    { url = "https://files.pythonhosted.org/packages/ab/cd/'
        + "0123456789abcdef" * 4
        + '/acme-1.0-py3-none-any.whl",'
        ' hash = "sha256:' + HEX * 2 + '", size = 16081, upload-time = "2024-05-20T21:33:25.928Z" },\n'
    )
    index = f'source = {{ registry = "https://user:sk-{KEY}@index.example.org/simple" }}\n'
    extended = locked.replace(" },", f', token = "sk-{KEY[::-1]}" }},')
    found = submitted({"uv.lock": locked * 2 + index + extended})
    spans = [each.location.span for each in found if each.rule == "security/secret"]
    assert [(span.line, span.column) for span in spans if span] == [
        (3, index.index("sk-") + 1),
        (4, extended.index("sk-") + 1),
    ]


def test_two_vendors_with_one_beginning_are_told_apart() -> None:
    text = f"sk-ant-api03-{KEY} sk-{KEY} xsk-{KEY} foo-sk-{KEY}"
    whats = [(each.what, each.start) for each in secrets("a.md", text)]
    other = "a token of OpenAI or a compatible service"
    assert whats == [
        ("a token of Anthropic", 0),
        (other, text.index(" sk-") + 1),
        (other, text.index("foo-sk-") + 4),
    ]


def test_one_secret_in_many_places_is_said_once_and_private_keys_are_told_apart() -> None:
    call = f'{{"acme_token": "{KEY}"}}\n'
    pem = "-----BEGIN PRIVATE KEY-----\n{0}{0}\n"
    files = {"docs/a.md": call * 2, "docs/b.md": call, "docs/c.md": pem.format(KEY) + pem.format(KEY[::-1])}
    found = [each for each in submitted(files) if each.rule == "security/secret"]
    places = [(each.location.member, each.location.span.line) for each in found if each.location.span]
    assert places == [("docs/a.md", 1), ("docs/c.md", 1), ("docs/c.md", 3)]
    assert found[0].message.endswith("The same value stands 2 more times, in `docs/a.md`, `docs/b.md`.")


def test_the_marketplace_objects_to_what_its_pre_check_sees() -> None:
    """It wants a name without quotes before the value."""
    found = submitted({"docs/a.md": f'{{"acme_token": "{KEY}"}}\n', "docs/b.md": f"acme_token: {KEY[::-1]}\n"})
    who = [[each.by for each in hit.authorities] for hit in found if hit.rule == "security/secret"]
    assert who == [[By.PROJECT], [By.PROJECT, By.MARKETPLACE]]


def test_texts_are_shown_without_secrets() -> None:
    assert without_secrets(f"It is `sk-{KEY}`, is it?") == f"It is `sk-… ({len(KEY) + 3} characters)`, is it?"
    assert without_secrets("Nothing here.") == "Nothing here."


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
    assert entropy("") == 0


def test_a_secret_inside_of_a_value() -> None:
    (found,) = secrets("a.md", "password: token=" + "token=" * 25 + "aK9x-77")
    assert (found.end - found.start, found.key) == (7, "token")


@pytest.mark.parametrize(
    "piece", ["token", "token=", "sk-", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "api_key: '", "secret" + " " * 9]
)
def test_a_hostile_text_takes_no_long(piece: str) -> None:
    text = piece * (262_144 // len(piece))
    start = time.process_time()
    secrets("a.md", text)
    assert time.process_time() - start < 3


def test_the_rules_are_there() -> None:
    assert {"security/secret", "security/secret-lookalike", "security/possible-secret"} <= set(catalogue())


@pytest.mark.parametrize(
    ("line", "is_seen"),
    [
        (f"api_key: {KEY}", True),
        (f"x-apikey: {KEY}", True),
        (f"passwd: {KEY}", False),
        (f"api-key: {KEY}", False),
        (f'{{"api_key": "{KEY}"}}', False),
    ],
)
def test_what_the_pre_check_sees(line: str, is_seen: bool) -> None:
    (secret,) = secrets("a.yaml", line)
    assert (secret.sort, secret.is_assigned) == (Sort.RANDOM, is_seen)


@pytest.mark.parametrize("name", ["data/model.bin", "data/letter.docx", "data/key.whl", "data/icon.png"])
def test_a_text_with_the_name_of_something_else_in_a_package(name: str) -> None:
    files = {**submission(), name: f"ghp_{KEY}\n".encode()}
    tree = MemoryTree({"acme.difypkg": packed(files)})
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=Profile.MARKETPLACE))
    found = [hit.location.member for hit in catalogue()["security/secret"].findings(plugin)]
    assert found == ([] if name.endswith(".png") else [name])
