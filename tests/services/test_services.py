"""What services are asked, and that an answer which is none is neither a yes nor a no."""

from __future__ import annotations

import json

import pytest

from bot.lookups import NOTHING, State
from bot.services import Services, services
from tests.support.site import Site, site

__all__ = ["site"]


PATH = "/api/v1/plugins/acme/weather/0.1.0"


@pytest.mark.parametrize(
    ("status", "content", "state"),
    [
        (200, b'{"code": 0, "data": {}}', State.YES),
        (200, b'{"code": 404, "message": "not found"}', State.NO),
        (404, b"not found", State.NO),
        (503, b"", State.UNKNOWN),
        (429, b"", State.UNKNOWN),
        (403, b"", State.UNKNOWN),
        (200, b"<html>a portal that asks to log in</html>", State.UNKNOWN),
        (200, b"[]", State.UNKNOWN),
        (200, b"[" * 100_000, State.UNKNOWN),
        (302, b"http://169.254.169.254/", State.UNKNOWN),
    ],
)
def test_whether_a_version_is_published(site: Site, status: int, content: bytes, state: State) -> None:
    site.answers[PATH] = (status, content)
    asked = Services(site.url)
    answer = asked.published("acme", "weather", "0.1.0")
    assert answer.state is state
    assert bool(answer.reason) is (state is State.UNKNOWN)
    assert {path for path, _ in site.asked} == {PATH}
    assert len(site.asked) <= services.ATTEMPTS
    # It is asked once in a run.
    before = len(site.asked)
    assert asked.published("acme", "weather", "0.1.0") == answer
    assert len(site.asked) == before


@pytest.mark.parametrize("name", ["../../admin", "weather?x=1", "a/b", "", "wéather"])
def test_a_name_that_cannot_stand_in_an_address_is_not_asked_for(site: Site, name: str) -> None:
    assert Services(site.url).published("acme", name, "0.1.0").state is State.UNKNOWN
    assert site.asked == []


def test_a_marketplace_that_is_not_there() -> None:
    answer = Services("http://127.0.0.1:9").published("acme", "weather", "0.1.0")
    assert answer.state is State.UNKNOWN
    assert "run the job again" in answer.reason


def test_nothing_is_asked_that_nobody_asked_for(site: Site) -> None:
    for quiet in (NOTHING, Services()):
        assert quiet.published("acme", "weather", "0.1.0").state is State.NOT_ASKED
        assert quiet.repository("https://github.com/acme/weather").state is State.NOT_ASKED
        assert quiet.vulnerabilities([("requests", "2.19.0")])[0].state is State.NOT_ASKED
    assert site.asked == []


def test_known_vulnerabilities_are_asked_for_together_and_twins_are_one(site: Site) -> None:
    site.answers["/v1/querybatch"] = (
        200,
        json.dumps(
            {
                "results": [
                    {"vulns": [{"id": "GHSA-x84v"}, {"id": "PYSEC-2018-28"}]},
                    {},
                    {"vulns": [{"id": "GHSA-low"}]},
                ]
            }
        ).encode(),
    )
    advisory = {"aliases": ["CVE-2018-18074", "PYSEC-2018-28"], "database_specific": {"severity": "MODERATE"}}
    site.answers["/v1/vulns/GHSA-x84v"] = (200, json.dumps(advisory).encode())
    site.answers["/v1/vulns/PYSEC-2018-28"] = (200, json.dumps({"aliases": ["CVE-2018-18074"]}).encode())
    site.answers["/v1/vulns/GHSA-low"] = (500, b"")
    asked = Services(vulnerabilities=True, osv_url=site.url)
    releases = [("requests", "2.19.0"), ("dify-plugin", "0.9.0"), ("pyyaml", "5.3")]
    answer, found = asked.vulnerabilities(releases)
    assert answer.state is State.YES
    assert [(item.package, item.ids, item.severity) for item in found] == [
        ("requests", ("CVE-2018-18074", "GHSA-x84v", "PYSEC-2018-28"), "medium"),
        ("pyyaml", ("GHSA-low",), ""),
    ]
    (question,) = [body for path, body in site.asked if path == "/v1/querybatch"]
    assert question["queries"][0] == {"package": {"name": "requests", "ecosystem": "PyPI"}, "version": "2.19.0"}


@pytest.mark.parametrize("content", [b'{"results": []}', b"{}", b"[]", b"no"])
def test_an_answer_about_other_releases_is_none(site: Site, content: bytes) -> None:
    site.answers["/v1/querybatch"] = (200, content)
    answer, found = Services(vulnerabilities=True, osv_url=site.url).vulnerabilities([("requests", "2.19.0")])
    assert (answer.state, list(found)) == (State.UNKNOWN, [])


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://user@github.com/a/b",
        "https://[",
        "",
    ],
)
def test_only_hosts_of_source_repositories_are_asked(address: str) -> None:
    made = Services(repository=True)
    assert made.repository(address).state is State.UNKNOWN
    assert made.requests == 0


def test_an_endless_answer_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_BYTES", 1000)
    site.answers[PATH] = (200, b" " * 100_000)
    assert Services(site.url).published("acme", "weather", "0.1.0").state is State.UNKNOWN
