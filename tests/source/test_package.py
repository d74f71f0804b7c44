"""Packages: sound ones, and archives made to mislead, to burst or to break their reader.

What the installer does with each is stated on `ProblemCode`. It was confirmed with Go's `archive/zip`, in the steps
of the daemon's decoder, on archives made as they are here.
"""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.source import ACCEPTED_BY_INSTALLER, Kind, PackageTree, ProblemCode, Unreadable
from bot.source import package as module
from tests.source.archives import (
    CHECKSUM,
    FLAGS,
    METHOD,
    OFFSET,
    PACKED_SIZE,
    SIZE,
    archive,
    directory_entry,
    entry,
    patched,
    renamed,
)

Result = TypeVar("Result")

MANIFEST = ("manifest.yaml", b"type: plugin\n")
THREE = archive([MANIFEST, ("a.txt", b"A" * 50), ("b.txt", b"B" * 50)])
STORED = archive([MANIFEST, ("a.txt", b"A" * 50), ("b.txt", b"B" * 50)], compression=zipfile.ZIP_STORED)
SECOND = STORED.index(b"PK\x03\x04", 4)
"""Where `a.txt` begins in it."""


def opened(data: bytes) -> PackageTree:
    return PackageTree(data, "acme.difypkg")


def codes(data: bytes) -> list[ProblemCode]:
    return [problem.code for problem in opened(data).problems]


def only_problem(data: bytes) -> tuple[ProblemCode, str, tuple[str, ...]]:
    (problem,) = opened(data).problems
    assert problem.member == (problem.members[0] if problem.members else None)
    return problem.code, problem.message, problem.members


def kinds(data: bytes) -> dict[str, Kind]:
    return {path: entry.kind for path, entry in opened(data).entries().items()}


def with_peak(action: Callable[[], Result]) -> tuple[Result, int]:
    """What `action` gives, and the most bytes of memory it has held."""
    tracemalloc.start()
    try:
        return action(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestSound:
    def test_no_problems(self) -> None:
        assert codes(THREE) == []
        assert codes(archive({})) == []

    def test_signature(self) -> None:
        signed = archive([MANIFEST], comment=b'{"signature": "s", "time": 1}')
        assert opened(signed).comment == b'{"signature": "s", "time": 1}'
        assert codes(signed) == []
        assert opened(THREE).comment == b""

    def test_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "acme.difypkg").write_bytes(THREE)
        assert PackageTree(tmp_path / "acme.difypkg", "acme.difypkg").read("a.txt") == b"A" * 50

    def test_from_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"The package .*missing\.difypkg cannot be read: No such file"):
            PackageTree(tmp_path / "missing.difypkg", "missing.difypkg")

    def test_reads_of_one_file_unpack_no_other(self) -> None:
        """A damaged file does not hinder its neighbours."""
        tree = opened(patched(THREE, b"a.txt", CHECKSUM, 1))
        assert tree.read("b.txt") == b"B" * 50
        with pytest.raises(Unreadable, match=r"a\.txt has a wrong checksum"):
            tree.read("a.txt")

    def test_a_large_file_is_in_memory_once_and_for_its_beginning_not_at_all(self) -> None:
        size = 4 * 1024**2
        whole = archive([("a.bin", bytes(size))])
        tree, damaged = opened(whole), opened(patched(whole, b"a.bin", CHECKSUM, 1))
        assert with_peak(lambda: tree.problems)[1] < size / 2
        head, peak = with_peak(lambda: tree.head("a.bin", 5))
        assert (head, peak < size / 2) == (bytes(5), True)
        content, peak = with_peak(lambda: tree.read("a.bin"))
        assert (content, peak < size * 1.5) == (bytes(size), True)
        # The end is looked at all the same.
        with pytest.raises(Unreadable, match="wrong checksum"):
            damaged.head("a.bin", 5)

    def test_problems_are_the_same_before_and_after_reading(self) -> None:
        data = patched(THREE, b"a.txt", CHECKSUM, 1)
        before, after = opened(data), opened(data)
        after.read("b.txt")
        assert before.problems == after.problems == before.problems

    def test_utf8_names_without_the_utf8_flag(self) -> None:
        data = renamed(archive([MANIFEST, ("readme0000.md", b"x")]), b"readme0000.md", "readme.天.md".encode())
        assert opened(data).read("readme.天.md") == b"x"
        assert codes(data) == []

    def test_packages_in_packages(self) -> None:
        """Their directories are not part of the outer one, even stored without compression at the very end."""
        data = archive([MANIFEST, ("inner.difypkg", STORED)], compression=zipfile.ZIP_STORED)
        assert opened(data).read("inner.difypkg") == STORED
        assert codes(data) == []

    @given(
        files=st.dictionaries(
            st.text(st.characters(exclude_characters="/\\\0:", exclude_categories=["Cs"]), min_size=1, max_size=8)
            .filter(lambda name: name not in (".", ".."))
            .map(lambda name: f"folder/{name}"),
            st.binary(max_size=300),
            max_size=6,
        ),
        compression=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
        comment=st.binary(max_size=40).filter(lambda text: b"PK" not in text),
    )
    def test_gives_back_what_was_packed(self, files: dict[str, bytes], compression: int, comment: bytes) -> None:
        tree = opened(archive(files, compression=compression, comment=comment))
        assert {path: tree.read(path) for path in tree.entries()} == files
        assert list(tree.entries()) == sorted(files)
        assert tree.problems == ()


