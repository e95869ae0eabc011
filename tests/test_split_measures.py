"""Measures that a repeat divides: one node, in every format, so that layout says nothing."""

import numpy as np
import pytest
import torch

from musebench.graph import build_graph
from musebench.score import read_dcml, read_score
from musebench.tasks import TASKS

# Four quarters per measure, an eighth of them behind the cut.
CLEF = "<divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
REPEAT = '<barline location="right"><repeat direction="backward"/></barline>'
KERN = "**kern\n*M4/4\n=1\n{}=4\n1c\n==\n*-\n"
ABC = "X:1\nM:4/4\nL:1/8\nK:C\n{}|c8|]\n"
MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
    '<scoreDef meter.count="4" meter.unit="4"><staffGrp><staffDef n="1" lines="5"/></staffGrp>'
    "</scoreDef><section>{}</section></score></mdiv></body></music></mei>"
)


def musicxml(*measures):
    """Measures: number, further attributes, what stands before, lengths of notes in eighths."""
    written = "".join(
        f'<measure number="{number}" {about}>{CLEF_AT_FIRST if i == 0 else ""}{before}'
        + "".join(
            "<note><pitch><step>C</step><octave>4</octave></pitch>"
            f"<duration>{length}</duration></note>"
            for length in lengths
        )
        + "</measure>"
        for i, (number, about, before, lengths) in enumerate(measures)
    )
    return (
        '<score-partwise><part-list><score-part id="P"/></part-list>'
        f'<part id="P">{written}</part></score-partwise>'
    )


CLEF_AT_FIRST = f"<attributes>{CLEF}</attributes>"


def mei(*measures):
    """Measures: number, lengths of notes in eighths; a text is written as it is."""
    dur = {1: '"8"', 2: '"4"', 4: '"2"', 6: '"2" dots="1"', 7: '"2" dots="2"', 8: '"1"'}
    return MEI.format(
        "".join(
            one
            if isinstance(one, str)
            else f'<measure n="{one[0]}"><staff n="1"><layer n="1">'
            + "".join(f'<note pname="c" oct="4" dur={dur[length]}/>' for length in one[1])
            + "</layer></staff></measure>"
            for one in measures
        )
    )


def start(number):
    """The ending of a number begins."""
    return f'<barline location="left"><ending number="{number}" type="start"/></barline>'


SPLIT = {  # the score in one piece, and with its second measure cut before the last eighth
    "musicxml": (
        musicxml(("1", "", "", [8]), ("2", "", "", [7, 1]), ("3", "", "", [8])),
        musicxml(
            ("1", "", "", [8]),
            ("2", "", "", [7]),
            ("X1", 'implicit="yes"', REPEAT, [1]),
            ("3", "", "", [8]),
        ),
    ),
    "mei": (
        mei(("1", [8]), ("2", [7, 1]), ("3", [8])),
        mei(("1", [8]), ("2", [7]), ("2", [1]), ("3", [8])),
    ),
    "krn": (
        KERN.format("1c\n=2\n2..c\n8c\n=3\n1c\n"),
        KERN.format("1c\n=2\n2..c\n=:|!\n8c\n=3\n1c\n"),
    ),
    "abc": (ABC.format("c8|c7 c|c8"), ABC.format("c8|c7:|c|c8")),
}
ENDINGS = {  # the halves of two endings, two quarters each, which are two measures
    "musicxml": musicxml(
        ("1", "", "", [8]), ("2", "", start(1), [4]), ("2", "", start(2), [4]), ("3", "", "", [8])
    ),
    "mei": mei(
        ("1", [8]),
        '<ending n="1"><measure n="2"><staff n="1"><layer n="1">'
        '<note pname="c" oct="4" dur="2"/></layer></staff></measure></ending>'
        '<ending n="2"><measure n="2"><staff n="1"><layer n="1">'
        '<note pname="c" oct="4" dur="2"/></layer></staff></measure></ending>',
        ("3", [8]),
    ),
    "abc": ABC.format("c8|[1 c4:|[2 c4|c8"),
}
MEASURES = "mc,mn,keysig,timesig,act_dur,mc_offset,volta\n"
NOTES = "mc,mc_onset,duration,tpc,midi,staff,voice,tied\n"


def graph_of(notes):
    return build_graph(notes, (*TASKS["roman-numeral"].inputs, "time_signature"))


def assert_equal_graphs(one, other):
    assert one.to_dict().keys() == other.to_dict().keys()
    for ours, theirs in zip(one.stores, other.stores, strict=True):
        for name, value in ours.items():
            assert torch.equal(value, theirs[name]), (ours, name)


