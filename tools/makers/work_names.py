"""Names of musical works: which work a piece of a corpus belongs to.

A work is what must not be cut by a split: a sonata, suite, cycle, a prelude with its fugue, a
chorale tune. Its id is ``composer/work`` in lower-case ASCII, e.g. ``beethoven/piano-sonata-21``,
and is the same in every corpus, so that editions, arrangements, repeat variants and second
annotators of a work share a split.

What counts as the work, where it could be argued:

* études (Chopin, Liszt, Scriabin), Rachmaninoff's preludes, Scarlatti's sonatas, Hungarian
  rhapsodies: the single piece;
* mazurkas, lyric pieces, tales, impromptus, moments musicaux, Brahms's piano pieces: the opus
  (mazurkas without opus: the BI number);
* Schütz's Kleine geistliche Konzerte, Couperin's concerts, Frescobaldi's organ masses: each;
* sets of variations and of preludes in one opus (Rachmaninoff op. 42, Bartók's bagatelles): the
  opus;
* Années de pèlerinage: the volume (S.160, S.161, S.162);
* songs: the published set or cycle; a song outside a set is a work of its own, and so is each song
  of an album that several composers wrote;
* a madrigal in several numbered parts: all its parts together;
* Bach's chorales: the tune, over all its settings.
"""

from __future__ import annotations

import csv
import functools
import re
import unicodedata
from pathlib import Path

from musebench.errors import InputError

_Rules = tuple[tuple[str, str], ...]

_PLAIN_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "ß": "ss", "\u2019": "", "'": ""}
)

# Catalogue numbers of quartets; K. 421/417b lost its stroke in the name of the folder.
_QUARTETS: _Rules = (
    (r".*,_K\.(80|\d{3}).*", r"k\1"),
    (r".*,_D\.(\d+).*", r"d\1"),
    (r".*Op\._?(\d+),?_No\.(\d+).*", r"op\1-no\2"),
    (r".*Op\._?(\d+).*", r"op\1"),
)

