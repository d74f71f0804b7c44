"""Who objects to a missing key and to a value of the right type, by what the models say of the field."""

from __future__ import annotations

from bot.findings import By
from bot.format.judge.fields import Field
from bot.format.models.base import Origin
from bot.format.models.i18n import I18nObject
from bot.format.traits import DocumentKind


def is_localized(field: Field | None) -> bool:
    """Whether the field holds one text in several languages."""
    return field is not None and any(issubclass(model, I18nObject) for model in field.models)


def required_by(kind: DocumentKind, outer: Field, field: Field, *, sdk_reads: bool) -> tuple[By, ...]:
    """Who refuses a document of this kind in which the mapping `outer` lacks the key of `field`."""
    origin = field.marker(Origin)
    if origin is None:
        return ()
    required = origin.required_by or ((By.SDK,) if origin.sdk and not origin.nested else ())
    if not (outer.read_by_sdk and sdk_reads):
        required = tuple(by for by in required if by is not By.SDK)
    if is_localized(outer):
        if kind is DocumentKind.MANIFEST:
            required = (By.PACKAGER, *required)  # G basic_type.go:10, a tag that the packager checks here only.
        if kind is DocumentKind.BUNDLE:
            required = (By.INSTALLER,)
    return required


def checked_by(kind: DocumentKind, outer: Field | None, field: Field, *, sdk_reads: bool) -> tuple[By, ...]:
    """Who refuses a value of the right type for what it says."""
    if is_localized(outer):
        # G basic_type.go:10. The validator runs over a manifest when it is packaged, over the rest when debugging.
        if kind is DocumentKind.MANIFEST:
            return (By.PACKAGER,)
        return () if kind in (DocumentKind.MODEL, DocumentKind.BUNDLE) else (By.DEBUGGING,)
    for origin in reversed(field.origins):
        if origin.checked_by is not None:
            return origin.checked_by
        if origin is field.origin:
            break
    if field.read_by_sdk:
        return (By.SDK,) if sdk_reads else ()
    return (By.DEBUGGING,)
