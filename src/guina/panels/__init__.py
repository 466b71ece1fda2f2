"""What a job wants shown: plain data, drawn by `guina.look`, which knows kinds of panels and no jobs.

Every panel has a title and one sentence that says what it says. Pictures are uint8 arrays, H×W×3 or H×W (grey).
"""

from guina.panels.charts import Confusion, Curves, Reliability, Table
from guina.panels.choosing import spread
from guina.panels.moments import Frame, Frames, Scene
from guina.panels.pictures import Comparison, Layer, Layers, PicturePair, Pictures, Seen, Sliding, Strip, Strips
from guina.panels.sounds import Segment, Sound, Sounds
from guina.panels.texts import Alignment, Alignments, Candidate, Candidates, NBest, Passage, Passages

__all__ = [
    "Alignment",
    "Alignments",
    "Candidate",
    "Candidates",
    "Comparison",
    "Confusion",
    "Curves",
    "Frame",
    "Frames",
    "Layer",
    "Layers",
    "NBest",
    "Panel",
    "Passage",
    "Passages",
    "PicturePair",
    "Pictures",
    "Reliability",
    "Scene",
    "Seen",
    "Segment",
    "Sliding",
    "Sound",
    "Sounds",
    "Strip",
    "Strips",
    "Table",
    "spread",
]

Panel = (
    Curves | Table | Confusion | Reliability
    | Pictures | Comparison | Sliding | Strips | Layers
    | Passages | Alignments | NBest
    | Sounds | Frames
)  # fmt: skip