class TestNoArchive:
    @pytest.mark.parametrize("data", [b"", b"P", b"PK", b"hello " * 10, b"\x1f\x8b\x08" + bytes(50), b"PK\x05\x06"])
    def test_not_a_zip(self, data: bytes) -> None:
        assert only_problem(data) == (ProblemCode.NOT_A_ZIP, "The package is not a zip archive.", ())
        assert opened(data).entries() == {}

    @pytest.mark.parametrize("cut", [30, 100, len(THREE) - 4])
    def test_truncated(self, cut: int) -> None:
        assert codes(THREE[:-cut]) == [ProblemCode.TRUNCATED]
        assert opened(THREE[:-cut]).entries() == {}

    def test_too_large(self) -> None:
        data = THREE.ljust(module.MAX_PACKAGE_BYTES + 1, b"\0")
        message = "The package is larger than 50 MiB, which the installer refuses."
        assert only_problem(data) == (ProblemCode.ARCHIVE_TOO_LARGE, message, ())

    def test_too_large_a_file(self, tmp_path: Path) -> None:
        """It is not read to its end."""
        with (tmp_path / "huge.difypkg").open("wb") as file:
            file.truncate(3 * module.MAX_PACKAGE_BYTES)
        tree, peak = with_peak(lambda: PackageTree(tmp_path / "huge.difypkg", "huge.difypkg"))
        assert [problem.code for problem in tree.problems] == [ProblemCode.ARCHIVE_TOO_LARGE]
        assert peak < 2 * module.MAX_PACKAGE_BYTES

    def test_too_many_members(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_MEMBERS", 3)
        assert codes(THREE) == []
        monkeypatch.setattr(module, "MAX_MEMBERS", 2)
        assert only_problem(THREE) == (ProblemCode.TOO_MANY_MEMBERS, "The archive has more than 2 entries.", ())
        assert opened(THREE).entries() == {}

    def test_unreadable_directory(self) -> None:
        position = directory_entry(THREE, b"a.txt")
        data = THREE[:position] + b"XX" + THREE[position + 2 :]
        assert codes(data) == [ProblemCode.UNREADABLE]
        assert opened(data).entries() == {}

    def test_miscounted_directory(self) -> None:
        data = THREE[:-12] + struct.pack("<H", 7) + THREE[-10:]
        message = "The directory of the zip archive counts 7 entries, but lists 3."
        assert only_problem(data) == (ProblemCode.UNREADABLE, message, ())


class TestAmbiguous:
    """Archives in which programs find different files."""

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"#!/bin/sh\n" + THREE, "bytes come before it or before its directory"),
            (THREE + b"more", "bytes follow its end"),
            (THREE + STORED, "bytes come before it or before its directory"),
        ],
        ids=["script in front", "bytes behind", "two archives"],
    )
    def test_archives_with_more_around_them(self, data: bytes, why: str) -> None:
        message = f"Programs may find different files in the zip archive, because {why}."
        assert only_problem(data) == (ProblemCode.AMBIGUOUS, message, ())

    def test_a_second_archive_in_the_comment(self) -> None:
        """Python's zipfile would show the archive in the comment; nothing of this may go unnoticed."""
        assert ProblemCode.AMBIGUOUS in codes(archive([MANIFEST], comment=STORED))

    def test_a_second_end_for_huge_archives(self) -> None:
        """Python's zipfile follows it wherever it stands; Go's reader does only if the first end says so."""
        end = len(THREE) - 22
        start = directory_entry(THREE, b"manifest.yaml")
        second = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 3, 3, end - start, start)
        locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
        # The first end counts the second one to its directory, and so fits exactly.
        first = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 3, 3, end + 76 - start, start, 0)
        why = "it has a second end, in the zip64 format for huge archives"
        message = f"Programs may find different files in the zip archive, because {why}."
        assert only_problem(THREE[:end] + second + locator + first) == (ProblemCode.AMBIGUOUS, message, ())


