"""What the installer does about a wrong manifest."""

from __future__ import annotations

NOT_INSTALLED = "The plugin packages, but Dify refuses to install it."
