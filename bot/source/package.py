"""A packaged plugin (`.difypkg`, a zip archive) as a source tree, read in memory.

What the installer does with an archive is written in langgenius/dify-plugin-daemon. On upload it refuses files over
`MAX_PLUGIN_PACKAGE_SIZE` (internal/server/controllers/plugins.go, `UploadPlugin`) and archives whose headers promise
more than that (pkg/plugin_packager/decoder/zip.go, `NewZipPluginDecoderWithSizeLimit`). It then reads *every* entry
for the checksum (decoder/checksum.go, `CalculateChecksum`) through `ReadFile`, which is Go's `archive/zip`
`Reader.Open`: one entry that this cannot open refuses the package. On installation `ExtractTo` writes each entry
as a plain file. `archive/zip` finds the *first* of two entries with one name, where most other tools take the last.
"""

from __future__ import annotations

import copy
import io
import re
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from bot.errors import UsageError
from bot.findings import quote, quote_list
from bot.messages import LAST_ITEM, joined, say
from bot.source.tree import Entry, Kind, Unreadable, regular_file

#: The installer's limit for the archive and, separately, for the sum of its unpacked files (bytes): the default of
#: `MAX_PLUGIN_PACKAGE_SIZE` in internal/types/app/default.go. A larger archive is not opened at all.
MAX_PACKAGE_BYTES = 52_428_800

#: Bytes that are unpacked in all, so that what lies a little over the limit can still be reviewed.
MAX_UNPACKED_BYTES = 2 * MAX_PACKAGE_BYTES

#: Larger files are not kept unpacked (bytes): few are read twice, and one may be half of a package.
MAX_KEPT_BYTES = 256 * 1024

#: Files are unpacked in pieces of so many bytes: asked for all, `zipfile` holds them three times over.
_PIECE_BYTES = 256 * 1024

#: Entries an archive may have to be opened. Marketplaces allow 5,000 files.
MAX_MEMBERS = 50_000

#: The longest file name and path, in bytes, that Linux lets the installer write (`limits.h`: NAME_MAX, PATH_MAX).
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4096

_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_END_BYTES = 22
_DIRECTORY_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = b"PK\x03\x04"
_LOCAL_HEADER_BYTES = 30
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20

#: The systems whose entries carry Unix modes (APPNOTE.TXT 4.4.2.2, "version made by"): Unix, and macOS.
_UNIX_SYSTEMS = frozenset({3, 19})

#: General purpose flags (APPNOTE.TXT 4.4.4): encryption, strong encryption, a masked directory; and UTF-8 names.
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_UTF8_NAME = 0x0800

#: All that Python's zipfile raises on archives it cannot make sense of.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    EOFError,
    OSError,
)


class ProblemCode(StrEnum):
    """What can be wrong with an archive as such, and what the installer does about it."""

    #: No zip archive. "difypkg: not a valid difypkg file".
    NOT_A_ZIP = "not-a-zip"
    #: Begins as a zip archive, but its end is missing. Refused as NOT_A_ZIP.
    TRUNCATED = "truncated"
    #: The directory at its end cannot be read, or miscounts. Refused: "difypkg: not a valid difypkg file".
    UNREADABLE = "unreadable"
    #: Bytes before its start or after its end, or two ends: programs differ on what is in the archive. Accepted.
    AMBIGUOUS = "ambiguous"
    #: Over `MAX_PACKAGE_BYTES`. "file size exceeds the maximum limit".
    ARCHIVE_TOO_LARGE = "archive-too-large"
    #: Its files come to more than `MAX_PACKAGE_BYTES`. "plugin package size is too large".
    UNPACKED_TOO_LARGE = "unpacked-too-large"
    #: Over `MAX_MEMBERS` entries. The installer has no such limit.
    TOO_MANY_MEMBERS = "too-many-members"
    #: A folder stored as an entry of its own. Refused: "read _assets: is a directory".
    DIRECTORY_ENTRY = "directory-entry"
    #: Two entries with one name. The installer uses the first.
    DUPLICATE_NAME = "duplicate-name"
    #: A file with the name of another file's folder. Refused when it is written out.
    NAME_CLASH = "name-clash"
    #: An absolute name, one with a `..` or a zero byte, an empty one. Refused: "invalid argument" (`fs.ValidPath`);
    #: an inner `..` and a drive letter are refused by the marketplace or other tools only.
    UNSAFE_NAME = "unsafe-name"
    #: A backslash in a name. Refused: "file does not exist" (`toValidName` has made it a slash).
    BACKSLASH_NAME = "backslash-name"
    #: `./` or `//` in a name. Accepted.
    UNCLEAN_NAME = "unclean-name"
    #: A name that is not UTF-8. Refused: "invalid argument" (`fs.ValidPath`).
    NAME_ENCODING = "name-encoding"
    #: Over `MAX_NAME_BYTES` or `MAX_PATH_BYTES`. Refused when it is written out: "file name too long".
    NAME_TOO_LONG = "name-too-long"
    #: A symbolic link. Written out as a text file that holds the link's target.
    SYMLINK = "symlink"
    #: A device, pipe or socket. Written out as a plain file.
    SPECIAL_FILE = "special-file"
    #: Encrypted. Refused: `archive/zip` knows no encryption, so the checksum is wrong.
    ENCRYPTED = "encrypted"
    #: Compressed with something else than deflate. Refused: "zip: unsupported compression algorithm".
    UNSUPPORTED_COMPRESSION = "unsupported-compression"
    #: Entries that share bytes of the archive. Accepted, but no tool writes such archives: it is how bombs are made.
    OVERLAPPING = "overlapping"
    #: Content that does not unpack to the size and checksum in the directory. Refused: "zip: checksum error",
    #: "unexpected EOF". Also an entry whose own header has another name, which the installer does not look at.
    CORRUPT = "corrupt"
    #: The plugin lies in a folder. Refused: `manifest.yaml` is read from the root only (decoder/helper.go, `Manifest`).
    WRAPPED = "wrapped"


