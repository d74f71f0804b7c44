"""Who something is: the block `identity` of what a provider lists, and of the provider itself."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from bot.findings import Reach
from bot.format.models.base import DEBUGGING, IDENTIFIER, PLATFORM, PROVIDER_ID, Origin, Remark, Spec, noise
from bot.format.models.i18n import I18n


class Identity(Spec):
    """Of a tool, an agent strategy, a datasource or an event."""

    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "display_name", "tags")

    author: Annotated[str, Origin("Who wrote it.")]
    name: Annotated[
        str,
        StringConstraints(pattern=IDENTIFIER),
        Origin("Its name, unique in its provider: letters, digits, - and _.", checked_by=DEBUGGING),
    ]
    label: Annotated[I18n, Origin("The name shown to users.")]


class ProviderIdentity(Spec):
    """Of a provider of tools, agent strategies, datasources or events."""

    author: Annotated[str, Origin("The author of the provider.")]
    name: Annotated[
        str,
        StringConstraints(pattern=PROVIDER_ID),
        Origin("The name of the provider: small letters, digits, - and _.", checked_by=PLATFORM, reach=Reach.PROVIDER),
    ]
    description: Annotated[I18n, Origin("What the provider does.")]
    label: Annotated[I18n, Origin("The name shown to users.")]
