"""A pull request that submits a package to a marketplace: its text, and what it changes beside the package."""

from bot.submission.submission import Submission

__all__ = ["Submission"]
