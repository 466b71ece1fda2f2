"""How to classify: the settings, with a sentence each."""

from dataclasses import dataclass
from typing import Literal

from guina.data import preprocess as input_layer
from guina.engine.metric import Metric

METRICS = (
    Metric("accuracy", "more", "share", "pictures whose likeliest class is the right one"),
    Metric("top5", "more", "share", "pictures whose class is among the five likeliest"),
    Metric("balanced_accuracy", "more", "share", "the mean over classes of the share of their pictures that is found"),
    Metric("calibration_error", "less", "share", "how far confidence and accuracy are apart"),
    Metric("nats", "less", "number", "the mean surprise at the right class, −log p"),
)


@dataclass(frozen=True)
class ClassifySettings:
    """How to classify."""

    size: Literal["auto", "tiny", "small", "medium", "large", "huge"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: what most have, up to 96 where they differ"""
    activation: str = "silu"
    """relu, leaky_relu, maxout, tanh, sigmoid, silu; or one for each layer, with commas"""
    pooling: str = "max"
    """max, average, stride"""
    flip: Literal["auto", "on", "off"] = "auto"
    """mirror pictures left to right; auto does if a mirrored picture still looks like its class"""
    augment: Literal["auto", "none", "light", "medium", "strong"] = "auto"
    """change pictures at random: light moves them, medium also blanks a square, strong also zooms, turns and tints;
    auto goes by how often each will be seen"""
    smoothing: float = 0.1
    """probability that the target gives to the other classes"""
    views: int = 6
    """views of a picture that an answer is averaged over: 1, 2 (mirrored) or 6 (shifted too)"""
    batch: int = 0
    """pictures a step; 0: as many as suit the data"""
    preprocess: input_layer.Mode = "standardize"
    """standardize, center, minmax, pca, whiten: what is done to pixels before the first layer"""
    components: float = 0.99
    """of pca: how many, or below 1 the share of the variance that they keep"""
    balance: bool = False
    """every class counts the same, however many pictures it has"""
    validation: float = 0.1
    """share of the training pictures to judge by, where there is no validation split"""
    max_bad: float = 0.01
    """share of files that may be unusable; more stop the training (three may always)"""
    path_column: str = ""
    """of a table: the column of paths; of an npz file: the array of pictures; obvious ones are found"""
    label_column: str = ""
    """of a table: the column of labels; of an npz file: their array"""