class TestNames:
    def test_folders(self) -> None:
        data = archive([MANIFEST, ("_assets/", b""), ("_assets/icon.svg", b"<svg/>"), ("empty/", b"")])
        message = "The archive has entries for folders, which the installer cannot read: `_assets/`, `empty/`."
        assert only_problem(data) == (ProblemCode.DIRECTORY_ENTRY, message, ("_assets/", "empty/"))
        assert list(kinds(data)) == ["_assets/icon.svg", "manifest.yaml"]

    def test_duplicates_as_the_installer_takes_them(self) -> None:
        data = archive([MANIFEST, ("a.txt", b"first"), ("a.txt", b"second"), ("a.txt", b"third")])
        message = "The archive has several entries of the same name (the installer uses the first): `a.txt`."
        assert only_problem(data) == (ProblemCode.DUPLICATE_NAME, message, ("a.txt",))
        assert opened(data).read("a.txt") == b"first"

    def test_a_file_that_is_also_a_folder(self) -> None:
        data = archive([MANIFEST, ("a", b"file"), ("a!", b""), ("a/b", b"x")])
        assert only_problem(data)[::2] == (ProblemCode.NAME_CLASH, ("a",))

    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "..",
            "a/../../evil",
            "a/../b",
            "/etc/passwd",
            "//host/x",
            "..\\evil",
            "C:\\x",
            "C:/x",
            "a\0b",
            "",
            ".",
        ],
    )
    def test_unsafe(self, name: str) -> None:
        data = archive([MANIFEST, (entry(name), b"evil")])
        code, _, members = only_problem(data)
        assert (code, members) == (ProblemCode.UNSAFE_NAME, (name,))
        assert list(kinds(data)) == ["manifest.yaml"]

    def test_backslashes(self) -> None:
        """References find the file, as they do in the installer, which then stumbles over the name."""
        data = archive([MANIFEST, ("provider\\acme.yaml", b"x")])
        message = (
            "The archive has names with backslashes, where the zip format requires slashes: `provider\\acme.yaml`."
        )
        assert only_problem(data) == (ProblemCode.BACKSLASH_NAME, message, ("provider\\acme.yaml",))
        assert opened(data).read("provider/acme.yaml") == b"x"

    @pytest.mark.parametrize("name", ["./a/b.txt", "a//b.txt", "a/./b.txt"])
    def test_unclean(self, name: str) -> None:
        data = archive([MANIFEST, (name, b"x")])
        assert only_problem(data)[::2] == (ProblemCode.UNCLEAN_NAME, (name,))
        assert opened(data).read("a/b.txt") == b"x"

    def test_not_utf8(self) -> None:
        data = renamed(archive([MANIFEST, ("caf0.txt", b"x")]), b"caf0.txt", b"caf\xe9.txt")
        message = "The archive has names that are not UTF-8: `caf\\udce9.txt`."
        assert only_problem(data) == (ProblemCode.NAME_ENCODING, message, ("caf\udce9.txt",))
        assert list(kinds(data)) == ["manifest.yaml"]

    def test_not_utf8_but_said_to_be(self) -> None:
        data = archive([MANIFEST, ("café.txt", b"x")])
        code, _, members = only_problem(renamed(data, "café.txt".encode(), b"caf\xff\xff.txt"))
        assert (code, members) == (ProblemCode.NAME_ENCODING, ("caf\udcff\udcff.txt",))

    @pytest.mark.parametrize("name", ["n" * 256, "天" * 86, "/".join(["d" * 250] * 17)])
    def test_too_long(self, name: str) -> None:
        data = archive([MANIFEST, (name, b"x")])
        assert only_problem(data)[::2] == (ProblemCode.NAME_TOO_LONG, (name,))

    @pytest.mark.parametrize("name", ["n" * 255, "天" * 85, "/".join(["d" * 250] * 16)])
    def test_not_too_long(self, name: str) -> None:
        assert codes(archive([MANIFEST, (name, b"x")])) == []

    def test_control_characters_leave_no_message_unescaped(self) -> None:
        data = archive([MANIFEST, ("a`\n\x1b[31m/", b"")])
        message = only_problem(data)[1]
        assert "\n" not in message
        assert "\x1b" not in message
        assert message.count("`") == 2

    def test_wrapped(self) -> None:
        data = archive([("acme/manifest.yaml", b""), ("acme/main.py", b""), ("__MACOSX/acme/._main.py", b"")])
        message = "The plugin lies in the folder `acme` of the package; its `manifest.yaml` must be at the root."
        assert only_problem(data) == (ProblemCode.WRAPPED, message, ("acme/manifest.yaml",))

    @pytest.mark.parametrize(
        "files",
        [
            ["manifest.yaml", "acme/manifest.yaml"],
            ["acme/manifest.yaml", "README.md"],
            ["acme/manifest.yaml", "other/main.py"],
            ["acme/main.py"],
            ["acme/inner/manifest.yaml"],
        ],
    )
    def test_not_wrapped(self, files: list[str]) -> None:
        assert codes(archive(dict.fromkeys(files, b""))) == []


