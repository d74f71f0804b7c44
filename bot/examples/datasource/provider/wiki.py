"""The credentials of the wiki."""

from collections.abc import Mapping
from typing import Any

from dify_plugin.errors.tool import ToolProviderCredentialValidationError
from dify_plugin.interfaces.datasource import DatasourceProvider


class WikiProvider(DatasourceProvider):
    def _validate_credentials(self, credentials: Mapping[str, Any]) -> None:
        if not credentials.get("access_token"):
            raise ToolProviderCredentialValidationError("An access token is needed.")