#: With these problems the installer still accepts the package.
ACCEPTED_BY_INSTALLER = frozenset(
    {
        ProblemCode.AMBIGUOUS,
        ProblemCode.TOO_MANY_MEMBERS,
        ProblemCode.DUPLICATE_NAME,
        ProblemCode.UNCLEAN_NAME,
        ProblemCode.SYMLINK,
        ProblemCode.SPECIAL_FILE,
        ProblemCode.OVERLAPPING,
    }
)


class PackageProblem(Struct, frozen=True):
    """One thing that is wrong with an archive; `members` are the entries concerned, none for the archive itself.

    `message` is plain text in which names stand between backticks, made by `bot.findings.quote`.
    """

    code: ProblemCode
    message: str
    members: tuple[str, ...] = ()

    @property
    def member(self) -> str | None:
        """The first entry concerned, or None."""
        return self.members[0] if self.members else None


class PackageTree:
    """The files of a `.difypkg`, as the installer finds them. `name` names it in messages.

    Whatever is wrong with the archive is in `problems`; no archive raises. Entries that cannot be read safely are of
    `Kind.OTHER`, and names that are unsafe or undecodable are left out. Sizes are what the archive says, and are held
    to: unpacking stops one byte further. A file is unpacked when it is first read, and kept unless it is large.

    Raises `UsageError` when `data` is a path that cannot be read.
    """

    def __init__(self, data: bytes | Path, name: str) -> None:
        self.name = name
        content = _file_content(data) if isinstance(data, Path) else data
        self._problems = _Problems()
        self._archive = _open(content, self._problems)
        self._members: dict[str, zipfile.ZipInfo] = {}
        #: Why the entries of `Kind.OTHER` are not read.
        self._refusals: dict[str, str] = {}
        self._unpacked: dict[str, bytes | str] = {}
        self._budget = MAX_UNPACKED_BYTES
        #: The files that the budget has paid for.
        self._charged: set[str] = set()
        self._all_problems: tuple[PackageProblem, ...] | None = None
        self._entries = dict(sorted(self._list().items()))
        _check_wrapper(self._entries, self._problems)

    @property
    def comment(self) -> bytes:
        """The comment of the archive: the signature, where there is one (decoder/zip.go, `decode`)."""
        return self._archive.comment

    @property
    def problems(self) -> tuple[PackageProblem, ...]:
        """Everything that is wrong with the archive, one per code. To tell, every file is unpacked.

        Where the archive promises more than `MAX_UNPACKED_BYTES`, its content is not examined.
        """
        if self._all_problems is None:
            if sum(info.file_size for info in self._members.values()) <= MAX_UNPACKED_BYTES:
                damaged = {path: text for path in self._members if isinstance(text := self._content(path, 0), str)}
                if damaged:
                    reason = next(iter(damaged.values())) if len(damaged) == 1 else say("cannot be unpacked")
                    text = say("The archive is damaged: {files} {reason}.", files=quote_list(damaged, 5), reason=reason)
                    self._problems.archive(ProblemCode.CORRUPT, text, *damaged)
            self._all_problems = tuple(self._problems)
        return self._all_problems

    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, path: str) -> bytes:
        return self.head(path)

    def head(self, path: str, length: int | None = None) -> bytes:
        """The first bytes of a file, of a large one without holding the rest. Raises as `read` does."""
        if path in self._refusals:
            raise Unreadable(path, self._refusals[path])
        regular_file(self._entries, path)
        content = self._content(path, length)
        if isinstance(content, str):
            raise Unreadable(path, content)
        return content[:length]

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        """None: the installer writes links as text files."""
        return {}

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing to do: the archive is in memory."""

    def _list(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        infos = self._archive.infolist()
        overlapping = _overlapping(infos, self._archive.start_dir)
        for index, info in enumerate(infos):
            path, is_folder = _path(info, self._problems)
            if path is None:
                continue
            if is_folder:
                self._problems.add(ProblemCode.DIRECTORY_ENTRY, path + "/")
            elif path in entries:
                self._problems.add(ProblemCode.DUPLICATE_NAME, path)
            else:
                entries[path] = entry = self._entry(path, info, index in overlapping)
                if entry.kind is Kind.FILE:
                    self._members[path] = info
        # With "/" as the least character, whatever lies in a folder follows the folder's own name.
        for path, following in pairwise(sorted(entries, key=lambda path: path.replace("/", "\0"))):
            if following.startswith(path + "/"):
                self._problems.add(ProblemCode.NAME_CLASH, path)
        return entries

    def _entry(self, path: str, info: zipfile.ZipInfo, overlapping: bool) -> Entry:
        mode = info.external_attr >> 16 if info.create_system in _UNIX_SYSTEMS else 0
        executable = bool(mode & 0o111)
        if stat.S_ISLNK(mode):
            self._problems.add(ProblemCode.SYMLINK, path)
            return Entry(path, Kind.LINK, info.file_size)
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            self._problems.add(ProblemCode.SPECIAL_FILE, path)
            return Entry(path, Kind.OTHER, info.file_size)
        refusal = None
        if info.flag_bits & _ENCRYPTED:
            refusal = (ProblemCode.ENCRYPTED, say("is encrypted"))
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refusal = (ProblemCode.UNSUPPORTED_COMPRESSION, say("is compressed with something else than deflate"))
        elif overlapping:
            refusal = (ProblemCode.OVERLAPPING, say("shares bytes of the archive with another entry"))
        if refusal is None:
            return Entry(path, Kind.FILE, info.file_size, executable)
        code, self._refusals[path] = refusal
        self._problems.add(code, path)
        return Entry(path, Kind.OTHER, info.file_size, executable)

    def _content(self, path: str, length: int | None = None) -> bytes | str:
        """The bytes of a file, or why they cannot be had; of a large one no more than the first `length`.

        A large file is unpacked each time, and not kept.
        """
        if path in self._unpacked:
            return self._unpacked[path]
        info = self._members[path]
        if path not in self._charged:
            if info.file_size > self._budget:
                return say("is not unpacked: the package holds more than {n} MiB", n=MAX_UNPACKED_BYTES // 1024**2)
            self._charged.add(path)
            self._budget -= info.file_size
        is_large = info.file_size > MAX_KEPT_BYTES
        content = _unpack(self._archive, info, length if is_large else None)
        if not is_large or isinstance(content, str):
            self._unpacked[path] = content
        return content


class _Problems:
    """Collects problems, one per code, in the order in which the codes first occur."""

    _TEXTS: Mapping[ProblemCode, str] = {
        ProblemCode.DIRECTORY_ENTRY: say(
            "The archive has entries for folders, which the installer cannot read: {members}."
        ),
        ProblemCode.DUPLICATE_NAME: say(
            "The archive has several entries of the same name (the installer uses the first): {members}."
        ),
        ProblemCode.NAME_CLASH: say("The archive has files whose name is also that of a folder: {members}."),
        ProblemCode.UNSAFE_NAME: say(
            "The archive has names that are empty, absolute or leave their folder: {members}."
        ),
        ProblemCode.BACKSLASH_NAME: say(
            "The archive has names with backslashes, where the zip format requires slashes: {members}."
        ),
        ProblemCode.UNCLEAN_NAME: say("The archive has names with needless parts (`./`, `//`): {members}."),
        ProblemCode.NAME_ENCODING: say("The archive has names that are not UTF-8: {members}."),
        ProblemCode.NAME_TOO_LONG: say("The archive has names too long to be written out: {members}."),
        ProblemCode.SYMLINK: say(
            "The archive has symbolic links (the installer writes them as text files): {members}."
        ),
        ProblemCode.SPECIAL_FILE: say("The archive has devices, pipes or sockets: {members}."),
        ProblemCode.ENCRYPTED: say("The archive has encrypted files: {members}."),
        ProblemCode.UNSUPPORTED_COMPRESSION: say(
            "The archive has files compressed with something else than deflate: {members}."
        ),
        ProblemCode.OVERLAPPING: say("The archive has entries that share the same bytes: {members}."),
    }

    def __init__(self) -> None:
        self._messages: dict[ProblemCode, str] = {}
        self._members: dict[ProblemCode, dict[str, None]] = defaultdict(dict)

    def archive(self, code: ProblemCode, message: str, *members: str) -> None:
        """A problem of the archive itself, told in full."""
        self._messages[code] = message
        self._members[code] = dict.fromkeys(members)

    def add(self, code: ProblemCode, member: str) -> None:
        """One more entry with this problem."""
        self._messages.setdefault(code, "")
        self._members[code][member] = None

    def __iter__(self) -> Iterator[PackageProblem]:
        for code, message in self._messages.items():
            members = self._members[code]
            text = message or say(self._TEXTS[code], members=quote_list(members, 5))
            yield PackageProblem(code, text, tuple(members))


def _file_content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_PACKAGE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The package {path} cannot be read: {error.strerror or error}.") from error


def _open(data: bytes, problems: _Problems) -> zipfile.ZipFile:
    """The archive, opened; an empty one when it has no directory to go by."""
    nothing = zipfile.ZipFile(io.BytesIO(_DIRECTORY_END.ljust(_DIRECTORY_END_BYTES, b"\0")))
    if len(data) > MAX_PACKAGE_BYTES:
        text = say(
            "The package is larger than {most} MiB, which the installer refuses.", most=MAX_PACKAGE_BYTES // 1024**2
        )
        problems.archive(ProblemCode.ARCHIVE_TOO_LARGE, text)
        return nothing
    last = len(data) - _DIRECTORY_END_BYTES
    end = data.rfind(_DIRECTORY_END, max(0, last - 0xFFFF), last + len(_DIRECTORY_END)) if last >= 0 else -1
    if end < 0:
        if data.startswith(_LOCAL_HEADER):
            problems.archive(
                ProblemCode.TRUNCATED, say("The package is cut off: the end of the zip archive is missing.")
            )
        else:
            problems.archive(ProblemCode.NOT_A_ZIP, say("The package is not a zip archive."))
        return nothing
    # Counted before the directory is read: an entry takes 46 bytes in the archive and ten times that in memory.
    if data.count(_DIRECTORY_ENTRY) > MAX_MEMBERS:
        problems.archive(
            ProblemCode.TOO_MANY_MEMBERS, say("The archive has more than {most:,} entries.", most=MAX_MEMBERS)
        )
        return nothing
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except UnicodeDecodeError as error:
        name = bytes(error.object).decode("utf-8", "surrogateescape")
        problems.add(ProblemCode.NAME_ENCODING, name)
        return nothing
    except _BROKEN as error:
        text = say("The directory of the zip archive cannot be read: {error}.", error=quote(error))
        problems.archive(ProblemCode.UNREADABLE, text)
        return nothing
    _check_frame(data, end, archive, problems)
    total = sum(info.file_size for info in archive.infolist())
    if total > MAX_PACKAGE_BYTES:
        problems.archive(
            ProblemCode.UNPACKED_TOO_LARGE,
            say(
                "The files in the package come to {total:,} bytes; the installer refuses more than {most:,}.",
                total=total,
                most=MAX_PACKAGE_BYTES,
            ),
        )
    return archive


def _check_frame(data: bytes, end: int, archive: zipfile.ZipFile, problems: _Problems) -> None:
    """Holds the archive's last record to the file: programs agree on what is in an archive only if it fits exactly."""
    count, size, offset, comment = struct.unpack_from("<10xHIIH", data, end)
    listed = len(archive.infolist())
    if listed % 0x10000 != count:
        text = say(
            "The directory of the zip archive counts {count:,} entries, but lists {listed:,}.",
            count=count,
            listed=listed,
        )
        problems.archive(ProblemCode.UNREADABLE, text)
    wrong = []
    if end + _DIRECTORY_END_BYTES + comment != len(data):
        wrong.append(say("bytes follow its end"))
    if data.startswith(_ZIP64_LOCATOR, max(0, end - _ZIP64_LOCATOR_BYTES)):
        wrong.append(say("it has a second end, in the zip64 format for huge archives"))
    elif offset + size != end:
        wrong.append(say("bytes come before it or before its directory"))
    if wrong:
        text = say(
            "Programs may find different files in the zip archive, because {wrong}.", wrong=joined(LAST_ITEM, wrong)
        )
        problems.archive(ProblemCode.AMBIGUOUS, text)


