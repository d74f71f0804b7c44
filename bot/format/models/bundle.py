"""The bundle manifest: `manifest.yaml` of a bundle, a set of plugins installed together.

G bundle_entities/bundle.go and dependency.go; D bundle.mdx describes the tool, not the fields. The SDK never reads
it, and the packager decodes it without checking values: what is wrong here shows when the bundle is installed.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from bot.format.models.base import INSTALLER, Asset, Origin, Spec
from bot.format.models.i18n import I18n
from bot.format.models.manifest import VERSION
from bot.format.models.tags import PluginTag

_ORG = r"[a-z0-9_-]{1,64}"
_NAME = r"[a-z0-9_-]{1,128}"
_EXACT = r"[0-9]{1,4}(\.[0-9]{1,4}){2}(-[0-9A-Za-z_]{1,16})?"
#: G dependency.go:172: a version with or without `~` or `^`, one with `x` parts, or a range.
_VERSION = rf"([~^]?{_EXACT}|([0-9]{{1,4}}|[xX])(\.([0-9]{{1,4}}|[xX])){{2}}|{_EXACT}-{_EXACT})"


class DependencyValue(Spec):
    """Which of the three keys is needed follows from the type of the dependency."""

    repo_pattern: Annotated[
        str | None,
        StringConstraints(pattern=rf"^{_ORG}/{_NAME}:{_VERSION}/.+$"),
        Origin("organisation/repository:version/asset", sdk=False, checked_by=INSTALLER),
    ] = None
    marketplace_pattern: Annotated[
        str | None,
        StringConstraints(pattern=rf"^{_ORG}/{_NAME}:{_VERSION}$"),
        Origin("organisation/plugin:version", sdk=False, checked_by=INSTALLER),
    ] = None
    path: Annotated[
        str | None, Asset(checked_by=INSTALLER), Origin("The name of a `.difypkg` in `_assets`.", sdk=False)
    ] = None


class Dependency(Spec):
    type: Annotated[
        Literal["github", "marketplace", "package"],
        Origin("Where the plugin comes from.", sdk=False, required_by=INSTALLER, checked_by=INSTALLER),
    ]
    value: Annotated[DependencyValue, Origin("Which plugin.", sdk=False, required_by=INSTALLER)]


class Bundle(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"label": "labels"}

    name: Annotated[
        str,
        StringConstraints(pattern=rf"^{_NAME}$"),
        Origin("The name of the bundle.", sdk=False, required_by=INSTALLER),
    ]
    labels: Annotated[I18n, Origin("The name shown to users.", sdk=False, required_by=INSTALLER)]
    description: Annotated[I18n, Origin("What the bundle is for.", sdk=False, required_by=INSTALLER)]
    icon: Annotated[
        str, Asset(checked_by=INSTALLER), Origin("The name of a file in `_assets`.", sdk=False, required_by=INSTALLER)
    ]
    version: Annotated[
        str,
        StringConstraints(pattern=VERSION),
        Origin("The version of the bundle.", sdk=False, required_by=INSTALLER, checked_by=INSTALLER),
    ]
    author: Annotated[
        str,
        StringConstraints(pattern=rf"^{_ORG}$"),
        Origin("The author.", sdk=False, required_by=INSTALLER, checked_by=INSTALLER),
    ]
    type: Annotated[
        Literal["bundle"],
        Origin("What the package is: a bundle.", sdk=False, required_by=INSTALLER, checked_by=INSTALLER),
    ]
    dependencies: Annotated[list[Dependency], Origin("The plugins of the bundle.", sdk=False, required_by=INSTALLER)]
    tags: Annotated[
        list[Annotated[PluginTag, Origin("A tag.", sdk=False, place="Bundle.tags.item", checked_by=INSTALLER)]] | None,
        Origin("Tags that help users find the bundle.", sdk=False),
    ] = None
