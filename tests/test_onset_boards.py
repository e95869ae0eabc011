"""The boards of cadences, phrases and Roman numerals: labels, fermatas, splits, whitelists."""

import csv
import hashlib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from makers.chorales import chorale_phrase_pieces
from makers.dcml import COMPOSERS_OF_DCML, dcml_board
from makers.schemes import COMPOSER
from musebench.annotations import FORMATS, read_fermata_labels
from musebench.boards import BOARDS
from musebench.corpora import MUSIC21_CHORALES
from musebench.errors import ScoreError
from musebench.features import feature_names, note_features
from musebench.score import read_fermatas, read_score
from musebench.splits import read_exclusions, read_pieces, split_of_pieces, split_schemes
from musebench.store import labels_of, load_notes, notes_recipe
from musebench.tasks import CADENCE, PHRASE, ROMAN_NUMERAL
from musebench.tasks.onsets import beats_of_onsets

FOLDER = Path(str(files("musebench.splits")))
NAMES = ("dcml-cadence", "dcml-phrase", "chorale-phrase", "dcml-roman-numeral")
# The splits are frozen: a changed hash changes what every published number means.
HASHES = {
    "dcml-cadence": "91e3d77344f6308665e45bd6977e8723b6ef7fb34dcc02644099e54def469230",
    "dcml-phrase": "f854dfa3ad6488040cd875d279ee7f1b172066576d6c9d0220bf9ed852fd8db0",
    "chorale-phrase": "9d1088ecf635b8620eed915d056fe81935fb38c977c02fe3830c8b281991999a",
    "dcml-roman-numeral": "f1e525716623dc71eaaeadd754344ddeb0908d0eff3eea99a3612f8c4de0d872",
}
# board -> split -> (pieces, works)
COUNTS = {
    "dcml-cadence": {"train": (574, 174), "valid": (110, 36), "test": (218, 64)},
    "dcml-phrase": {"train": (659, 188), "valid": (110, 36), "test": (238, 65)},
    "chorale-phrase": {"train": (227, 98), "valid": (47, 42), "test": (75, 56)},
    "dcml-roman-numeral": {"train": (793, 245), "valid": (121, 42), "test": (283, 84)},
}
REASONS = {
    "dcml-cadence": {
        "no cadences are annotated": 104,
        "no harmonies are annotated": 40,
        "none of its cadences stands on an onset": 1,
    },
    "dcml-phrase": {"no harmonies are annotated": 40},
    "dcml-roman-numeral": {"no harmonies are annotated": 43},
}
NUM_COMPOSERS = {"dcml-cadence": 23, "dcml-phrase": 26, "dcml-roman-numeral": 31}
PHRASES = {"dcml-cadence": "cadence", "dcml-phrase": "phrase", "dcml-roman-numeral": "harmony"}


# Splits


@pytest.mark.parametrize("name", NAMES)
def test_the_splits_are_frozen_and_counted(name):
    assert hashlib.sha256((FOLDER / f"{name}.csv").read_bytes()).hexdigest() == HASHES[name]
    groups = read_pieces(name).groupby(split_of_pieces(name))["work_id"]
    assert {split: (len(works), works.nunique()) for split, works in groups} == COUNTS[name]


@pytest.mark.parametrize("name", REASONS)
def test_what_is_not_annotated_is_excluded(name):
    assert read_exclusions(name)["reason"].value_counts().to_dict() == REASONS[name]
    assert len(read_exclusions(name)) + len(read_pieces(name)) == len(BOARDS[name].corpus.pieces)


@pytest.mark.parametrize("name", NAMES)
def test_a_work_is_where_works_csv_has_it_and_in_one_split(name):
    with (FOLDER / "works.csv").open(encoding="utf-8", newline="") as file:
        splits = {row["work_id"]: row["split"] for row in csv.DictReader(file)}
    pieces = read_pieces(name)
    assert split_of_pieces(name).tolist() == [splits[work] for work in pieces["work_id"]]
    for scheme in split_schemes(name):
        by_work = split_of_pieces(name, scheme).groupby(pieces["work_id"])
        assert by_work.nunique().eq(1).all()


@pytest.mark.parametrize("name", REASONS)
def test_composers_of_validation_and_test_are_unseen(name):
    assert split_schemes(name) == ("official", "composer")
    pieces, split = read_pieces(name), split_of_pieces(name, "composer")
    found = {composer: set(of) for composer, of in split.groupby(pieces["composer"])}
    assert found == {c: {COMPOSERS_OF_DCML.get(c, "train")} for c in set(pieces["composer"])}
    assert len(found) == NUM_COMPOSERS[name]


def test_the_boards_of_dcml_share_their_splits():
    numerals = read_pieces("dcml-roman-numeral")["piece_id"]
    for scheme in ("official", "composer"):
        known = dict(zip(numerals, split_of_pieces("dcml-roman-numeral", scheme), strict=True))
        for name in ("dcml-cadence", "dcml-phrase"):
            pieces = read_pieces(name)["piece_id"]
            assert split_of_pieces(name, scheme).tolist() == [known[piece] for piece in pieces]


