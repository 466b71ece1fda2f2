"""What `guina check colorize` says: pictures and their colours, sizes, what a training would do, a contact sheet."""

import numpy as np

from guina.data.records import VAL, Records
from guina.engine.job import Overview
from guina.jobs.colorize.fitted import ColorizeFitted
from guina.jobs.pictures.check import brought_to, picture_overview
from guina.panels import Table

COMMONEST = 12  # classes of colour that are listed


def colorize_overview(records: Records, fitted: ColorizeFitted) -> Overview:
    """The overview; what has no colours of its own was left out, and said, when it was read."""
    plan = [
        brought_to(fitted.shape),
        f"learn {len(fitted.shares)} classes of colour, and judge by {records.count(VAL):,} pictures of the val split",
    ]
    found = picture_overview(records, fitted.shape, plan)
    facts = {**found.facts, "classes of colour": len(fitted.shares)}
    return Overview(facts, found.lines, [*found.panels, commonest(fitted)])


def commonest(fitted: ColorizeFitted) -> Table:
    """The classes of colour that most pixels are of."""
    order_Q = np.argsort(-fitted.bins.share_Q, kind="stable")[:COMMONEST]
    rows = [
        (f"{a:+.0f}", f"{b:+.0f}", tint(a, b), f"{fitted.bins.share_Q[q]:.1%}")
        for q in order_Q
        for a, b in [fitted.bins.centre_Q2[q]]
    ]
    says = "What share of all pixels is of which colour: what is rare here is learned last."
    return Table("Colours", says, ("green to red", "blue to yellow", "it is", "share"), rows)


def tint(a: float, b: float) -> str:
    """A word for a colour.

    Example:
        >>> tint(0, 0), tint(0, -40), tint(60, 20)
        ('grey', 'blue', 'red')
    """
    if a * a + b * b < 100:
        return "grey"
    names = ("red", "orange", "yellow", "green", "green", "turquoise", "blue", "blue", "violet", "magenta")
    return names[int(np.degrees(np.arctan2(b, a)) % 360 // 36)]
