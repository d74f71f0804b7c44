"""What the installer does about a wrong manifest."""

from __future__ import annotations

from bot.messages import say

NOT_INSTALLED = say("The plugin packages, but Dify refuses to install it.")