# The first pattern that matches the whole piece id wins; groups drop leading zeros.
_RULES: dict[str, _Rules] = {
    "abc": (
        (r"n\d\dop(\d+)-(\d)_\d\d", r"beethoven/op\1-no\2"),
        (r"n\d\dop(\d+)_\d\d", r"beethoven/op\1"),
    ),
    "bach_en_fr_suites": ((r"BWV(\d+)_.+", r"bach/bwv\1"),),
    "bach_solo": ((r"BWV(\d+)_.+", r"bach/bwv\1"),),
    "bartok_bagatelles": ((r"op06n\d\d", "bartok/op6"),),
    "beethoven_piano_sonatas": ((r"0*(\d+)-\d", r"beethoven/piano-sonata-\1"),),
    "c_schumann_lieder": ((r"op(\d+)no\d .+", r"schumann-clara/op\1"),),
    "chopin_mazurkas": (
        (r"BI\d+(?:-\d)?op0*(\d+)-\d", r"chopin/op\1"),
        (r"BI(\d+)(?:-\d)?", r"chopin/bi\1"),
    ),
    "corelli": ((r"op0*(\d+)n0*(\d+)[a-z]", r"corelli/op\1-no\2"),),
    "couperin_clavecin": ((r"\d\d_.+", "couperin/art-de-toucher-le-clavecin"),),
    "couperin_concerts": (
        (r"c0*(\d+)n\d\d_.+", r"couperin/concert-\1"),
        (r"parnasse_\d\d", "couperin/parnasse"),
    ),
    "cpe_bach_keyboard": ((r"wq(\d+)n0*(\d+)[abc]?", r"bach-emanuel/wq\1-no\2"),),
    "debussy_suite_bergamasque": ((r"l075-\d\d_suite_.+", "debussy/suite-bergamasque"),),
    "dvorak_silhouettes": ((r"op08n\d\d", "dvorak/op8"),),
    "frescobaldi_fiori_musicali": (
        (r"12\.(?:0\d|1[0-7])_.+", "frescobaldi/messa-della-domenica"),
        (r"12\.(?:1[89]|2\d|3[0-3])_.+", "frescobaldi/messa-degli-apostoli"),
        (r"12\.(?:3[4-9]|4[0-5])_.+", "frescobaldi/messa-della-madonna"),
        (r"12\.46_Bergamasca", "frescobaldi/bergamasca"),
        (r"12\.47_.+", "frescobaldi/capriccio-sopra-la-girolmeta"),
    ),
    "grieg_lyric_pieces": ((r"op(\d+)n\d\d", r"grieg/op\1"),),
    "handel_keyboard": ((r"hwv(\d+)d_.+", r"handel/hwv\1"),),
    "jc_bach_sonatas": ((r"wa\d\dop0*(\d+)no(\d)[a-d]_.+", r"bach-christian/op\1-no\2"),),
    "kleine_geistliche_konzerte": (
        (r"op09n2[89]swv33[34]_.+", "schutz/swv333"),  # the same music to German and Latin words
        (r"op0\dn\d\dswv(\d+)_.+", r"schutz/swv\1"),
    ),
    "liszt_pelerinage": ((r"(16[012])\.\d\d_.+", r"liszt/s\1"),),
    "mahler_kindertotenlieder": ((r"kindertotenlieder_.+", "mahler/kindertotenlieder"),),
    "medtner_tales": ((r"op0*(\d+)n\d\d", r"medtner/op\1"),),
    "mendelssohn_quartets": (
        (r"\d\dop(\d+)[a-d]", r"mendelssohn/op\1"),
        (r"\d\dop(\d+),(\d)[a-d]", r"mendelssohn/op\1-no\2"),
    ),
    "mozart_piano_sonatas": ((r"K(\d+)-\d", r"mozart/k\1"),),
    "pergolesi_stabat_mater": ((r"\d\d\. .+", "pergolesi/stabat-mater"),),
    "poulenc_mouvements_perpetuels": ((r"0\d_.+", "poulenc/mouvements-perpetuels"),),
    "rachmaninoff_piano": ((r"op42_\d\d[ab]?", "rachmaninoff/op42"),),
    "ravel_piano": (
        (r"Ravel_-_Jeux_dEau", "ravel/jeux-deau"),
        (r"Ravel_-_Miroirs_.+", "ravel/miroirs"),
    ),
    "scarlatti_sonatas": ((r"K0*(\d+)", r"scarlatti/k\1"),),
    "schubert_winterreise": ((r"n\d\d", "schubert/d911"),),
    "schumann_kinderszenen": ((r"n\d\d", "schumann/op15"),),
    "schumann_liederkreis": ((r"op39n\d\d", "schumann/op39"),),
    "sweelinck_keyboard": ((r"SwWV(\d+)_.+", r"sweelinck/swwv\1"),),
    "tchaikovsky_seasons": ((r"op37a\d\d", "tchaikovsky/op37a"),),
    "wagner_overtures": ((r"WWV0*(\d+)[_-].+", r"wagner/wwv\1"),),
    "wf_bach_sonatas": ((r"F0*(\d+)_.+", r"bach-friedemann/f\1"),),
    "asap": (
        (r"Bach/(?:Fugue|Prelude)/bwv_(\d+)", r"bach/bwv\1"),
        (r"Bach/Italian_concerto", "bach/bwv971"),
        (r"Balakirev/Islamey", "balakirev/islamey"),
        (r"Beethoven/Piano_Sonatas/(\d+)-\d.*", r"beethoven/piano-sonata-\1"),
        (r"Brahms/Six_Pieces_op_118/\d", "brahms/op118"),
        (r"Chopin/Ballades/1", "chopin/op23"),
        (r"Chopin/Ballades/2", "chopin/op38"),
        (r"Chopin/Ballades/3", "chopin/op47"),
        (r"Chopin/Ballades/4", "chopin/op52"),
        (r"Chopin/Barcarolle", "chopin/op60"),
        (r"Chopin/Berceuse_op_57", "chopin/op57"),
        (r"Chopin/Etudes_op_(\d+)/(\d+)", r"chopin/op\1-no\2"),
        (r"Chopin/(?:Polonaises|Scherzos)/(\d+)", r"chopin/op\1"),
        (r"Chopin/Sonata_2/.+", "chopin/op35"),
        (r"Chopin/Sonata_3/.+", "chopin/op58"),
        (r"Debussy/Images_Book_1/.+", "debussy/images-1"),
        (r"Debussy/Pour_le_Piano/\d", "debussy/pour-le-piano"),
        (r"Glinka/The_Lark", "glinka/the-lark"),
        (r"Haydn/Keyboard_Sonatas/(\d+)-\d.*", r"haydn/hob16-\1"),
        # Gondoliera opens the supplement "Venezia e Napoli", not the second year itself.
        (r"Liszt/Annees_de_pelerinage_2/1_Gondoliera", "liszt/s162"),
        (r"Liszt/Ballade_2", "liszt/s171"),
        (r"Liszt/Concert_Etude_S145/(\d)", r"liszt/s145-no\1"),
        (r"Liszt/Gran_Etudes_de_Paganini/(\d)_.+", r"liszt/s141-no\1"),
        (r"Liszt/Hungarian_Rhapsodies/(\d+)(?:_.+)?", r"liszt/s244-no\1"),
        (r"Liszt/Mephisto_Waltz", "liszt/s514"),
        (r"Liszt/Sonata", "liszt/s178"),
        (r"Liszt/Transcendental_Etudes/(\d+)", r"liszt/s139-no\1"),
        (r"Mozart/Fantasie_475", "mozart/k475"),
        (r"Mozart/Piano_Sonatas/8-\d", "mozart/k310"),
        (r"Mozart/Piano_Sonatas/11-\d", "mozart/k331"),
        (r"Mozart/Piano_Sonatas/12-\d", "mozart/k332"),
        (r"Prokofiev/Toccata", "prokofiev/op11"),
        (r"Rachmaninoff/Preludes_op_(\d+)/(\d+)", r"rachmaninoff/op\1-no\2"),
        (r"Ravel/Gaspard_de_la_Nuit/.+", "ravel/gaspard-de-la-nuit"),
        (r"Ravel/Miroirs/.+", "ravel/miroirs"),
        (r"Ravel/Pavane", "ravel/pavane-pour-une-infante-defunte"),
        (r"Schubert/Impromptu_op\.90_D\.899/.+", "schubert/d899"),
        (r"Schubert/Impromptu_op142/.+", "schubert/d935"),
        (r"Schubert/Moment_[Mm]usical_no_\d", "schubert/d780"),
        (r"Schubert/Piano_Sonatas/(\d+)-\d.*", r"schubert/d\1"),
        (r"Schubert/Wanderer_fantasie", "schubert/d760"),
        (r"Schumann/Arabeske", "schumann/op18"),
        (r"Schumann/Kreisleriana/.+", "schumann/op16"),
        (r"Schumann/Toccata(?:_repeat)?", "schumann/op7"),
        (r"Scriabin/Etudes_op_(\d+)/(\d+)", r"scriabin/op\1-no\2"),
        (r"Scriabin/Sonatas/5", "scriabin/op53"),
    ),
    "augmentednet": (
        (r"abc-(op\d+(?:-no\d)?)-\d", r"beethoven/\1"),
        (r"bps-0*(\d+)-.+", r"beethoven/piano-sonata-\1"),
        (r"haydnop20-no(\d)-\d", r"haydn/op20-no\1"),
        (r"tavern-beethoven-(op\d+)-[ab]", r"beethoven/\1"),
        (r"tavern-beethoven-woo-(\d+)-[ab]", r"beethoven/woo\1"),
        (r"tavern-mozart-k0*(\d+)-[ab]", r"mozart/k\1"),
        # "Vattene pur, crudel" (nos. 8-10) and "Ecco, Silvio" (nos. 4-8) are madrigals in parts.
        (r"wir-monteverdi-madrigals-book-3-(?:8|9|10)", "monteverdi/madrigals-3-no8"),
        (r"wir-monteverdi-madrigals-book-5-[4-8]", "monteverdi/madrigals-5-no4"),
        (r"wir-monteverdi-madrigals-book-(\d)-(\d+)", r"monteverdi/madrigals-\1-no\2"),
        (r"wir-orchestral-haydn-symphony-(\d+)-\d", r"haydn/symphony-\1"),
        (r"wir-variations-and-grounds-bach-b-minor-mass-bwv232-.+", "bach/bwv232"),
        (r"wir-variations-and-grounds-purcell-.+-(z\d+)", r"purcell/\1"),
    ),
}

