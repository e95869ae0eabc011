"""MEI with copies, variants and editors' marks -> the text that is read, in place.

Of an apparatus (``app``) the lemma is taken, or else its first reading; of a choice the correction,
the regularised or the expanded text, or else its first child; of a substitution what was added.
Deletions and gaps are left out, restored deletions are kept; an ossia's own staves are left out.
"""

import warnings
from copy import deepcopy
from typing import Any

from musebench.errors import ScoreWarning
from musebench.score.mei_bounds import XML_ID, inner_first, original

# Marks around what is read, with the editor's word for it; what is inside counts.
MARKS = (
    "abbr", "add", "corr", "damage", "expan", "handShift", "lem", "orig", "ossia", "rdg", "reg",
    "restore", "sic", "supplied", "unclear",
)  # fmt: skip
LEFT_OUT = ("annot", "del", "gap", "oLayer", "oStaff")
PREFERRED = {
    "app": ("lem", "rdg"),
    "choice": ("corr", "reg", "expan"),
    "subst": ("add",),
}
# What is only a place holder where it has the attribute ``sameas`` and nothing else.
SAME = ("beam", "chord", "layer", "measure", "staff")


def name_same(music: Any) -> None:
    """Call an element that only says ``sameas`` a copy; a note with a pitch stays as it is."""
    for element in music.iter("{*}*"):
        if element.get("sameas") and element.get("copyof") is None:
            is_note = element.tag == "note" and element.get("pname") is None
            if is_note or (element.tag in SAME and not len(element)):
                element.set("copyof", element.get("sameas"))


def write_out_copies(music: Any) -> None:
    """Put what they copy into the elements that are copies (``copyof``), in place."""
    named = {element.get(XML_ID): element for element in music.iter() if element.get(XML_ID)}
    if not any(element.get("copyof") for element in music.iter()):
        return
    for element in list(inner_first(music, named)):
        target = original(element, named)
        if target is None:
            continue
        for name, value in target.items():
            if name not in {XML_ID, "copyof"} and element.get(name) is None:
                element.set(name, value)
        element[:] = [deepcopy(child) for child in target]
        for child in element.iterdescendants():
            child.attrib.pop(XML_ID, None)
        del element.attrib["copyof"]


def settle_variants(music: Any) -> None:
    """Leave one text of several, in place.

    Warns:
        ScoreWarning: If there was a choice between texts.
    """
    from lxml import etree

    for restored in music.iter("restore"):
        for deleted in restored.iter("del"):
            deleted.tag = "restore"
    found = list(music.iter(*PREFERRED))
    for element in reversed(found):  # inner ones first
        taken = _taken(element)
        for child in list(element):
            if child is not taken:
                element.remove(child)
    if found:
        kinds = ", ".join(sorted({element.tag for element in found}))
        msg = (
            f"it has variants ({kinds}); read is the lemma or the first reading, the corrected, "
            "regularised or expanded text, and what was added"
        )
        warnings.warn(msg, ScoreWarning, stacklevel=2)
    etree.strip_elements(music, *LEFT_OUT, with_tail=False)
    etree.strip_tags(music, *PREFERRED, *MARKS)


def _taken(element: Any) -> Any:
    """The child that is read, or None."""
    for tag in PREFERRED[element.tag]:
        if (child := element.find(tag)) is not None:
            return child
    return next((child for child in element if child.tag not in LEFT_OUT), None)
