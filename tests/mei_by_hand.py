"""Pieces of MEI, from which tests put documents together."""

STAFF = '<staffDef n="1" lines="5"/>'
SCORE_DEF = f'<scoreDef meter.count="4" meter.unit="4"><staffGrp>{STAFF}</staffGrp></scoreDef>'
COMPOUND = SCORE_DEF.replace('"4" meter.unit="4"', '"6" meter.unit="8"')
PIANO = SCORE_DEF.replace("<staffGrp>", '<staffGrp symbol="brace">').replace(
    STAFF, STAFF + '<staffDef n="2" lines="5"/>'
)
ROOT = '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body>{}</body></music></mei>'
MDIV = "<mdiv><score>{}<section>{}</section></score></mdiv>"


def note(name, dur, attributes=""):
    """A note such as ``c4``."""
    return f'<note pname="{name[0]}" oct="{name[1]}" dur="{dur}" {attributes}/>'


def measure(inside, beside="", attributes=""):
    layer = f'<staff n="1"><layer n="1">{inside}</layer></staff>'
    return f"<measure {attributes}>{layer}{beside}</measure>"
