"""Spec models: one module per document kind of the format, named as the format names it.

Annotations are not postponed here (`from __future__ import annotations`): pydantic would evaluate each of them whenever
the program starts, and those of base classes again for every model.
"""