def test_the_chorales_are_those_of_pitch_spelling_less_one():
    pieces, others = (read_pieces(f"chorale-{task}") for task in ("phrase", "pitch-spelling"))
    assert set(others["piece_id"]) - set(pieces["piece_id"]) == {"bwv112.5"}
    reasons = dict(read_exclusions("chorale-phrase").itertuples(index=False))
    assert reasons.pop("bwv112.5") == "no note has a fermata"
    assert reasons == dict(read_exclusions("chorale-pitch-spelling").itertuples(index=False))
    split = dict(zip(others["piece_id"], split_of_pieces("chorale-pitch-spelling"), strict=True))
    assert split_of_pieces("chorale-phrase").tolist() == [split[i] for i in pieces["piece_id"]]


@pytest.mark.corpus
def test_the_script_makes_the_tables(dcml_mirror, chorale_home):
    for name, annotation in PHRASES.items():
        table = dcml_board(annotation, chorale_home)
        pieces = table[table["exclusion"] == ""]
        assert pieces["piece_id"].tolist() == read_pieces(name)["piece_id"].tolist()
        assert pieces[COMPOSER].tolist() == split_of_pieces(name, "composer").tolist()
    table = chorale_phrase_pieces(chorale_home)
    assert (table["exclusion"] == "").sum() == len(read_pieces("chorale-phrase"))


# Time


def test_beats_are_those_of_the_time_signature_in_force(toy):
    notes = read_score(toy / "duet.musicxml")
    found = beats_of_onsets(notes)
    beats = found["beat_time"] / found["beat_length"]
    starts = notes.beat_table().start_div
    first = np.unique(notes.onset_div)
    assert beats.shape == first.shape
    before = np.searchsorted(starts, first, side="right") - 1
    assert (np.abs(beats - beats[0] - before + before[0]) < 1).all()
    on_beat = np.isin(first, starts)
    whole = beats[on_beat] - beats[on_beat][0]
    assert whole.tolist() == (before[on_beat] - before[on_beat][0]).tolist()


# Fermatas

SCORE = """<score-partwise><part-list><score-part id="P1"><part-name/></score-part>
<score-part id="P2"><part-name/></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes>{soprano}</measure></part>
<part id="P2"><measure number="1"><attributes><divisions>4</divisions></attributes>{bass}
<barline location="right"><fermata/></barline></measure></part></score-partwise>"""
SIGN = "<notations><slur type='start' number='1'/><fermata>normal</fermata></notations>"


def note(step, duration, sign="", tie=""):
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>" if step else "<rest/>"
    ties = "".join(f"<tie type='{kind}'/>" for kind in tie.split())
    return f"<note>{pitch}<duration>{duration}</duration>{ties}{sign}</note>"


def write_chorale(folder, sign=SIGN):
    """A fermata over both parts, one over one, one over a tie where the bass starts, a rest."""
    soprano = note("C", 2, sign) + note("D", 2, sign) + note("E", 2, tie="start")
    soprano += note("E", 2, sign, tie="stop")
    bass = note("C", 4, sign) + note("B", 6) + note("A", 4) + note("", 2, sign)
    file = folder / "chorale.musicxml"
    file.write_text(SCORE.format(soprano=soprano, bass=bass), "utf-8")
    return file


def test_fermatas_by_eye(tmp_path):
    file = write_chorale(tmp_path)
    notes = read_score(file)
    part, time = read_fermatas(file)
    assert part.tolist() == [0, 0, 0, 1]
    assert (time / notes.divs_pq).tolist() == [0, 1, 3, 0]
    found = read_fermata_labels(file, notes)["fermata"]
    assert (np.unique(notes.onset_div) / notes.divs_pq).tolist() == [0, 1, 2, 2.5]
    # The third stands on a tie, and nothing starts there.
    assert found.labels["phrase_end"].tolist() == [1, 1, 0, 0]
    assert found.counts == {"annotated": 4, "unaligned": 1, "overruled": 1, "unread": 0}


def test_a_score_without_fermatas_has_none(toy):
    part, time = read_fermatas(toy / "duet.musicxml")
    assert len(part) == len(time) == 0


def test_fermatas_of_other_files_are_refused(toy, tmp_path):
    with pytest.raises(ScoreError, match="fermatas are read from MusicXML only"):
        read_fermatas(toy / "duet.krn")
    with pytest.raises(ScoreError, match="there is no such file"):
        read_fermatas(tmp_path / "nothing.musicxml")
    (tmp_path / "broken.xml").write_text("<score-partwise>", "utf-8")
    with pytest.raises(ScoreError, match="cannot be read as MusicXML"):
        read_fermatas(tmp_path / "broken.xml")


# What models see


def assert_same_inputs(first, second, task):
    for name, column in first.columns().items():
        assert column.tobytes() == second.columns()[name].tobytes(), name
    inputs = [note_features(notes, task.inputs) for notes in (first, second)]
    assert inputs[0].tobytes() == inputs[1].tobytes()


