"""Rules that ask services on the network, where somebody asks for that."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.lookups import Answer, Known, State
from bot.messages import say
from bot.options import Profile
from bot.plugin import Plugin
from bot.rules.answers import missing
from bot.rules.registry import Example, Hit, NotJudged, at_value, rule

_SOURCE = "langgenius/dify-plugins, .github/workflows/pre-check-plugin.yaml"


@rule(
    "marketplace/version-exists",
    severity=Severity.ERROR,
    summary="The marketplace has this version of the plugin already.",
    why="The marketplace keeps what it has under author, name and version. The pre-check asks for the version and "
    "refuses one that is there. The input `marketplace-url` says which marketplace to ask.",
    fix="Raise `version` in the manifest.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check refuses the version.", _SOURCE),),
    bad=Example("version: 0.1.0\n", profile=Profile.MARKETPLACE, lookups=Known(published=Answer(State.YES))),
    good=Example("", profile=Profile.MARKETPLACE, lookups=Known(published=Answer(State.NO))),
)
def version_exists(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    author, name, version = (plugin.manifest.text_at(key) for key in ("author", "name", "version"))
    if plugin.is_bundle or not author or not name or not version:
        return
    answer = plugin.options.lookups.published(author, name, version)
    yield from missing(plugin, answer)
    if answer.state is State.YES:
        message = say(
            "Version {version} of {value} is published in the marketplace already.",
            version=quote(version),
            value=quote(f"{author}/{name}"),
        )
        yield at_value(plugin.manifest, ("version",), message, subject=version)


@rule(
    "marketplace/repository-missing",
    severity=Severity.WARNING,
    summary="There is no page at the address of the source repository.",
    why="Reviewers compare the package with its source, and users look there for help. A repository that is private, "
    "renamed or misspelt answers nobody. `lookups: repository` asks.",
    fix="Write the address of a repository that everybody can open.",
    authorities=(
        Authority(
            By.MARKETPLACE,
            "A reviewer asks for the source.",
            "langgenius/dify-plugins, docs/plugin-review-guidelines.md",
        ),
    ),
    bad=Example("repo: https://github.com/acme/wether\n", lookups=Known(repository=Answer(State.NO))),
    good=Example("repo: https://github.com/acme/weather\n", lookups=Known(repository=Answer(State.YES))),
)
def repository_missing(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    address = plugin.manifest.text_at("repo")
    if plugin.is_bundle or not address:
        return
    answer = plugin.options.lookups.repository(address)
    yield from missing(plugin, answer)
    if answer.state is State.NO:
        yield at_value(
            plugin.manifest,
            ("repo",),
            say("There is no public page at {address}.", address=quote(address)),
            subject=address,
        )
