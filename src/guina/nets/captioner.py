"""A writer of captions: an LSTM that looks at a place of the picture at every word.

    cells     s = what a convolutional network sees at each place of the picture (nets/convnet.py), and where that is
    gist      g = which words the picture calls for, and what is seen anywhere
    writer    h = LSTM of the words so far, begun from g
              a, context = attention from h to s
              h' = h + LSTM of (h, context)
              p(next word) = softmax of the embeddings times a linear map of (h', context)

Show, attend and tell (Xu et al. 2015, https://arxiv.org/abs/1502.03044), with attention between two layers as in
nets/translator.py, so that each runs over a whole caption in the framework's fast kernel while it learns. What the
picture calls for is told at the beginning (You et al. 2016, https://arxiv.org/abs/1603.03925).

Axes: B pictures, N captions, C channels, Y X places of the picture, S = Y·X of them, G numbers of the gist, H width, T
words of a caption, V words that are known.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.attention import Attention
from guina.blocks.recurrent import LSTM, Recurrent, same_mask

State = dict[str, Tensor]  # the first axis of each is the caption


@dataclass(frozen=True)
class Shape:
    """Everything that decides the writer's shape.

    Args:
        words: V, the end and the start among them.
        places: Y and X.
        channels: C.
        gist: G.
        width: H, also that of the embeddings.
        heads: of the attention, a divisor of the width.
        dropout: of what passes from layer to layer, one mask a caption.
    """

    words: int
    places: tuple[int, int]
    channels: int
    gist: int
    width: int = 256
    heads: int = 4
    dropout: float = 0.0


class Captioner(nn.Module):
    """What is seen, and the words so far, to the logits of the next ones.

    Example:
        >>> net = Captioner(Shape(words=40, places=(3, 3), channels=8, gist=5, width=16))
        >>> state = net.see(torch.randn(2, 8, 3, 3), torch.rand(2, 5))
        >>> logits_NTV, weight_NTS, state = net.write(torch.randint(40, (2, 5)), state)
        >>> logits_NTV.shape, weight_NTS.shape
        (torch.Size([2, 5, 40]), torch.Size([2, 5, 9]))
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        H, (Y, X) = shape.width, shape.places
        self.embed = nn.Embedding(shape.words, H)
        nn.init.normal_(self.embed.weight, std=H**-0.5)
        self.look = nn.Linear(shape.channels, H)
        self.where_SH = nn.Parameter(torch.randn(Y * X, H) * 0.1)
        self.norm = nn.LayerNorm(H)
        self.begin = nn.Linear(shape.gist, 2 * H)
        self.asks = Recurrent(LSTM(H, H))
        self.attention = Attention(H, H, shape.heads)
        self.answers = Recurrent(LSTM(2 * H, H))
        self.bridge = nn.Linear(2 * H, H)
        self.bias = nn.Parameter(torch.zeros(shape.words))

    def see(self, map_BCYX: Tensor, gist_BG: Tensor) -> State:
        """The picture, seen once: what the writer begins with and looks back at."""
        x_BSC = map_BCYX.flatten(2).transpose(1, 2)
        x_BSH = self.norm(self.look(x_BSC) + self.where_SH)
        x_BSH = same_mask(x_BSH, self.shape.dropout, self.training)
        keys = self.attention.keys(x_BSH, torch.full((len(x_BSH),), x_BSH.size(1), device=x_BSH.device))
        h_BH, c_BH = self.begin(F.dropout(gist_BG, self.shape.dropout, self.training)).chunk(2, -1)
        nothing_BH = torch.zeros_like(h_BH)
        return {**keys, "h": h_BH.tanh(), "c": c_BH, "h'": nothing_BH, "c'": nothing_BH}

    def write(self, word_NT: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """The logits of what follows each of some words, where the writer looked, and its new state."""
        out_NTH, weight_NTS, state = self.thoughts(word_NT, state)
        return F.linear(out_NTH, self.embed.weight, self.bias), weight_NTS, state

    def thoughts(self, word_NT: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """The same before the softmax's table: N×T×H."""
        p = self.shape.dropout
        x_NTH = same_mask(self.embed(word_NT), p, self.training)
        h_NTH, asked = self.asks(x_NTH, {"h": state["h"], "c": state["c"]})
        h_NTH = same_mask(h_NTH, p, self.training)
        context_NTH, weight_NTS = self.attention(h_NTH, state)
        more_NTH, answered = self.answers(torch.cat([h_NTH, context_NTH], -1), {"h": state["h'"], "c": state["c'"]})
        h_NTH = h_NTH + same_mask(more_NTH, p, self.training)
        out_NTH = same_mask(self.bridge(torch.cat([h_NTH, context_NTH], -1)), p, self.training)
        after = {"h": asked["h"], "c": asked["c"], "h'": answered["h"], "c'": answered["c"]}
        return out_NTH, weight_NTS, state | after

    def step(self, word_N: Tensor, state: State) -> tuple[Tensor, State]:
        """One word of each of N captions: the log probabilities of the next one, N×V, and the new state."""
        logits_N1V, _, state = self.write(word_N[:, None], state)
        return logits_N1V[:, 0].float().log_softmax(-1), state
