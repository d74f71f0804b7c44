"""Builds zip archives, sound ones and the kind that no decent program writes."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping

#: Offsets in an entry of the archive's directory (APPNOTE.TXT 4.3.12) with the format of what stands there.
FLAGS = (8, "<H")
METHOD = (10, "<H")
CHECKSUM = (16, "<I")
PACKED_SIZE = (20, "<I")
SIZE = (24, "<I")
OFFSET = (42, "<I")


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    """An entry as Unix programs write it; `mode` as in `st_mode`."""
    info = zipfile.ZipInfo(name)
    info.filename = name  # the constructor cuts names at a zero byte
    info.create_system = 3
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def archive(
    members: Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]],
    *,
    comment: bytes = b"",
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A zip archive with these members in this order; the same name may come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about duplicate names
        for name, data in members.items() if isinstance(members, Mapping) else members:
            target.writestr(name, data)
        target.comment = comment
    return buffer.getvalue()


def directory_entry(data: bytes, name: bytes) -> int:
    """Where the directory entry of `name` begins."""
    position = data.rindex(b"PK\x05\x06")
    while (position := data.rindex(b"PK\x01\x02", 0, position)) >= 0:
        length = struct.unpack_from("<H", data, position + 28)[0]
        if data[position + 46 : position + 46 + length] == name:
            return position
    raise AssertionError(name)


def patched(data: bytes, name: bytes, where: tuple[int, str], value: int) -> bytes:
    """The archive with one number changed in the directory entry of `name`."""
    result = bytearray(data)
    offset, form = where
    struct.pack_into(form, result, directory_entry(data, name) + offset, value)
    return bytes(result)


def renamed(data: bytes, name: bytes, other: bytes) -> bytes:
    """The archive with a name changed wherever it stands, to raw bytes of the same length."""
    assert len(name) == len(other)
    assert data.count(name) == 2
    return data.replace(name, other)