# Names of sets in When-in-Rome's lieder; it does not tell Clara from Robert Schumann.
_WHEN_IN_ROME_LIEDER: _Rules = (
    (r"brahms-7-lieder-op-48-.+", "brahms/op48"),
    (r"brahms-6-songs-op-3-.+", "brahms/op3"),
    (r"chaminade-amoroso", "chaminade/amoroso"),
    (r"chausson-7-melodies-op-2-.+", "chausson/op2"),
    (r"coleridge-taylor-oh-the-summer", "coleridge-taylor/oh-the-summer"),
    (r"franz-6-gesange-op-14-.+", "franz/op14"),
    (r"hensel-3-lieder-.+", "hensel/3-lieder"),
    (r"hensel-[56]-lieder-op-(\d+)-.+", r"hensel/op\1"),
    (r"holmes-les-heures-.+", "holmes/les-heures"),
    (r"jaell-4-melodies-.+", "jaell/4-melodies"),
    (r"lang-6-lieder-op-25-.+", "lang/op25"),
    (r"mahler-kindertotenlieder-.+", "mahler/kindertotenlieder"),
    (
        r"reichardt-zwolf-deutsche-und-italianische-romantische-gesange-.+",
        "reichardt/12-deutsche-und-italianische-romantische-gesange",
    ),
    (r"reichardt-sechs-lieder-von-novalis-op-4-.+", "reichardt/op4"),
    (r"reichardt-zwolf-gesange-op-3-.+", "reichardt/op3"),
    (r"schubert-(?:.+-)?d-(911|795|957)-.+", r"schubert/d\1"),
    (r"schubert-(?:4-lieder-)?op-(\d+)-.+", r"schubert/op\1"),
    (r"schumann-6-lieder-op-13-.+", "schumann-clara/op13"),
    (r"schumann-lieder-op-12-.+", "schumann-clara/op12"),
    (r"schumann-die-gute-nacht", "schumann-clara/die-gute-nacht"),
    (r"schumann-dichterliebe-op-48-.+", "schumann/op48"),
    (r"schumann-frauenliebe-und-leben-op-42-.+", "schumann/op42"),
    (r"wolf-eichendorff-lieder-.+", "wolf/eichendorff-lieder"),
)

