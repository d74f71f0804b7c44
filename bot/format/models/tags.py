"""The tags that help users find a plugin or a provider in the marketplace."""

from typing import Literal

#: What daemon and SDK take of every kind of provider (S datasource_manifest.py:21).
CommonTag = Literal[
    "search",
    "image",
    "videos",
    "weather",
    "finance",
    "design",
    "travel",
    "social",
    "news",
    "medical",
    "productivity",
    "education",
    "business",
    "entertainment",
    "utilities",
    "other",
]
#: Of tools (S tool.py:218).
ToolTag = Literal[CommonTag, "rag"]
#: What the packager takes in a manifest (G tags.go:10).
PluginTag = Literal[CommonTag, "agent", "rag", "trigger"]
