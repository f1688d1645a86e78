"""Zip packages from outside. Everything the directory of the archive says is checked before anything is unpacked, and
unpacking stops at its own count: the directory may lie."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter

from django.utils.translation import gettext

from questions.formats.texts import Unreadable, check_size

MAX_ENTRIES = 12_000  # 5,000 questions of two files each, and some more
MAX_ENTRY = 20 * 1024 * 1024
MAX_TOTAL = 100 * 1024 * 1024
# XML packs 5 to 20 times; a deflate bomb 1,000 times. Small files of blanks may be packed well.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 1024 * 1024
MAX_NAME = 255

_ARCHIVES = (".zip", ".jar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst")
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,  # also what does not decode
    NotImplementedError,
    RuntimeError,
    IndexError,
    OverflowError,
)


def is_archive(data: bytes) -> bool:
    """Return whether the bytes begin as a zip archive does."""
    return data[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


class Package:
    """An archive whose directory was found harmless. `read` unpacks one file of it."""

    def __init__(self, data: bytes) -> None:
        """Check the archive. Raises `Unreadable`."""
        check_size(data)
        # Counted before the directory is read into memory: each of its entries begins so.
        if data.count(b"PK\x01\x02") > MAX_ENTRIES:
            raise Unreadable(
                gettext("The package contains more than %(max_entries)s files; split it.")
                % {"max_entries": f"{MAX_ENTRIES:,}"}
            )
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise Unreadable(
                gettext("The package is not a whole zip archive (%(error)s); export it again.") % {"error": error}
            ) from error
        _check_names([info.orig_filename for info in self._archive.infolist()])  # not cut at a NUL
        self._entries = {info.filename: info for info in self._archive.infolist() if not info.is_dir()}
        self._unpacked = 0
        for info in self._archive.infolist():
            _check_entry(info)
        total = sum(info.file_size for info in self._archive.infolist())
        if total > MAX_TOTAL:
            raise Unreadable(
                gettext("The package would unpack to %(total)s bytes; the limit is %(max_total)s.")
                % {"total": f"{total:,}", "max_total": f"{MAX_TOTAL:,}"}
            )

    @property
    def names(self) -> list[str]:
        """The names of its files, in its order."""
        return list(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """Return what a file holds. Raises `KeyError` when there is none, `Unreadable` when it cannot be unpacked."""
        info = self._entries[name]
        parts: list[bytes] = []
        size = 0
        try:
            with self._archive.open(info) as stream:
                while part := stream.read(64 * 1024):
                    size += len(part)
                    if size > MAX_ENTRY or self._unpacked + size > MAX_TOTAL:
                        raise Unreadable(
                            gettext("“%(name)s” unpacks to more than its directory says or than is read.")
                            % {"name": name}
                        )
                    parts.append(part)
        except _BROKEN as error:
            raise Unreadable(
                gettext("“%(name)s” cannot be unpacked (%(error)s); export the package again.")
                % {"name": name, "error": error}
            ) from error
        self._unpacked += size
        data = b"".join(parts)
        if data.startswith(_ARCHIVE_STARTS):
            raise Unreadable(
                gettext("“%(name)s” is an archive in the archive; unpack it and upload what it holds.") % {"name": name}
            )
        return data


def _check_names(names: list[str]) -> None:
    for name in names:
        shown = re.sub(r"[^\x20-\x7e]", "?", name[:80])
        if not name or len(name) > MAX_NAME or re.search(r"[\x00-\x1f\x7f\\]", name):
            raise Unreadable(
                gettext("“%(shown)s”: a name in a package has 1 to %(max_name)s characters and no \\ or control code.")
                % {"shown": shown, "max_name": MAX_NAME}
            )
        if name.startswith("/") or re.match(r"[A-Za-z]:", name):
            raise Unreadable(
                gettext("“%(shown)s” is an absolute path; names in a package are relative.") % {"shown": shown}
            )
        if ".." in name.split("/"):
            raise Unreadable(
                gettext("“%(shown)s” leads out of the package; names may not contain “..”.") % {"shown": shown}
            )
        if name.lower().endswith(_ARCHIVES):
            raise Unreadable(
                gettext("“%(shown)s” is an archive in the archive; unpack it and upload what it holds.")
                % {"shown": shown}
            )
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise Unreadable(gettext("“%(twice)s” is in the package more than once; keep one.") % {"twice": twice[0][:80]})


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.filename[:80]
    if info.flag_bits & 0x1:
        raise Unreadable(gettext("“%(name)s” is encrypted; save the package without a password.") % {"name": name})
    mode = info.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and stat.S_IFMT(mode):
        raise Unreadable(
            gettext("“%(name)s” is a link or a device, not a file; put the file itself into the package.")
            % {"name": name}
        )
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Unreadable(
            gettext("“%(name)s” is packed in a rare way; pack with “deflate”, as every zip program does.")
            % {"name": name}
        )
    if info.file_size > MAX_ENTRY:
        raise Unreadable(
            gettext("“%(name)s” would unpack to %(file_size)s bytes; the limit is %(max_entry)s.")
            % {"name": name, "file_size": f"{info.file_size:,}", "max_entry": f"{MAX_ENTRY:,}"}
        )
    if info.file_size > RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise Unreadable(
            gettext("“%(name)s” would unpack to %(file_size)s bytes from %(compress_size)s: a zip bomb.")
            % {"name": name, "file_size": f"{info.file_size:,}", "compress_size": f"{info.compress_size:,}"}
        )


def write_package(files: dict[str, bytes]) -> bytes:
    """Return an archive of these files in this order: the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()