# Surnames borne by two composers of the corpora; the better known keeps the plain surname.
_COMPOSERS = {
    "Lehmann,_Amelia": "lehmann-amelia",
    "Schumann,_Clara": "schumann-clara",
    "White,_Harold": "white-harold",
}

# Lieder sets that are a work of another name: this song is the vocal version of S.161 no. 5.
_LIEDER_SETS = {"Liszt,_Franz/3_sonetti_di_Petrarca,_S.270b": "liszt/s161"}

# Songs whose notes are those of a song in another work: found by comparing all melodies.
_LIEDER_SONGS = {
    "Munktell,_Helena/_/Fjerran_på_enslig_stig": "munktell/10-songs",
    # The file holds "Liebe Schwalbe" by Zemlinsky under a wrong name.
    "Obradors,_Fernando/Canciones_Clásicas_Españolas,_Vol.1/1_La_mi_sola,_Laureola": (
        "zemlinsky/op6"
    ),
    "Reichardt,_Louise/12_Deutsche_und_Italiänische_Romantische_Gesänge/1_Frühlingslied": (
        "reichardt/op4"
    ),
    "Reichardt,_Louise/12_Deutsche_und_Italiänische_Romantische_Gesänge/2_Wenn_ich_ihn_nur_habe": (
        "reichardt/op4"
    ),
}

