"""What an update changes for those who have the plugin: the surface of a version, and the difference of two."""

from __future__ import annotations

from bot.upgrade.difference import Change, Difference, Weight, change_of, difference
from bot.upgrade.surface import Element, Listing, Place, Sort, Surface, surface_of

__all__ = [
    "Change",
    "Difference",
    "Element",
    "Listing",
    "Place",
    "Sort",
    "Surface",
    "Weight",
    "change_of",
    "difference",
    "surface_of",
]