def _path(info: zipfile.ZipInfo, problems: _Problems) -> tuple[str | None, bool]:
    """The path of an entry as the installer looks it up (None: not at all), and whether it stands for a folder."""
    # zipfile cuts names at a zero byte and reads old-style names as code page 437; Go takes the bytes as they are.
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME and not name.isascii():
        raw = name.encode("cp437")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            problems.add(ProblemCode.NAME_ENCODING, raw.decode("utf-8", "surrogateescape"))
            return None, False
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    path = "/".join(parts)
    if not parts or slashed.startswith("/") or ".." in parts or "\0" in path or re.match("[A-Za-z]:/", slashed):
        problems.add(ProblemCode.UNSAFE_NAME, name)
        return None, False
    written = path.encode()
    if len(written) > MAX_PATH_BYTES or max(map(len, written.split(b"/"))) > MAX_NAME_BYTES:
        problems.add(ProblemCode.NAME_TOO_LONG, name)
        return None, False
    if slashed != name:
        problems.add(ProblemCode.BACKSLASH_NAME, name)
    if path != slashed.removesuffix("/"):
        problems.add(ProblemCode.UNCLEAN_NAME, name)
    return path, slashed.endswith("/")


def _overlapping(infos: list[zipfile.ZipInfo], directory: int) -> frozenset[int]:
    """The indexes of the entries that share bytes with another one, or with the directory that starts at `directory`.

    Without overlaps, all that is ever unpacked is not a larger than the archive.
    """
    order = sorted(range(len(infos)), key=lambda index: infos[index].header_offset)
    found: set[int] = set()
    reach, owner = 0, -1  # how far the entries up to here extend, and which of them
    for index in order:
        info = infos[index]
        if info.header_offset < reach:
            found.update((index, owner) if owner >= 0 else (index,))
        name_bytes = len(info.orig_filename.encode() if info.flag_bits & _UTF8_NAME else info.orig_filename)
        end = info.header_offset + _LOCAL_HEADER_BYTES + name_bytes + info.compress_size
        if end > directory:
            found.add(index)
        if end > reach:
            reach, owner = end, index
    return frozenset(found)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, length: int | None = None) -> bytes | str:
    """The bytes of an entry, or why they cannot be had. Never unpacks more than the size the directory promises.

    With `length` the first bytes; the rest is unpacked all the same, and held to size and checksum.
    """
    probe = copy.copy(info)
    # zipfile stops silently at the size in the header; Go compares it with what there is.
    probe.file_size = MAX_UNPACKED_BYTES
    content, size = io.BytesIO(), 0  # Which gives its bytes away without a copy.
    try:
        with archive.open(probe) as stream:
            while piece := stream.read(min(_PIECE_BYTES, info.file_size + 1 - size)):
                size += len(piece)
                if length is None or content.tell() < length:
                    content.write(piece)
    except _BROKEN as error:
        return say("has a wrong checksum") if "CRC" in str(error) else say("cannot be unpacked")
    if size != info.file_size:
        if size > info.file_size:
            return say("unpacks to more than the {size:,} bytes promised", size=info.file_size)
        return say("unpacks to less than the {size:,} bytes promised", size=info.file_size)
    return content.getvalue()


def _check_wrapper(entries: Mapping[str, Entry], problems: _Problems) -> None:
    """Notes the folder that holds the whole plugin, if there is one. Leftovers of the macOS archiver do not count."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in entries} - {"__MACOSX"}
    if len(tops) == 1 and (manifest := f"{tops.pop()}/manifest.yaml") in entries:
        folder = quote(manifest.partition("/")[0])
        problems.archive(
            ProblemCode.WRAPPED,
            say(
                "The plugin lies in the folder {folder} of the package; its `manifest.yaml` must be at the root.",
                folder=folder,
            ),
            manifest,
        )