# Albums filed under their editor: the composer of each number, as the scores name them.
_ALBUMS: dict[str, tuple[str, ...]] = {
    "Boulton,_Harold/12_New_Songs": (
        "barnby",
        "cellier",
        "corder",
        "cowen",
        "lloyd",
        "mackenzie",
        "maccunn",
        "parry",
        "somervell",
        "stanford",
        "thomas",
        "wood",
    ),
    "Parratt,_Walter/Choral_Songs_in_Honour_of_Her_Majesty_Queen_Victoria": (
        "mackenzie",
        "stanford",
        "davies",
        "bridge-frederick",
        "martin",
        "parry",
        "goodhart",
        "wood",
        "somervell",
        "elgar",
        "lloyd",
        "stainer",
        "parratt",
    ),
}

_CHORALE_CORPORA = ("bach_370_chorales", "music21_chorales")
_CHORALE_TUNES = Path(__file__).with_name("chorale_tunes.csv")

_LIEDER_CORPORA = ("lieder", "lieder_piano")

CORPORA = (*sorted(_RULES), *_LIEDER_CORPORA, "string_quartets", *_CHORALE_CORPORA)
"""Names of all corpora whose pieces have a work id."""


def work_of(corpus: str, piece_id: str, path: str = "") -> str:
    """Names the work that a piece belongs to.

    Args:
        corpus: Name of the corpus, one of ``CORPORA``.
        piece_id: Name of the piece in that corpus, e.g. ``K279-1``.
        path: Path of the score in its repository; only the corpora of OpenScore need it, whose ids
            are numbers.

    Returns:
        The work id, ``composer/work``.

    Raises:
        InputError: If the corpus or the piece is not known.
    """
    if corpus in _LIEDER_CORPORA:
        return lieder_work(path)
    if corpus == "string_quartets":
        return quartet_work(path)
    if corpus in _CHORALE_CORPORA:
        return chorale_work(corpus, piece_id)
    if corpus not in _RULES:
        message = f"Unknown corpus {corpus!r}; works are named in {', '.join(CORPORA)}."
        raise InputError(message)
    work_id = _augmentednet_work(piece_id) if corpus == "augmentednet" else None
    work_id = work_id or _first_match(_RULES[corpus], piece_id)
    if work_id is None:
        message = f"No rule names the work of piece {piece_id!r} in corpus {corpus!r}."
        raise InputError(message)
    return work_id


def composer_of(work_id: str) -> str:
    """Names the composer of a work: the part of its id before the slash."""
    return work_id.split("/", maxsplit=1)[0]


def chorale_work(corpus: str, piece_id: str) -> str:
    """Names the work of a Bach chorale: its tune.

    Args:
        corpus: ``bach_370_chorales`` or ``music21_chorales``.
        piece_id: Such as ``chor001`` or ``bwv1.6``.

    Returns:
        ``bach/chorale-<tune>``; for the prelude that music21 files with them, ``bach/bwv846``.

    Raises:
        InputError: If the piece is not in ``chorale_tunes.csv``.
    """
    if (corpus, piece_id) == ("music21_chorales", "bwv846"):
        return "bach/bwv846"
    tune = _chorale_tunes().get((corpus, piece_id))
    if tune is None:
        message = f"No tune is known for chorale {piece_id!r} of corpus {corpus!r}."
        raise InputError(message)
    return f"bach/chorale-{slug(tune)}"


