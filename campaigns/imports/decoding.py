"""Which letters the bytes of a text file mean, also where two programs wrote into one file."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from campaigns.imports.limits import LONGEST_LINE
from campaigns.imports.tables import Unreadable

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "äöüßÄÖÜéèêëÉÈàâáãåçñíìîïóòôõøØúùûæœ’‘“”–—€£°§"
_CENTRAL = "ąćęłńśźżĄĆĘŁŃŚŹŻáčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽőűŐŰöüÖÜäâîăşţ„”–"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў"
_JAPANESE = (
    "のにはをたがでてとしれさいるなあんアイウエオカキクシスタトナニリルレンー日本東京大田中山"
)
_CHINESE = "的一是在不了有和人这這中大为為上个個国國我以要他王李张張刘劉陈陳公司市北京"
_KOREAN = "가나다라마바사아자하이김박최정강조윤장임서울시한국의를은는에고지기"
# One byte a letter first: they take every text, and are told apart by what it would say.
_GUESSES = (
    ("cp1252", _WESTERN, 1.0),
    ("cp1250", _CENTRAL, 1.0),
    ("cp1251", _CYRILLIC, 1.0),
    ("mac_roman", _WESTERN, 0.99),
    ("cp850", _WESTERN, 0.98),
    ("cp932", _JAPANESE, 3.0),
    ("gb18030", _CHINESE, 3.0),
    ("big5", _CHINESE, 3.0),
    ("cp949", _KOREAN, 3.0),
)


def encoding_of(sample: bytes) -> str:
    """The encoding of a file that starts like this; raises `Unreadable` for what is no text."""
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if b"\0" in sample:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        half = len(sample) // 2
        if max(even, odd) > half * 0.3 > 4 * min(even, odd):
            return "utf-16-le" if odd > even else "utf-16-be"
        raise Unreadable(_("This is not a text file. Send CSV, or an Excel workbook (.xlsx)."))
    # The end of the sample may stand within a letter.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _is_mostly_utf8(whole) else _guess(whole)
    return "utf-8"


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether most of the lines with other letters than ASCII's are UTF-8."""
    good = bad = 0
    for line in sample.splitlines():
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    return good > bad


def _guess(sample: bytes) -> str:
    """The encoding that makes the most usual letters of the bytes beyond ASCII."""
    lines = [line for line in sample.splitlines() if not line.isascii()]
    text = b"\n".join(lines)
    best, most = "cp1252", 0.0
    for name, usual, weight in _GUESSES:
        try:
            letters = [letter for letter in text.decode(name) if letter > "\x7f"]
        except UnicodeDecodeError:
            continue
        known = sum(letter.lower() in usual or letter in usual for letter in letters)
        score = (known - _odd_capitals(text.decode(name))) * weight
        # Letters of several bytes are fewer: what they make of all of them must be usual.
        if weight > 1 and known < 0.2 * len(letters):
            continue
        if score > most:
            best, most = name, score
    return best


def _odd_capitals(text: str) -> int:
    """How often a foreign capital stands behind a small letter, as nobody writes."""
    return sum(
        after > "\x7f" and after.isupper() and before.islower() for before, after in pairwise(text)
    )


class Decoder:
    """Lines of a file, as text; counts the lines that were not in the file's own encoding."""

    def __init__(self, encoding: str, sample: bytes) -> None:
        self.encoding = encoding
        self.others = 0
        # UTF-8 with lines of another program's in between.
        mixed = [line for line in sample.splitlines() if not _is_utf8(line)]
        self.second = _guess(b"\n".join(mixed)) if mixed else "cp1252"

    def lines(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Each with its line break; raises `Unreadable` for one that never ends."""
        if self.encoding.startswith(("utf-16", "utf-32")):
            chunks = self._as_utf8(chunks)
        wide = self.encoding.startswith("utf-")
        for number, raw in enumerate(_split(chunks), 1):
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if wide:
                try:
                    text = raw.decode("utf-8")
                except UnicodeDecodeError:
                    self.others += 1
                    text = raw.decode(self.second, "replace")
            else:
                text = raw.decode(self.encoding, "replace")
            yield text.replace("\0", "")

    def _as_utf8(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, whatever ends them (\\n, \\r\\n, or \\r alone)."""
    rest = b""
    number = 0
    for chunk in chunks:
        data = rest + chunk
        # The other half of \r\n may come with the next chunk.
        held = b"\r" if data.endswith(b"\r") else b""
        data = data.removesuffix(b"\r") if held else data
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = lines.pop() + held
        for line in lines:
            number += 1
            _check_length(line, number)
            yield line + b"\n"
        _check_length(rest, number + 1)
    if rest:
        for line in rest.replace(b"\r", b"\n").splitlines(keepends=True):
            yield line


def _check_length(line: bytes, number: int) -> None:
    if len(line) > LONGEST_LINE:
        message = _(
            "Line %(number)d is longer than 1 MB. Is it a table, one row a line? Open it in a"
            " spreadsheet and save it as CSV again."
        )
        raise Unreadable(message % {"number": number})
