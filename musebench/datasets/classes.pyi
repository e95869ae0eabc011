# Written by tools/write_derived.py from the declarations; change those.
from musebench.boards import Board
from musebench.datasets.base import ScoreGraphDataset

def dataset_class(board: Board) -> type[ScoreGraphDataset]: ...

class ASAPPerformance(ScoreGraphDataset):
    """Tempo, timing, articulation and loudness of each note as pianists play it.

    Each note has four labels: ``y``, log2 of the beat period less its mean over the piece,
    ``y_timing``, ``y_articulation_log`` and ``y_velocity``. They are float32 means over the
    performances, and NaN where no performance plays the note or labels are hidden. A model sees
    pitch, duration, metrical position and time signature.

    Source:
        Peter et al., "Automatic Note-Level Score-to-Performance Alignments in the ASAP Dataset",
        TISMIR 6, 2023; CC BY-NC-SA 4.0.
    """

class ASAPPitchSpelling(ScoreGraphDataset):
    """Spelling and key signature of each note, Western piano music.

    Each note has two labels, as in the edition: ``y``, its spelling (35 classes, Fbb to B##),
    and ``y_key_signature``, its key signature (15 classes, seven flats to seven sharps). A
    model sees pitch, duration, metrical position and time signature. One score per (composer,
    title); of repeat variants, the plain one.

    Source:
        Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for Piano
        Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.
    """

class ASAPStaffSeparation(ScoreGraphDataset):
    """Upper or lower staff of each note, Western piano music.

    Each note has the label ``y``: 0 on the upper, 1 on the lower staff. A model sees pitch,
    duration, metrical position and time signature, never staff, voice or part. The pieces and
    splits are those of ``ASAPPitchSpelling`` except four scores with notes on three or four
    staves.

    Source:
        The scores of Foscarin et al., "ASAP: A Dataset of Aligned Scores and Performances for Piano
        Transcription", ISMIR 2020, in the edition (n)ASAP; CC BY-NC-SA 4.0.
    """

class AugmentedNetRomanNumeral(ScoreGraphDataset):
    """Key, degree, quality, inversion and root of the chord at each onset, AugmentedNet.

    Each onset has seven labels: ``onset_y``, the local key (36 classes), and ``onset_y_<head>``
    for tonicized_key, degree1, degree2, quality, inversion and root. A model sees pitch,
    duration, metrical position and time signature. The scheme ``augmentednet`` is the published
    one, which divides some works.

    Source:
        Napoles Lopez, Gotham and Fujinaga, "AugmentedNet: A Roman Numeral Analysis Network with
        Synthetic Training Examples and Additional Tonal Tasks", ISMIR 2021, as in Hentschel and
        Karystinaios, "Dilemmadata", 2026; CC BY-NC-SA 4.0.
    """

class ChoralePhrase(ScoreGraphDataset):
    """Phrase ends of four-part Bach chorales, by their fermatas.

    ``onset_y`` is 1 at an onset group in which a note has a fermata. Pieces and splits are
    those of ``ChoralePitchSpelling`` except one chorale without fermatas; inputs are those of
    ``DCMLCadence``.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

class ChoralePitchSpelling(ScoreGraphDataset):
    """Spelling and key signature of each note, four-part Bach chorales.

    Labels and inputs are those of ``ASAPPitchSpelling``. The scores are the chorales of the
    package music21 with four monophonic parts, without near-duplicates; all settings of a tune
    are in the same split.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

class ChoraleVoiceSeparation(ScoreGraphDataset):
    """Next note of the same voice, four-part Bach chorales.

    The label ``y`` of a note is the index of the next note of the same part in its graph or
    batch, -1 for the last note. ``-100``: no label, or the next note is not in the batch;
    ``-2``: hidden. A model sees pitch, duration, metrical position and time signature, never
    voice, staff or part. ``candidate_index`` contains the pairs of notes that may be linked.
    The pieces and their splits are those of ``ChoralePitchSpelling``.

    Source:
        The corpus of music21 10.5.1 (extra ``chorales``); its encodings are not ours to pass on.
    """

class DCMLCadence(ScoreGraphDataset):
    """Cadence at each onset, from Corelli to Rachmaninoff.

    ``onset_y`` is the cadence of each onset group (none, PAC, IAC, HC, other);
    ``graph["note"].onset_index`` gives the group of each note, its row of ``onset_y``. A model
    sees pitch, duration, metrical position and time signature. Pieces without annotated
    cadences are left out. Subtypes, such as the half cadences of Couperin's concerts (HC.SIM),
    count as their kind.

    Source:
        Hentschel et al., "A Corpus and a Modular Infrastructure for the Empirical Study of
        (An)notated Music", Scientific Data 12, 2025; CC BY-NC-SA 4.0.
    """