def lieder_work(path: str) -> str:
    """Names the work of a song of the OpenScore Lieder corpus by the folders it lies in.

    Args:
        path: ``scores/<composer>/<set>/<song>/<id>.mxl``; the set is ``_`` for a song outside sets.

    Returns:
        The set as a work (its D or opus number, else its name), or the single song.

    Raises:
        InputError: If the path has another shape.
    """
    parts = path.split("/")
    if len(parts) != 5 or parts[0] != "scores":
        message = f"A Lieder path is 'scores/<composer>/<set>/<song>/<id>.mxl', not {path!r}."
        raise InputError(message)
    composer, song_set, song = parts[1:4]
    folder = f"{composer}/{song_set}"
    same_work = _LIEDER_SONGS.get(f"{folder}/{song}") or _LIEDER_SETS.get(folder)
    if same_work:
        return same_work
    if folder in _ALBUMS:
        number = int(song.split("_", maxsplit=1)[0])
        return f"{_ALBUMS[folder][number - 1]}/{slug(song_set)}-no{number}"
    composer_slug = _COMPOSERS.get(composer) or slug(composer.split(",", maxsplit=1)[0])
    return f"{composer_slug}/{_catalogue_or_title(song if song_set == '_' else song_set)}"


def quartet_work(path: str) -> str:
    """Name the work of a score of the OpenScore String Quartets by the folders it lies in.

    Args:
        path: ``scores/<composer>/<quartet>/<id>.mxl``; some quartets have a file per movement.

    Returns:
        The quartet: its K, D or opus number, else its name.

    Raises:
        InputError: If the path has another shape.
    """
    parts = path.split("/")
    if len(parts) != 4 or parts[0] != "scores":
        message = f"A quartet's path is 'scores/<composer>/<quartet>/<id>.mxl', not {path!r}."
        raise InputError(message)
    composer = slug(parts[1].split(",", maxsplit=1)[0])
    return f"{composer}/{_first_match(_QUARTETS, parts[2]) or slug(parts[2])}"


def slug(text: str) -> str:
    """Turns a name into lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN_LETTERS))
    words = re.findall("[a-z0-9]+", plain.encode("ascii", "ignore").decode())
    return "-".join(words)


def _catalogue_or_title(title: str) -> str:
    deutsch = re.search(r",_D\.?(\d+)", title)
    if deutsch:
        return f"d{deutsch[1]}"
    opus = re.search(r"\bOpp?\.(\d+(?:-\d+)?)$", title.replace("_", " "))
    return f"op{opus[1]}" if opus else slug(title)


def _augmentednet_work(piece_id: str) -> str | None:
    chorale = re.fullmatch(r"wir-bach-chorales-(\d+)", piece_id)
    if chorale:
        return chorale_work("bach_370_chorales", f"chor{int(chorale[1]):03d}")
    wtc = re.fullmatch(r"wirwtc-bach-wtc-i-(\d+)", piece_id)
    if wtc:
        return f"bach/bwv{845 + int(wtc[1])}"
    prefix = "wir-openscore-liedercorpus-"
    if piece_id.startswith(prefix):
        return _first_match(_WHEN_IN_ROME_LIEDER, piece_id.removeprefix(prefix))
    return None


def _first_match(rules: _Rules, piece_id: str) -> str | None:
    for pattern, template in rules:
        match = re.fullmatch(pattern, piece_id)
        if match:
            return match.expand(template)
    return None


@functools.cache
def _chorale_tunes() -> dict[tuple[str, str], str]:
    with _CHORALE_TUNES.open(encoding="utf-8", newline="") as file:
        return {(row["corpus"], row["piece_id"]): row["tune"] for row in csv.DictReader(file)}
