"""Asks services on the network what `bot.lookups` may be asked."""

from bot.services.kept import Kept
from bot.services.services import Services

__all__ = ["Kept", "Services"]
