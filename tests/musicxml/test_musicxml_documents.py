"""MusicXML in all shapes of documents and archives."""

import io
import zipfile

import pytest

from musebench.errors import ScoreError
from musicxml_text import START, note, rows, score

TOY = score([START + note("C4", 8)])
PREFIXED = (
    TOY.replace("<", "<m:")
    .replace("<m:/", "</m:")
    .replace("<m:score-partwise", '<m:score-partwise xmlns:m="urn:m"')
)
TIMEWISE = (
    '<score-timewise><part-list><score-part id="P0"/><score-part id="P1"/></part-list>'
    f'<measure number="1"><part id="P0">{START}{note("C4", 8)}</part></measure>'
    f'<measure number="2"><part id="P1">{START}{note("D4", 8)}</part></measure></score-timewise>'
)
DECLARED = '<?xml version="1.0" encoding="{}"?>'
ENTITY = '<!DOCTYPE score-partwise [<!ENTITY flat "b"><!ENTITY u "&#xFC;">]>'
DOCUMENTS = {
    "a namespace": TOY.replace("<score-partwise", '<score-partwise xmlns="http://example.org"'),
    "a prefix": PREFIXED,
    "harmless entities": ENTITY
    + TOY.replace('id="P0"/>', 'id="P0"><part-name>&u;</part-name></score-part>'),
    "blank lines": f"\n \n{DECLARED.format('UTF-8')}{TOY}",
    "a mark and blank lines": b"\xef\xbb\xbf\n" + TOY.encode(),
    "UTF-16, big end first": b"\xfe\xff"
    + f"\n{DECLARED.format('UTF-16')}{TOY}".encode("utf-16-be"),
    "UTF-16 that is none": DECLARED.format("utf-16") + TOY,
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents_are_read_in_all_their_shapes(read, case):
    assert rows(read(DOCUMENTS[case])) == [(0, 4, "C4")]


def test_a_score_of_measures_is_turned_into_one_of_parts(read):
    assert rows(read(TIMEWISE)) == [(0, 4, "C4"), (4, 4, "D4")]


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY a PUBLIC "x" "http://127.0.0.1:9/x">',
        '<!ENTITY % a "b">',
        '<!ENTITY b "x"><!ENTITY a "&b;&b;">',
        '<!ENTITY b "x"><!ENTITY a "&#38;b;">',
        '<!ENTITY a "&#x3C;note/>">',
        '<!ENTITY a "<note/>">',
        f'<!ENTITY a "{"x" * 300}">',
        "".join(f'<!ENTITY a{i} "x">' for i in range(101)),
    ],
)
def test_entities_that_are_more_than_short_text_are_refused(read, entity):
    with pytest.raises(ScoreError, match="entities that are no short plain text"):
        read(f"<!DOCTYPE score-partwise [{entity}]>{TOY}")


def test_entities_that_would_fill_the_memory_are_refused(read, monkeypatch):
    monkeypatch.setattr("musebench.score.safe_xml.MAX_FILE_BYTES", 5_000)
    long = f'<!DOCTYPE score-partwise [<!ENTITY a "{"x" * 100}">]>'
    assert rows(read(long + TOY.replace("<part-list>", "<work>&a;</work><part-list>")))
    with pytest.raises(ScoreError, match="which can fill the memory"):
        read(long + TOY.replace("<part-list>", f"<work>{'&a;' * 50}</work><part-list>"))


# --- Archives -------------------------------------------------------------------------------------


def mxl(members, packing=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def container(*files):
    listed = "".join(
        f'<rootfile full-path="{name}"' + (f' media-type="{kind}"/>' if kind else "/>")
        for name, kind in files
    )
    return f"<container><rootfiles>{listed}</rootfiles></container>"


MUSIC = "application/vnd.recordare.musicxml+xml"
META = "META-INF/container.xml"
ARCHIVES = {
    "a mimetype": {"mimetype": MUSIC, META: container(("a.xml", MUSIC)), "a.xml": TOY},
    "no container": {"a.xml": TOY},
    "a dot": {META: container(("./a.xml", "")), "a.xml": TOY},
    "a slash": {META: container(("/a.xml", "")), "./a.xml": TOY},
    "backslashes": {"META-INF\\container.xml": container(("b\\a.xml", "")), "b\\a.xml": TOY},
    "a PDF first": {
        META: container(("a.pdf", "application/pdf"), ("a.xml", MUSIC)),
        "a.pdf": "%PDF",
        "a.xml": TOY,
    },
    "a picture first": {META: container(("a.png", ""), ("a.xml", "")), "a.png": "x", "a.xml": TOY},
    "a container in UTF-16": {META: container(("a.xml", "")).encode("utf-16"), "a.xml": TOY},
    "a score in UTF-16": {META: container(("a.xml", "")), "a.xml": TOY.encode("utf-16")},
    "a container that is none": {META: "x", "a.xml": TOY},
    "a score that is gone": {META: container(("b.xml", "")), "a.xml": TOY},
    "resource forks": {"__MACOSX/._a.xml": "x", "._a.xml": "x", ".DS_Store": "x", "b/a.xml": TOY},
    "the folder packed": {f"Song/{META}": container(("a.xml", "")), "Song/a.xml": TOY},
    "a name in per cent": {META: container(("My%20Song.xml", "")), "My Song.xml": TOY},
    "letter case": {"meta-inf/Container.XML": container(("A.xml", "")), "a.xml": TOY},
    "a folder of nothing": {"./": "", META: container(("a.xml", "")), "a.xml": TOY},
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_are_read_as_programs_write_them(read, case, packing):
    assert rows(read(mxl(ARCHIVES[case], packing), ".mxl")) == [(0, 4, "C4")]


def test_accents_that_an_archive_does_not_declare_are_found(read):
    name = "Ph\u00e9dre.xml"
    data = mxl({META: container((name, "")), "Ph__dre.xml": TOY, "other.xml": score([START])})
    data = data.replace(b"Ph__dre.xml", name.encode())  # in UTF-8 without saying so
    assert rows(read(data, ".mxl")) == [(0, 4, "C4")]


def test_an_archive_of_several_scores_must_say_which(read):
    with pytest.raises(ScoreError, match=r"several scores \(a\.xml, b\.xml\) and says not which"):
        read(mxl({"a.xml": TOY, "b.xml": TOY}), ".mxl")
    with pytest.raises(ScoreError, match="the archive has no MusicXML in it"):
        read(mxl({"a.txt": TOY}), ".mxl")