def dcml(folder, measures, notes):
    files = []
    for name, text in (("measures", MEASURES + measures), ("notes", NOTES + notes)):
        files.append(folder / f"{name}.tsv")
        files[-1].write_text(text.replace(",", "\t"))
    return read_dcml(files[1], files[0])


def notes_at(*places):
    return "".join(f"{mc},{onset},{length},0,60,1,1,\n" for mc, onset, length in places)


@pytest.fixture
def read(tmp_path):
    def read(text, suffix):
        path = tmp_path / f"score.{suffix}"
        path.write_text(text)
        return read_score(path)

    return read


@pytest.mark.parametrize("suffix", SPLIT)
def test_a_measure_that_a_repeat_divides_is_one_in_the_graph(read, suffix):
    whole, cut = (graph_of(read(text, suffix)) for text in SPLIT[suffix])
    assert_equal_graphs(whole, cut)
    assert cut["measure"].num_nodes * 4 == cut["beat"].num_nodes


def test_a_measure_that_a_repeat_divides_is_one_of_dcml(tmp_path):
    first, last = "1,1,0,4/4,1,0,\n", "{},3,0,4/4,1,0,\n"
    whole = dcml(
        tmp_path,
        first + "2,2,0,4/4,1,0,\n" + last.format(3),
        notes_at((1, 0, 1), (2, 0, "7/8"), (2, "7/8", "1/8"), (3, 0, 1)),
    )
    cut = dcml(
        tmp_path,
        first + "2,2,0,4/4,7/8,0,\n3,2,0,4/4,1/8,7/8,\n" + last.format(4),
        notes_at((1, 0, 1), (2, 0, "7/8"), (3, 0, "1/8"), (4, 0, 1)),
    )
    # A second ending ends within the measure, whose rest follows it.
    ended = dcml(
        tmp_path,
        first + "2,2,0,4/4,7/8,0,2\n3,2,0,4/4,1/8,7/8,\n" + last.format(4),
        notes_at((1, 0, 1), (2, 0, "7/8"), (3, 0, "1/8"), (4, 0, 1)),
    )
    assert_equal_graphs(graph_of(whole), graph_of(cut))
    assert_equal_graphs(graph_of(whole), graph_of(ended))


@pytest.mark.parametrize("suffix", ENDINGS)
def test_two_endings_are_two_measures(read, suffix):
    notes = read(ENDINGS[suffix], suffix)
    starts = notes.measures.start_div / notes.divs_pq
    assert starts.tolist()[:4] == [0, 4, 6, 8]
    assert set(notes.beat_position) == {0}


def test_two_endings_are_two_measures_of_dcml(tmp_path):
    notes = dcml(
        tmp_path,
        "1,1,0,4/4,1,0,\n2,2,0,4/4,1/2,0,1\n3,2,0,4/4,1/2,0,2\n",
        notes_at((1, 0, 1), (2, 0, "1/2"), (3, 0, "1/2")),
    )
    assert (notes.measures.start_div / notes.divs_pq).tolist() == [0, 4, 6]


@pytest.mark.parametrize(
    ("measures", "starts"),
    [
        ([("2", [4]), ("2", [2])], [0, 8]),  # one number: less than the time signature says
        ([("2", [4]), ("3", [2])], [0, 8, 12]),
        ([("2", [6]), ("2", [4])], [0, 8, 14]),  # more
        ([("2", [2]), ("2", [2]), ("2", [4])], [0, 8]),  # three parts
        ([("2", [8]), ("2", [4])], [0, 8, 16]),
    ],
)
def test_halves_have_one_number_or_make_up_a_whole(read, measures, starts):
    written = [(number, "", "", lengths) for number, lengths in (("1", [8]), *measures)]
    notes = read(musicxml(*written), "musicxml")
    assert (notes.measures.start_div * 2 / notes.divs_pq).tolist() == starts


def test_a_first_measure_that_the_next_completes_is_no_pickup(read):
    notes = read(musicxml(("1", "", "", [6]), ("2", "", "", [2]), ("3", "", "", [8])), "musicxml")
    assert notes.beat_position.tolist() == [0, 3, 0]
    pickup = read(musicxml(("0", "", "", [2]), ("1", "", "", [8])), "musicxml")
    assert pickup.beat_position.tolist() == [3, 0]


def test_layout_says_nothing_in_features(read):
    """A last measure that makes up for the pick-up looks like every other."""
    notes = read(musicxml(("0", "", "", [2]), ("1", "", "", [8]), ("2", "", "", [6])), "musicxml")
    features = graph_of(notes)["measure"].x
    assert np.unique(features.numpy(), axis=0).shape[0] == 1