class TestContent:
    def test_links(self) -> None:
        data = archive([MANIFEST, (entry("link", stat.S_IFLNK | 0o777), b"/etc/passwd")])
        assert only_problem(data)[::2] == (ProblemCode.SYMLINK, ("link",))
        assert kinds(data)["link"] is Kind.LINK

    @pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
    def test_special_files(self, kind: int) -> None:
        data = archive([MANIFEST, (entry("special", kind | 0o666), b"")])
        assert only_problem(data)[::2] == (ProblemCode.SPECIAL_FILE, ("special",))
        assert kinds(data)["special"] is Kind.OTHER

    def test_modes_of_other_systems_mean_nothing(self) -> None:
        info = entry("a", stat.S_IFLNK | 0o777)
        info.create_system = 0
        data = archive([MANIFEST, (info, b"x")])
        assert opened(data).read("a") == b"x"
        assert not opened(data).entries()["a"].executable

    @pytest.mark.parametrize("flag", [0x1, 0x41, 0x2001])
    def test_encrypted(self, flag: int) -> None:
        data = patched(THREE, b"a.txt", FLAGS, flag)
        assert only_problem(data) == (ProblemCode.ENCRYPTED, "The archive has encrypted files: `a.txt`.", ("a.txt",))
        with pytest.raises(Unreadable, match="is encrypted"):
            opened(data).read("a.txt")
        assert opened(data).read("b.txt") == b"B" * 50

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99, 0xFFFF])
    def test_other_compression(self, method: int) -> None:
        data = patched(THREE, b"a.txt", METHOD, method)
        assert only_problem(data)[::2] == (ProblemCode.UNSUPPORTED_COMPRESSION, ("a.txt",))
        with pytest.raises(Unreadable, match="is compressed with something else than deflate"):
            opened(data).read("a.txt")

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (patched(THREE, b"a.txt", CHECKSUM, 1), "has a wrong checksum"),
            (STORED.replace(b"A" * 50, b"A" * 49 + b"B"), "has a wrong checksum"),
            (patched(THREE, b"a.txt", SIZE, 10), "unpacks to more than the 10 bytes promised"),
            (patched(THREE, b"a.txt", SIZE, 60), "unpacks to less than the 60 bytes promised"),
            (patched(STORED, b"a.txt", SIZE, 49), "unpacks to more than the 49 bytes promised"),
            (THREE.replace(b"a.txt", b"c.txt", 1), "cannot be unpacked"),
            (STORED[:SECOND] + b"XX" + STORED[SECOND + 2 :], "cannot be unpacked"),
            (patched(THREE, b"a.txt", PACKED_SIZE, 3), "has a wrong checksum"),
        ],
    )
    def test_damaged(self, data: bytes, reason: str) -> None:
        assert only_problem(data) == (ProblemCode.CORRUPT, f"The archive is damaged: `a.txt` {reason}.", ("a.txt",))
        with pytest.raises(Unreadable) as caught:
            opened(data).read("a.txt")
        assert (caught.value.path, caught.value.reason) == ("a.txt", reason)

    def test_several_damaged(self) -> None:
        data = patched(patched(THREE, b"a.txt", CHECKSUM, 1), b"b.txt", SIZE, 1)
        message = "The archive is damaged: `a.txt`, `b.txt` cannot be unpacked."
        assert only_problem(data) == (ProblemCode.CORRUPT, message, ("a.txt", "b.txt"))


