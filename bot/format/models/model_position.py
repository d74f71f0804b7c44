"""The order of a provider's models: a list of their names. G helper.go:115; S provider.py:256, 156.

The daemon reads the file that `models.<type>.position` names; the SDK reads what the model pattern finds and ends in
`_position.yaml`.
"""

from __future__ import annotations

from typing import Annotated

from bot.format.models.base import Origin

ModelPosition = Annotated[
    list[Annotated[str, Origin("The name of a model.", daemon="model_declaration.go:635", sdk="provider.py:161")]],
    Origin(
        "The names of the models, in the order in which to show them.", daemon="helper.go:125", sdk="provider.py:260"
    ),
]
