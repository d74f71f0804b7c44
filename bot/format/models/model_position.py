"""The order of a provider's models: a list of their names.

The daemon reads the file that `models.<type>.position` names; the SDK reads what the model pattern finds and ends in
`_position.yaml`.
"""

from typing import Annotated

from bot.format.models.base import Origin

ModelPosition = Annotated[
    list[Annotated[str, Origin("The name of a model.", place="model_position.order_item")]],
    Origin("The names of the models, in the order in which to show them.", place="model_position.order"),
]