class DCMLComposer(ScoreGraphDataset):
    """Composer of each piece, keyboard music from Frescobaldi to Medtner.

    Each graph has the label ``y``, shape ``(1,)``: one of the composers with five or more works
    in DCML's keyboard corpora. A model sees pitch, duration, metrical position and time
    signature. Splits are by work, so no movement of a test work is in training.

    Source:
        The keyboard corpora of the Digital and Cognitive Musicology Lab: Hentschel et al., "A
        Corpus and a Modular Infrastructure for the Empirical Study of (An)notated Music",
        Scientific Data 12, 2025; CC BY-NC-SA 4.0.
    """

class DCMLPhrase(ScoreGraphDataset):
    """Phrase ends, from Sweelinck to Rachmaninoff.

    ``onset_y`` is 1 at an onset group that ends a phrase (DCML's ``}`` and ``}{``), otherwise
    0. Pieces and splits are those of DCML; inputs are those of ``DCMLCadence``.

    Source:
        As for ``DCMLCadence``.
    """

class DCMLRomanNumeral(ScoreGraphDataset):
    """Local key, degree, quality, inversion and root at each onset, 1600 to 1931.

    ``onset_y`` is the local key; ``onset_y_degree``, ``onset_y_applied_degree``,
    ``onset_y_quality``, ``onset_y_inversion`` and ``onset_y_root`` are the other parts; -100
    where no chord is annotated. A model also sees the spelling of the notes.

    Source:
        As for ``DCMLCadence``; the quartets: Neuwirth et al., "The Annotated Beethoven Corpus",
        Frontiers in Digital Humanities 5, 2018; CC BY-NC-SA 4.0.
    """

class DCMLVoiceSeparation(ScoreGraphDataset):
    """Next note of the same part, music for voices and instruments, Schütz to Mendelssohn.

    Labels and inputs are those of ``ChoraleVoiceSeparation``; each staff is a part. Notes in
    double stops, grace notes, and notes of Corelli's organ have no label. Scores of which less
    than three quarters of the notes start alone in their part are left out.

    Source:
        The Annotated Beethoven Corpus (Neuwirth et al., Frontiers in Digital Humanities 5, 2018),
        Corelli's trio sonatas (Hentschel et al., ISMIR 2021), Schütz's Kleine geistliche Konzerte,
        Couperin's concerts and Mendelssohn's quartets (Hentschel et al., Scientific Data 12, 2025),
        of DCML; CC BY-NC-SA 4.0.
    """

class LiederMelody(ScoreGraphDataset):
    """Sung or played, each note of songs with piano from Arne to Zemlinsky.

    Each note has the label ``y``: 1 if a voice sings it, 0 if the piano plays it. Notes with
    the same onset and pitch are one, of the longest duration, sung if any of them is. A model
    sees pitch, duration, metrical position and time signature, never part, staff or voice.

    Source:
        The OpenScore Lieder Corpus: Gotham and Jonas, "The OpenScore Lieder Corpus", Music Encoding
        Conference 2021; CC0 1.0.
    """

class OpenScorePitchSpelling(ScoreGraphDataset):
    """Spelling and key signature of each note, songs and string quartets.

    Labels and inputs are those of ``ASAPPitchSpelling``. Anyone may use the scores, and what is
    trained on them, for anything.

    Source:
        The OpenScore Lieder Corpus: Gotham and Jonas, Music Encoding Conference 2021; the
        "OpenScore String Quartet" Corpus: Gotham et al., DLfM 2023; CC0 1.0.
    """

class OpenScoreStaffSeparation(ScoreGraphDataset):
    """Upper or lower staff of each note, piano parts of songs.

    Labels and inputs are those of ``ASAPStaffSeparation``. What is sung is not in the graph.
    Songs whose piano is not on two staves are left out. Anyone may use the scores, and what is
    trained on them, for anything.

    Source:
        The OpenScore Lieder Corpus: Gotham and Jonas, Music Encoding Conference 2021; CC0 1.0.
    """

class OpenScoreVoiceSeparation(ScoreGraphDataset):
    """Next note of the same instrument, string quartets from Haydn to Schulhoff.

    Labels and inputs are those of ``ChoraleVoiceSeparation``; each instrument is a part. Notes
    in double stops and grace notes have no label. Quartets of which less than three quarters of
    the notes start alone in their part are left out. Anyone may use the scores, and what is
    trained on them, for anything.

    Source:
        The "OpenScore String Quartet" Corpus: Gotham et al., DLfM 2023; CC0 1.0.
    """
