"""PSE: pitch spelling, and one key, by the number of printed accidentals; no training.

A *key* is a row of ``FIFTHS``: 15 signatures in major, then in minor. A spelling is its class, see
``musebench.pitch``. Costs are compared one after the other, as the digits of a number: signs, then
notes outside the chromatic scale of the local key, then matters of taste: flats in a key of sharps
or sharps in a key of flats, and signs on white keys.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.models.rules.rule import Rule, register_rule
from musebench.score import NoteTable
from musebench.viterbi import best_path

Ints = NDArray[np.int64]

NUM_STATES = 16  # that are kept after each note, per measure and key
NUM_SPELLINGS = 2  # of a pitch class in a key
SURPLUS = 0.03  # of signs in a key that is still a candidate
WEIGHT_OF_SIGN = 2  # against one step between two local keys
SIGN, OUTSIDE_CHROMATIC, TASTE = 1 << 24, 1 << 12, 1
IMPOSSIBLE = 1 << 42

NUM_SIGNATURES = pitch.MAX_FIFTHS - pitch.MIN_FIFTHS + 1
FIFTHS = np.tile(np.arange(pitch.MIN_FIFTHS, pitch.MAX_FIFTHS + 1), 2)
IS_MINOR = np.arange(len(FIFTHS)) >= NUM_SIGNATURES
TPC = np.arange(pitch.MIN_TPC, pitch.MAX_TPC + 1)
ALTER, LETTER = np.divmod(TPC + 1, 7)  # letters in the order F C G D A E B
DIGIT = 5 ** np.arange(7)  # a state is a number whose digits are the alterations of the letters


@register_rule("pse", "pitch-spelling")
class Pse(Rule):
    """Spells a score so that it would be printed with few accidentals.

    Each measure is spelled in each of 30 keys (15 signatures, major and minor). An accidental is
    printed where a note differs from the last one of its letter in the measure, or else from the
    signature; dynamic programming over what is in force for each letter finds the spelling with the
    fewest. Keys that need at most ``SURPLUS`` more than the best are candidates. For each, a path
    of *local keys*, one per measure, starts there: it has few accidentals, and short ways from key
    to key. Then the measures are spelled again: signs cost, double ones twice, but those of the
    harmonic minor are free, and each note outside the local key costs as much. The candidate that
    now costs least spells the score and is its key signature.

    Source:
        Bouquillard and Jacquemard, "Engraving Oriented Joint Estimation of Pitch Spelling and Local
        and Global Keys", 2024; the costs as in the authors' code, github.com/florento/PSE. Differs:
        local keys are one path, as that code tries later, not chosen measure by measure; a note has
        only the two spellings nearest to the key, and after each note the ``NUM_STATES`` cheapest
        states are kept, not all of the lowest cost; a pitch class counts once per onset; both hands
        are one part; one key holds for the whole score.
    """

    def __call__(self, notes: NoteTable) -> dict[str, Ints]:
        """Predict ``spelling`` and ``key_signature``."""
        events = _events(notes)
        keys = np.arange(len(FIFTHS))
        none = np.zeros((len(events.number), *SPELLINGS.shape), dtype=np.int64)
        first = _spell(events, keys, np.full_like(SPELLINGS, SIGN), none).cost // SIGN
        total = first.sum(axis=0)
        keys = keys[total <= (1 + SURPLUS) * total.min()]
        local = np.stack([_local_keys(first, key) for key in keys], axis=1)
        second = _spell(events, keys, COST_OF_SIGN[keys], _costs_outside(keys, local))
        parts = [part.sum(axis=0) for part in _parts(second.cost)]
        best = int(np.lexsort(parts[::-1])[0])
        return {
            "spelling": _unfold(second, events, keys, best)[events.of_note],
            "key_signature": np.full(len(notes), FIFTHS[keys[best]] - pitch.MIN_FIFTHS),
        }


class Events(NamedTuple):
    """The pitch classes that start in each measure, in order of time; longest measures first.

    Attributes:
        chroma: Pitch class of each event. Shape ``(num_measures, most events of one)``.
        number: Number of events of each measure, not increasing.
        time: Row of each measure in order of time.
        row, column: Place of each event in ``chroma``.
        of_note: Event of each note.
    """

    chroma: Ints
    number: Ints
    time: Ints
    row: Ints
    column: Ints
    of_note: Ints


def _events(notes: NoteTable) -> Events:
    """The events of a score; measures without notes are left out."""
    cell = 12 * notes.onset_index + notes.pitch % 12
    cells, first, of_note = np.unique(cell, return_index=True, return_inverse=True)
    measure = np.unique(notes.measure_index[first], return_inverse=True)[1]
    count = np.bincount(measure)
    order = np.argsort(-count, kind="stable")
    row = np.argsort(order, kind="stable")
    column = np.arange(len(cells)) - (np.cumsum(count) - count)[measure]
    chroma = np.zeros((len(count), count.max()), dtype=np.int64)
    chroma[row[measure], column] = cells % 12
    return Events(chroma, count[order], row, row[measure], column, of_note)


class Spelled(NamedTuple):
    """The cheapest spellings of each measure in each key.

    Attributes:
        cost: Cost of the best one. Shape ``(num_measures, num_keys)``, measures in order of time.
        best: Its last state. Shape ``(num_measures, num_keys)``, in the order of ``Events``.
        back: Per event, the state before and the chosen spelling of each state, as one number,
            ``NUM_SPELLINGS * state + spelling``. Shape ``(num_measures, num_keys, NUM_STATES)``.
    """

    cost: Ints
    best: Ints
    back: list[NDArray[np.uint8]]


def _spell(events: Events, keys: Ints, of_sign: Ints, of_note: Ints) -> Spelled:
    """Spell each measure in each of some keys.

    Args:
        events: The events.
        keys: The keys.
        of_sign: Cost of a printed accidental. Shape ``(num_keys, 12, NUM_SPELLINGS)``.
        of_note: Cost of a note, printed or not, per measure in order of time.
    """
    of_note = of_note[np.argsort(events.time)]
    spellings, place = SPELLINGS[keys], np.arange(len(keys))
    shape = (len(events.number), len(keys), NUM_STATES)
    state = np.broadcast_to(SIGNATURE[keys, None], shape).copy()
    cost = np.full(shape, IMPOSSIBLE)
    cost[..., 0] = 0
    back = []
    for step, chroma in enumerate(events.chroma.T):
        n = np.searchsorted(-events.number, -step)  # measures that have so many events
        at = place, chroma[:n, None]
        spelling = spellings[at][:, :, None]  # (n, num_keys, 1, NUM_SPELLINGS)
        digit, alter = DIGIT[LETTER[spelling]], ALTER[spelling] + 2
        before = state[:n, ..., None]
        in_force = before // digit % 5
        paid = np.where(in_force == alter, 0, of_sign[at][:, :, None])
        paid = paid + of_note[np.arange(n)[:, None], *at][:, :, None]
        reached = (before + (alter - in_force) * digit).reshape(n, len(keys), -1)
        total = (cost[:n, ..., None] + paid).reshape(reached.shape)
        chosen = _cheapest(reached, total)
        back.append(chosen.astype(np.uint8))
        state[:n] = np.take_along_axis(reached, chosen, axis=2)
        cost[:n] = np.take_along_axis(total, chosen, axis=2)
    best = cost.argmin(axis=2)
    return Spelled(cost.min(axis=2)[events.time], best, back)


def _cheapest(state: Ints, cost: Ints) -> Ints:
    """Places of the ``NUM_STATES`` cheapest states, each state once."""
    order = np.argsort(state * (2 * IMPOSSIBLE) + cost, axis=2)
    again = np.zeros(state.shape, dtype=bool)
    ordered = np.take_along_axis(state, order, axis=2)
    again[..., 1:] = ordered[..., 1:] == ordered[..., :-1]
    np.put_along_axis(cost, order, np.take_along_axis(cost, order, 2) + again * IMPOSSIBLE, axis=2)
    np.minimum(cost, IMPOSSIBLE, out=cost)
    return np.argsort(cost, axis=2, kind="stable")[..., :NUM_STATES]


def _unfold(spelled: Spelled, events: Events, keys: Ints, place: int) -> Ints:
    """Spelling class of each event in the key at a place among the keys."""
    state = spelled.best[:, place].copy()
    chosen = np.zeros_like(events.chroma)
    for step in range(len(spelled.back) - 1, -1, -1):
        back = spelled.back[step][:, place]
        row = np.arange(len(back))
        state[row], spelling = np.divmod(back[row, state[row]], NUM_SPELLINGS)
        chosen[row, step] = SPELLINGS[keys[place], events.chroma[row, step], spelling]
    return chosen[events.row, events.column]


def _local_keys(signs: Ints, key: int) -> Ints:
    """The local key of each measure, on a path from a key. Shape ``(num_measures,)``."""
    gain = -WEIGHT_OF_SIGN * signs
    gain[0] -= DISTANCE[key]
    return best_path(gain, DISTANCE)


def _costs_outside(keys: Ints, local: Ints) -> Ints:
    """Costs of notes in local keys. Shape ``(num_measures, num_keys, 12, NUM_SPELLINGS)``."""
    spellings = SPELLINGS[keys]
    cost: Ints = COST_OUTSIDE[local[..., None, None], spellings]
    is_flat = FIFTHS[keys, None, None] < 0
    cost += TASTE * (np.where(is_flat, 1, -1) * ALTER[spellings] > 0)
    return cost


def _parts(cost: Ints) -> tuple[Ints, Ints, Ints]:
    """Signs, notes outside the chromatic scale, matters of taste."""
    return cost // SIGN, cost % SIGN // OUTSIDE_CHROMATIC, cost % OUTSIDE_CHROMATIC


def _spellings() -> Ints:
    """Spelling classes of each pitch class in each key. Shape ``(num_keys, 12, 2)``."""
    width = NUM_SPELLINGS * pitch.ENHARMONIC
    low = np.clip(FIFTHS + 3 - width // 2, pitch.MIN_TPC, pitch.MAX_TPC + 1 - width)
    places = low[:, None] + np.arange(width) - pitch.MIN_TPC
    sounding = np.array(pitch.SPELLING_CLASS_TO_PITCH_CLASS)[places]
    order = np.argsort(sounding, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1).reshape(-1, 12, NUM_SPELLINGS)


def _scale(*minor: int) -> NDArray[np.bool_]:
    """Whether each spelling is in the scale of each key. Shape ``(num_keys, 35)``.

    Args:
        minor: Fifths from the tonic that belong to minor.
    """
    fifths = TPC - FIFTHS[:, None]
    in_major = (fifths >= -1) & (fifths <= 5)
    return np.where(IS_MINOR[:, None], np.isin(fifths - pitch.MINOR_TONIC, minor), in_major)


def _distances() -> Ints:
    """Steps between two keys: to a fifth, to the relative or to the parallel key."""
    fifths, minor = FIFTHS[:, None] - FIFTHS, IS_MINOR[:, None] != IS_MINOR
    parallel = np.where(IS_MINOR[:, None], fifths + 3, fifths - 3) == 0
    one = (~minor & (np.abs(fifths) == 1)) | (minor & ((fifths == 0) | parallel))
    distance = np.where(one, 1, len(FIFTHS))
    np.fill_diagonal(distance, 0)
    for via in range(len(FIFTHS)):
        distance = np.minimum(distance, distance[:, via, None] + distance[via])
    return distance


NATURAL_MINOR = (-4, -3, -2, -1, 0, 1, 2)
HARMONIC_MINOR = (-4, -3, -1, 0, 1, 2, 5)

SPELLINGS = _spellings()
SIGNATURE = (_scale(*NATURAL_MINOR) * ((ALTER + 2) * DIGIT[LETTER])).sum(axis=1)
SIGNS = np.maximum(np.abs(ALTER), 1)
IS_CHROMATIC = np.abs(TPC - 0.5 - FIFTHS[:, None] - pitch.MINOR_TONIC * IS_MINOR[:, None]) < 6
COST_OUTSIDE = SIGN * SIGNS * ~_scale(*NATURAL_MINOR, 3, 5) + OUTSIDE_CHROMATIC * ~IS_CHROMATIC
COST_OF_SIGN = np.where(
    _scale(*HARMONIC_MINOR), 0, SIGN * SIGNS + TASTE * np.isin(TPC, (-8, -7, 11, 12))
)[np.arange(len(FIFTHS))[:, None, None], SPELLINGS]
DISTANCE = _distances()
