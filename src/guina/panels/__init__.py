"""What a job wants shown: plain data, drawn by `guina.look`, which knows kinds of panels and no jobs.

Every panel has a title and one sentence that says what it says. Pictures are uint8 arrays, H×W×3 or H×W (grey).
"""

from guina.panels.charts import Confusion, Curves, Reliability, Table
from guina.panels.moments import Frame, Frames, Scene
from guina.panels.pictures import Layer, Layers, Pictures, Seen, Sliding, Strip, Strips
from guina.panels.texts import Passage, Passages

__all__ = [
    "Confusion",
    "Curves",
    "Frame",
    "Frames",
    "Layer",
    "Layers",
    "Panel",
    "Passage",
    "Passages",
    "Pictures",
    "Reliability",
    "Scene",
    "Seen",
    "Sliding",
    "Strip",
    "Strips",
    "Table",
]

Panel = Curves | Table | Confusion | Pictures | Sliding | Reliability | Strips | Layers | Passages | Frames
