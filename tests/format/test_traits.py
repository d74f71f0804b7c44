"""Every kind of document has its traits, and nothing that the models describe is forgotten in them."""

from __future__ import annotations

import pytest

from bot.format.judge.fields import EACH, Pattern, root_field, step
from bot.format.kinds import MODELS, model_of_structure
from bot.format.models.base import Spec
from bot.format.models.provider_config import NamelessProviderConfig
from bot.format.traits import TRAITS, DocumentKind, Structure

KINDS = list(DocumentKind)
ITEMS: tuple[type[Spec], ...] = (NamelessProviderConfig, *(model_of_structure(structure) for structure in Structure))


def forms_in_the_model(kind: DocumentKind) -> set[Pattern]:
    """Where documents of a kind hold lists or mappings of form items, found in the models themselves."""
    found: set[Pattern] = set()

    def look(model: type[Spec], pattern: Pattern) -> None:
        for name in model.model_fields:
            field = step(root_field(model), name)
            assert field is not None
            for inner in (field, step(field, 0), step(field, "any")):
                for each in inner.models if inner is not None else ():
                    if issubclass(each, ITEMS):
                        found.add((*pattern, name))
                    elif each is not model and EACH not in pattern and len(pattern) < 3:
                        look(each, (*pattern, name))

    if isinstance(MODELS[kind], type):
        look(MODELS[kind], ())
    return found


def test_every_kind_has_traits() -> None:
    assert list(TRAITS) == KINDS


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_form_of_the_model_is_a_form_of_the_kind(kind: DocumentKind) -> None:
    assert forms_in_the_model(kind) == {pattern for pattern, _ in TRAITS[kind].forms}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_traits_follow_the_model(kind: DocumentKind) -> None:
    traits, model = TRAITS[kind], MODELS[kind]
    keys = set(getattr(model, "model_fields", ()))
    assert traits.own_keys <= keys
    assert all(sign <= keys for sign in traits.signs)
    # The schema of an agent strategy is read by nobody who names variables by it.
    assert traits.has_output is ("output_schema" in keys and kind is not DocumentKind.AGENT_STRATEGY)
    assert all(step(root_field(model), pointer[0]) is not None for pointer in traits.names)
    if kind not in (DocumentKind.MANIFEST, DocumentKind.BUNDLE, DocumentKind.MODEL_POSITION):
        assert bool(traits.platform_list) is (kind not in (DocumentKind.ENDPOINT_GROUP, DocumentKind.ENDPOINT))