class TestBombs:
    def test_more_than_the_installer_takes(self) -> None:
        """What lies under the reader's own limit is still read."""
        data = archive({"manifest.yaml": b"x", "a": bytes(30 * 1024**2), "b": bytes(30 * 1024**2)})
        tree = opened(data)
        assert [problem.code for problem in tree.problems] == [ProblemCode.UNPACKED_TOO_LARGE]
        assert "come to 62,914,561 bytes; the installer refuses more than 52,428,800" in tree.problems[0].message
        assert tree.read("manifest.yaml") == b"x"

    def test_promises_beyond_the_limit_are_not_unpacked(self) -> None:
        data = THREE
        for name in (b"a.txt", b"b.txt"):
            data = patched(data, name, SIZE, module.MAX_UNPACKED_BYTES)
        tree = opened(data)
        assert [problem.code for problem in tree.problems] == [ProblemCode.UNPACKED_TOO_LARGE]
        with pytest.raises(Unreadable, match="is larger than 50 MiB"):
            tree.read("a.txt")
        assert tree.read("manifest.yaml") == MANIFEST[1]

    def test_all_files_together_have_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 60)
        tree = opened(THREE)
        assert tree.problems == ()
        assert tree.read("a.txt")
        with pytest.raises(Unreadable, match="is not unpacked: the package holds more than"):
            tree.read("b.txt")
        assert tree.read("a.txt"), "what is unpacked already stays readable"

    def test_a_size_that_lies_bursts_nothing(self) -> None:
        """100 MB that call themselves 10 bytes."""
        data = patched(archive([MANIFEST, ("bomb", bytes(100_000_000))]), b"bomb", SIZE, 10)
        content, peak = with_peak(lambda: opened(data)._content("bomb"))
        assert content == "unpacks to more than the 10 bytes promised"
        assert peak < 1_000_000

    def test_entries_that_share_bytes(self) -> None:
        data = patched(STORED, b"b.txt", OFFSET, SECOND)
        assert only_problem(data)[::2] == (ProblemCode.OVERLAPPING, ("a.txt", "b.txt"))
        with pytest.raises(Unreadable, match="shares bytes of the archive with another entry"):
            opened(data).read("a.txt")
        assert opened(data).read("manifest.yaml") == MANIFEST[1]

    def test_an_entry_within_another(self) -> None:
        """The manifest extends over all that follows it; the entries behind the first of these overlap with it, too."""
        data = patched(STORED, b"manifest.yaml", PACKED_SIZE, STORED.index(b"PK\x01\x02") - 43)
        assert only_problem(data)[::2] == (ProblemCode.OVERLAPPING, ("manifest.yaml", "a.txt", "b.txt"))

    def test_an_entry_that_reaches_into_the_directory(self) -> None:
        data = patched(STORED, b"b.txt", PACKED_SIZE, 60)
        assert only_problem(data)[::2] == (ProblemCode.OVERLAPPING, ("b.txt",))

    def test_many_entries_of_the_same_bytes(self) -> None:
        """The quadratic bomb: each entry is small, all of them together are not."""
        count, name = 2000, b"0000.bin"
        kernel = archive({name.decode(): bytes(1_000_000)})
        start = directory_entry(kernel, name)
        record = kernel[start:-22]
        directory = b"".join(record.replace(name, b"%04d.bin" % number) for number in range(count))
        end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
        tree = opened(kernel[:start] + directory + end)
        assert {entry.kind for entry in tree.entries().values()} == {Kind.OTHER}
        assert {problem.code for problem in tree.problems} == {ProblemCode.OVERLAPPING, ProblemCode.UNPACKED_TOO_LARGE}

    def test_deep_names_of_many_files(self) -> None:
        """The names of all folders in this archive would take gigabytes."""
        files = {"d/" * 2000 + f"{number:05}": b"" for number in range(2000)}
        tree = opened(archive(files))
        assert len(tree.entries()) == 2000
        assert tree.problems == ()