def test_no_input_changes_with_the_fermatas(tmp_path):
    found = []
    for sign in (SIGN, ""):
        found.append(FORMATS[MUSIC21_CHORALES.format].read([write_chorale(tmp_path, sign)]))
    (notes, labels), (others, unmarked) = found
    assert labels["fermata"].labels["phrase_end"].sum() == 2
    assert unmarked["fermata"].labels["phrase_end"].sum() == 0
    assert_same_inputs(notes, others, PHRASE)


TABLES = {
    "notes": """
mc mc_onset duration tpc midi staff voice tied gracenote
1  0        1/2      0   60   1     1     -    -
1  1/2      1/2      4   64   1     1     -    -
2  0        1        1   67   1     1     -    -
""",
    "measures": """
mc mn keysig timesig act_dur mc_offset
1  1  0      4/4     1       0
2  2  0      4/4     1       0
""",
    "harmonies": """
mc mc_onset globalkey localkey chord numeral figbass chord_type cadence phraseend
1  0        C         I        I     I       -       M          -       {
2  0        C         I        V     V       -       M          HC      }
""",
    "scrambled": """
mc mc_onset globalkey localkey chord numeral figbass chord_type cadence phraseend
1  0        Eb        vi       ii6   ii      6       m          PAC     }
1  1/2      Eb        V        V7    V       7       Mm7        IAC     }
""",
}


@pytest.mark.parametrize("task", [CADENCE, PHRASE, ROMAN_NUMERAL], ids=lambda task: task.name)
def test_no_input_changes_with_the_harmonies(tmp_path, task):
    paths = {}
    for name, text in TABLES.items():
        rows = [line.split() for line in text.strip().splitlines()]
        cells = [["" if cell == "-" else cell for cell in row] for row in rows]
        paths[name] = tmp_path / f"{name}.tsv"
        paths[name].write_text("\n".join("\t".join(row) for row in cells) + "\n", "utf-8")
    found = [
        FORMATS["dcml"].read([paths["notes"], paths["measures"], paths[name]])
        for name in ("harmonies", "scrambled")
    ]
    (notes, labels), (others, scrambled) = found
    for kind, of_kind in labels.items():
        for head, classes in of_kind.labels.items():
            if head not in {"applied_degree"}:
                assert (classes != scrambled[kind].labels[head]).any(), head
    assert_same_inputs(notes, others, task)


def test_the_whitelists():
    for task in (CADENCE, PHRASE):
        assert "spelling" not in task.inputs
        assert not {"letter_C", "alter"} & set(feature_names(task.inputs))
    assert ROMAN_NUMERAL.inputs[-1] == "spelling"
    assert feature_names(["spelling"]) == (*(f"letter_{step}" for step in "CDEFGAB"), "alter")


def test_spelling_as_an_input_by_eye(toy):
    notes = read_score(toy / "piano.musicxml")
    columns = note_features(notes, ["spelling"])
    letters = ["CDEFGAB"[place] for place in columns[:, :7].argmax(axis=1)]
    assert letters == notes.step.tolist()
    assert columns[:, :7].sum(axis=1).tolist() == [1] * len(notes)
    assert columns[:, 7].tolist() == notes.alter.tolist()


# The labels of the real corpora


@pytest.mark.corpus
def test_the_fermatas_of_the_chorales_are_as_many_as_the_card_says(chorale_home):
    assert notes_recipe(MUSIC21_CHORALES)["fermatas"] == "1"
    board, store = BOARDS["chorale-phrase"], load_notes(MUSIC21_CHORALES, chorale_home, 1)
    counts: Counter[str] = Counter()
    parts: Counter[int] = Counter()
    from musebench.corpora import fetch

    files = fetch(MUSIC21_CHORALES, MUSIC21_CHORALES.paths)
    scores = {piece.piece_id: files[piece.score] for piece in MUSIC21_CHORALES.pieces}
    for piece_id in read_pieces(board.name)["piece_id"]:
        counts.update(store.labels[piece_id]["fermata"].counts)
        _, time = read_fermatas(scores[piece_id])
        parts.update(np.unique(time, return_counts=True)[1].tolist())
    assert counts == {"annotated": 7681, "unaligned": 0, "overruled": 5380, "unread": 0}
    assert parts == {4: 1682, 3: 102, 2: 130, 1: 387}


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["dcml-cadence", "dcml-phrase", "chorale-phrase"])
def test_every_piece_has_what_its_board_asks_for(request, name, chorale_home):
    if name.startswith("dcml"):
        request.getfixturevalue("dcml_mirror")
    board = BOARDS[name]
    store = load_notes(board.corpus, chorale_home, 1)
    for piece_id in read_pieces(name)["piece_id"]:
        (labels,) = labels_of(board, store, piece_id).values()
        assert (labels > 0).any(), piece_id
        time = board.task.read_context(store.tables[piece_id])["beat_time"]
        assert len(time) == len(labels)
        assert (np.diff(time) > 0).all()
