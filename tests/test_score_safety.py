"""Broken and hostile scores: refused with a sentence that names the file and the reason."""

import io
import zipfile

import pytest

from musebench.errors import ScoreError
from musebench.score import read_score

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration></note>"
DRUM = NOTE.replace("pitch>", "unpitched>").replace("step>", "display-step>")
DRUM = DRUM.replace("octave>", "display-octave>")
GRACE = NOTE.replace("<note>", "<note><grace/>").replace("<duration>2</duration>", "")
CHAIN = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


def musicxml(notes=NOTE, attributes="<divisions>2</divisions>", doctype=""):
    return (
        f'<?xml version="1.0"?>{doctype}<score-partwise><part-list><score-part id="P1"/>'
        f'</part-list><part id="P1"><measure number="1"><attributes>{attributes}</attributes>'
        f"{notes}</measure></part></score-partwise>"
    )


def doctype(inside):
    return f"<!DOCTYPE score-partwise [{inside}]>"


def divisions(values):
    return "".join(f"<attributes><divisions>{d}</divisions></attributes>{NOTE}" for d in values)


def mxl(inside, target="a.xml", name="a.xml", method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("META-INF/container.xml", CONTAINER.format(target))
        archive.writestr(name, inside)
    return stream.getvalue()


HUGE = "1" + "0" * 18
BAD_XML = {
    "truncated": (musicxml()[:-60], "cannot be read as MusicXML .XMLSyntaxError"),
    "a PDF": ("%PDF-1.7", "it is a PDF"),
    "an empty file": ("", "the file is empty"),
    "an empty score": (musicxml(""), "it has no pitched notes"),
    "percussion only": (musicxml(DRUM), "it has no pitched notes"),
    "an entity bomb": (
        musicxml("&a11;", doctype=doctype(f'<!ENTITY a0 "ha">{CHAIN}')),
        "it declares XML entities",
    ),
    "an external entity": (
        musicxml("&x;", doctype=doctype('<!ENTITY x SYSTEM "file:///etc/hostname">')),
        "it declares XML entities",
    ),
    "no divisions": (musicxml(attributes="<divisions>0</divisions>"), "has '0' divisions"),
    "negative divisions": (musicxml(attributes="<divisions>-4</divisions>"), "has '-4' divis"),
    "huge divisions": (musicxml(attributes=f"<divisions>{HUGE}</divisions>"), f"'{HUGE}' divis"),
    "odd divisions": (musicxml(divisions(range(9001, 9200))), "no common measure"),
    "restless divisions": (musicxml(divisions([1, 2] * 600)), "change more than 1,000 times"),
    "an endless note": (musicxml(NOTE.replace(">2<", f">{HUGE}<")), "more than 1,000,000 quarter"),
    "an absurd meter": (
        musicxml(attributes="<time><beats>4</beats><beat-type>1000003</beat-type></time>"),
        "it has the time signature 4/1000003",
    ),
    "grace notes without end": (musicxml(GRACE * 501), "more than 500 grace notes"),
    "depth": (musicxml("<a>" * 500 + "</a>" * 500), "cannot be read as MusicXML"),
    "no octave": (musicxml(NOTE.replace("<octave>4</octave>", "")), "'C' in octave None"),
}
BAD_ARCHIVES = {
    "a bomb": (mxl(b"\0" * (65 << 20)), "larger than the limit of 64 MB"),
    "a way out": (mxl(musicxml(), "../../a.xml", "../../a.xml"), "leads out of it"),
    "an absolute name": (mxl(musicxml(), "a.xml", "/a.xml"), "leads out of it"),
    "a score elsewhere": (mxl(musicxml(), "/etc/hostname"), "the archive has no '/etc/hostname'"),
    "another packing": (mxl(musicxml(), method=zipfile.ZIP_LZMA), "packed in another way"),
    "a broken archive": (mxl(musicxml())[:-30], "the archive is broken"),
}


@pytest.mark.parametrize("case", BAD_XML)
def test_bad_musicxml_is_refused(tmp_path, case):
    text, message = BAD_XML[case]
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(ScoreError, match=rf"bad\.xml: .*{message}"):
        read_score(path)


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_bad_archives_are_refused(tmp_path, case):
    data, message = BAD_ARCHIVES[case]
    path = tmp_path / "bad.mxl"
    path.write_bytes(data)
    with pytest.raises(ScoreError, match=rf"bad\.mxl: .*{message}"):
        read_score(path)


def test_entities_in_another_encoding_are_refused(tmp_path):
    text = musicxml(doctype=doctype('<!ENTITY a SYSTEM "b">')).replace(
        "?>", ' encoding="UTF-16"?>', 1
    )
    (tmp_path / "bad.xml").write_bytes(text.encode("utf-16"))
    with pytest.raises(ScoreError, match="it declares XML entities"):
        read_score(tmp_path / "bad.xml")


def test_a_public_document_type_is_accepted_and_not_fetched(tmp_path):
    public = '<!DOCTYPE score-partwise PUBLIC "x" "http://127.0.0.1:9/partwise.dtd">'
    (tmp_path / "a.xml").write_text(musicxml(doctype=public))
    assert len(read_score(tmp_path / "a.xml")) == 1  # pytest forbids the network


@pytest.mark.parametrize(
    ("name", "limit", "message"),
    [("MAX_NOTES", 1, "it has 2 notes, and the limit is 1"), ("MAX_PARTS", 0, "it has 1 parts")],
)
def test_too_many_notes_or_parts_are_refused(tmp_path, monkeypatch, name, limit, message):
    monkeypatch.setattr(f"musebench.score.limits.{name}", limit)
    (tmp_path / "a.xml").write_text(musicxml(NOTE * 2))
    with pytest.raises(ScoreError, match=message):
        read_score(tmp_path / "a.xml")


def bad_midi(midi, case):
    some = midi.note(0, 480, 60)
    film = bytearray(midi.build([some]))
    film[12:14] = b"\xe7\x28"
    return {
        "no notes": (midi.build([[midi.meter(0, 4, 4)]]), "no pitched notes"),
        "drums": (midi.build([midi.note(0, 480, 40, channel=9)]), "no pitched notes"),
        "film": (bytes(film), "frames of a film"),
        "type 2": (midi.build([some, some], type=2), "MIDI of type 2"),
        "far": (midi.build([some + midi.note(250_000_000, 1, 60)], ticks=100), "lasts more than"),
        "cut off": (midi.build([some])[:10], "it is not MIDI, or cut off"),
    }[case]


@pytest.mark.parametrize("case", ["no notes", "drums", "film", "type 2", "far", "cut off"])
def test_bad_midi_is_refused(tmp_path, midi, case):
    data, message = bad_midi(midi, case)
    (tmp_path / "bad.mid").write_bytes(data)
    with pytest.raises(ScoreError, match=rf"bad\.mid: .*{message}"):
        read_score(tmp_path / "bad.mid")
