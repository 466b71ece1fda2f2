"""How to classify: the settings, with a sentence each."""

from dataclasses import dataclass
from typing import Literal

from guina.data import preprocess as input_layer
from guina.jobs.pictures.settings import PictureSettings


@dataclass(frozen=True)
class ClassifySettings(PictureSettings):
    """How to classify."""

    size: Literal["auto", "tiny", "small", "medium", "large", "huge"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    activation: str = "silu"
    """relu, leaky_relu, maxout, tanh, sigmoid, silu; or one for each layer, with commas"""
    pooling: str = "max"
    """max, average, stride"""
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