class TestAnyBytes:
    """Whatever the bytes: no exception but `Unreadable`, and no content beside what the entries tell."""

    @staticmethod
    def examine(data: bytes) -> None:
        tree = opened(data)
        for path, item in tree.entries().items():
            assert not path.startswith("/")
            assert ".." not in path.split("/")
            try:
                content = tree.read(path)
            except Unreadable as error:
                assert error.path == path  # noqa: PT017 - either way out is right
            else:
                assert (item.kind, item.size) == (Kind.FILE, len(content))
        for problem in tree.problems:
            assert isinstance(problem.code, ProblemCode)
            assert problem.message.endswith(".")

    @given(st.binary(max_size=200))
    def test_random(self, data: bytes) -> None:
        self.examine(data)
        self.examine(b"PK\x03\x04" + data + THREE[-22:])

    @given(
        source=st.sampled_from([THREE, STORED, archive([MANIFEST], comment=b"comment")]),
        changes=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=6),
        cut=st.integers(0, 40) | st.just(0),
    )
    def test_mutated(self, source: bytes, changes: list[tuple[int, int]], cut: int) -> None:
        data = bytearray(source)
        for position, value in changes:
            data[position % len(data)] = value
        self.examine(bytes(data[: len(data) - cut]))

    @given(
        name=st.sampled_from([b"manifest.yaml", b"a.txt", b"b.txt"]),
        field=st.sampled_from([FLAGS, METHOD, CHECKSUM, PACKED_SIZE, SIZE, OFFSET, (6, "<H"), (28, "<H"), (30, "<H")]),
        value=st.integers(0, 0xFFFF) | st.sampled_from([0xFFFFFFFF, 0x7FFFFFFF, 0x80000000]),
    )
    def test_mutated_fields(self, name: bytes, field: tuple[int, str], value: int) -> None:
        width = 0xFFFF if field[1] == "<H" else 0xFFFFFFFF
        self.examine(patched(THREE, name, field, value & width))


def test_every_problem_has_a_verdict_of_the_installer() -> None:
    assert set(ProblemCode) > ACCEPTED_BY_INSTALLER
    assert ProblemCode.DIRECTORY_ENTRY not in ACCEPTED_BY_INSTALLER
