"""What a file really is: judged by its content, not by its name or by what the sender says."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

import filetype
from PIL import Image, ImageOps

from realtime.errors import InvalidField, TooLarge
from tickets.conf import tickets_config

_IMAGES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_DOCUMENTS = {
    "application/pdf": {"pdf"},
    "application/zip": {"zip"},
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {"docx"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"xlsx"},
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx"},
    "application/vnd.oasis.opendocument.text": {"odt"},
    "application/vnd.oasis.opendocument.spreadsheet": {"ods"},
    "application/vnd.oasis.opendocument.presentation": {"odp"},
    "application/gzip": {"gz", "tgz"},
}
_IMAGE_ENDINGS = {
    "image/png": {"png"},
    "image/jpeg": {"jpg", "jpeg"},
    "image/gif": {"gif"},
    "image/webp": {"webp"},
}
_ENDINGS = {**_DOCUMENTS, **_IMAGE_ENDINGS}
_TEXT_ENDINGS = {"txt", "csv", "log", "md", "json", "yaml", "yml", "ini", "toml", "eml", "diff", ""}
_MARKUP = re.compile(r"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")

_LONGEST_NAME = 150
_MOST_PIXELS = 50_000_000
_MOST_UNPACKED = 500_000_000
_MOST_RATIO = 200
_THUMBNAIL = (480, 480)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be stored. ``thumbnail`` is a WebP of an image."""

    name: str
    content: bytes
    content_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def check_upload(name: str, content: bytes) -> CheckedFile:
    """The file as it may be stored.

    Raises:
        TooLarge: it has more bytes than allowed.
        InvalidField: it is empty, of a type that isn't taken or that its name hides, a bomb, or its name is hostile.
    """
    most = tickets_config().largest_attachment
    if len(content) > most:
        raise TooLarge(f"A file may have {most} bytes.")
    if not content:
        raise _refused("The file is empty.")
    name = clean_name(name)
    content_type = _type_of(content)
    _check_ending(name, content_type)
    if content_type in _IMAGES:
        width, height, thumbnail = _look_at_image(content, _IMAGES[content_type])
        return CheckedFile(name, content, content_type, width, height, thumbnail)
    if zipfile.is_zipfile(io.BytesIO(content)):
        _check_archive(content)
    return CheckedFile(name, content, content_type)


def clean_name(name: str) -> str:
    """A file's name without any folders.

    Raises:
        InvalidField: nothing is left, it is too long, or it has characters that hide what it is.
    """
    base = PurePosixPath(name.replace("\\", "/")).name.strip()
    hidden = any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in _BIDI for c in base)
    if not base.strip(". ") or len(base) > _LONGEST_NAME or hidden:
        raise _refused("The file's name can't be taken.")
    return base


def _refused(text: str) -> InvalidField:
    return InvalidField(text, field="file")


def _type_of(content: bytes) -> str:
    known = filetype.guess_mime(content)
    if known in _ENDINGS:
        return str(known)
    if known is None and (text := _as_text(content)) is not None:
        if _MARKUP.search(text[:4096]):
            raise _refused("Web pages and drawings with scripts aren't taken.")
        return "text/plain"
    raise _refused(f"Files of this type aren't taken. What is: {_TAKEN}.")


_TAKEN = (
    "images (PNG, JPEG, GIF, WebP), PDF, Word, Excel, PowerPoint and OpenDocument, plain text, "
    "and archives (ZIP, gzip)"
)


def _as_text(content: bytes) -> str | None:
    """The text that these bytes are: in UTF-8, or as Windows and older systems write it (Latin-1 is a part of that)."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if any(map(_is_no_text, text)) else text
    return None


def _is_no_text(char: str) -> bool:
    return ord(char) < 32 and char not in "\t\n\r\f\x1b"


def _check_ending(name: str, content_type: str) -> None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    allowed = _ENDINGS.get(content_type, _TEXT_ENDINGS)
    if content_type == "application/zip":
        # Office files look like any archive to some detectors.
        allowed = allowed | {"docx", "xlsx", "pptx", "odt", "ods", "odp"}
    if ending not in allowed:
        raise _refused(f"The file is {content_type}, which its name doesn't say.")


def _look_at_image(content: bytes, wanted: str) -> tuple[int, int, bytes]:
    """Size and thumbnail. The size is read before anything is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[wanted]) as image:
                width, height = image.size
                if width * height > _MOST_PIXELS:
                    raise _refused("The image has too many pixels.")
                image.draft("RGB", _THUMBNAIL)
                small = ImageOps.exif_transpose(image)
                small.thumbnail(_THUMBNAIL)
                packed = io.BytesIO()
                small.convert("RGBA").save(packed, "WEBP", quality=80)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _refused("The image is damaged.") from error
    except Image.DecompressionBombWarning as error:
        raise _refused("The image has too many pixels.") from error
    return width, height, packed.getvalue()


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _refused("The archive is damaged.") from error
    if unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * len(content):
        raise _refused("The archive unpacks to too much.")
