"""A translator: a reader of the source, and a writer of the target that looks back at it at every unit.

    reader    s = both ways' LSTM of the source's embeddings, with these added
    writer    h = LSTM of the target's units so far
              a, context = attention from h to s
              h' = h + LSTM of (h, context)
              p(next unit) = softmax of the embeddings times a linear map of (h', context)

Attention is asked by the first of the writer's layers and answers the second, so that neither waits for the other from
unit to unit: each layer runs over a whole target in the framework's fast kernel while it learns. (With the context fed
into the layer that asks for it, as Bahdanau et al. 2015 do, https://arxiv.org/abs/1409.0473, it could not.) The
source's embeddings, added to what the reader says of them, let the writer see a word itself beside its meaning in the
sentence (Nguyen & Chiang 2018, https://arxiv.org/abs/1710.01329). Source and target share one table of embeddings,
which is the softmax's too (Press & Wolf 2017, https://arxiv.org/abs/1608.05859); but the writer says only units that
training targets have, which makes the softmax half as dear.

Axes: B examples, S source units, T target units, E embedding, H hidden units, V units of the vocabulary, K of them that
may be said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.attention import Attention
from guina.blocks.bidirectional import Bidirectional
from guina.blocks.recurrent import LSTM, Recurrent, same_mask

NOISE = 0.1  # share of a drawn embedding in one that is computed
State = dict[str, Tensor]  # the first axis of each is the example


@dataclass(frozen=True)
class Shape:
    """Everything that decides the network's shape.

    Args:
        vocabulary: V, the end and the start among them.
        width: E and H, an even number: all layers are as wide, so that they can be added.
        layers: of the reader.
        heads: of the attention, a divisor of the width.
        dropout: of what passes from layer to layer, one mask a text.
    """

    vocabulary: int
    width: int = 256
    layers: int = 1
    heads: int = 4
    dropout: float = 0.0


class Translator(nn.Module):
    """Source units and the target's units so far to the logits of its next ones.

    Args:
        spoken: the K units that the writer may say, each of which has a number from 0 to K − 1 in what it says.

    Example:
        >>> net = Translator(Shape(vocabulary=40, width=16), spoken=range(10, 30))
        >>> state = net.read(torch.randint(40, (2, 7)), torch.tensor([7, 4]))
        >>> logits_BTK, weight_BTS, state = net.write(torch.randint(40, (2, 5)), state)
        >>> logits_BTK.shape, weight_BTS.shape
        (torch.Size([2, 5, 20]), torch.Size([2, 5, 7]))
    """

    def __init__(self, shape: Shape, spoken: Sequence[int]) -> None:
        super().__init__()
        self.shape = shape
        V, H = shape.vocabulary, shape.width
        self.spoken_K: Tensor
        self.register_buffer("spoken_K", torch.tensor(spoken), persistent=False)
        self.embed = nn.Embedding(V, H)
        nn.init.normal_(self.embed.weight, std=H**-0.5)
        self.reader = nn.ModuleList(Bidirectional(LSTM(H, H // 2), LSTM(H, H // 2)) for _ in range(shape.layers))
        self.begin = nn.Linear(H, 2 * H)
        self.asks = Recurrent(LSTM(H, H))
        self.attention = Attention(H, H, shape.heads)
        self.answers = Recurrent(LSTM(2 * H, H))
        self.bridge = nn.Linear(2 * H, H)
        self.bias = nn.Parameter(torch.zeros(len(spoken)))

    @torch.no_grad()
    def look_up(self, embedding_VE: Tensor, gain: float) -> None:
        """Begin as a dictionary: with these embeddings, and with an output that is what the writer looks at.

        Where the embeddings of units that translate each other are alike, the first thing that the writer says are
        translations of the source's units.

        Args:
            embedding_VE: of the first units; 0 where nothing is known of one. Those of the others stay as they are.
            gain: of what is looked at, in the output.
        """
        known, drawn = embedding_VE.to(self.embed.weight), self.embed.weight[: len(embedding_VE)]
        drawn.mul_(torch.where(known.any(1, keepdim=True), NOISE, 1.0)).add_(known)
        nn.init.eye_(self.attention.v.weight)
        looked_at = self.bridge.weight[:, -self.shape.width :]
        looked_at.copy_(gain * torch.eye(self.shape.width))

    def read(self, units_BS: Tensor, length_B: Tensor, blank_BS: Tensor | None = None) -> State:
        """The source, read once: what the writer begins with and looks back at.

        Args:
            blank_BS: units that are read as if nothing stood there.
        """
        x_BSH = self.embed(units_BS) if blank_BS is None else self.embed(units_BS) * ~blank_BS[:, :, None]
        x_BSH = same_mask(x_BSH, self.shape.dropout, self.training)
        for layer in self.reader:
            x_BSH = same_mask(x_BSH + layer(x_BSH, length_B), self.shape.dropout, self.training)
        keys = self.attention.keys(x_BSH, length_B)
        gist_BH = (x_BSH * keys["there"][:, :, None]).sum(1) / length_B[:, None]
        h_BH, c_BH = self.begin(gist_BH).chunk(2, -1)
        nothing_BH = torch.zeros_like(h_BH)
        return {**keys, "h": h_BH.tanh(), "c": c_BH, "h'": nothing_BH, "c'": nothing_BH}

    def write(self, units_BT: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """The logits of what follows each of some units of the target, where the writer looked, and its new state."""
        p = self.shape.dropout
        x_BTH = same_mask(self.embed(units_BT), p, self.training)
        h_BTH, asked = self.asks(x_BTH, {"h": state["h"], "c": state["c"]})
        h_BTH = same_mask(h_BTH, p, self.training)
        context_BTH, weight_BTS = self.attention(h_BTH, state)
        more_BTH, answered = self.answers(torch.cat([h_BTH, context_BTH], -1), {"h": state["h'"], "c": state["c'"]})
        h_BTH = h_BTH + same_mask(more_BTH, p, self.training)
        out_BTH = same_mask(self.bridge(torch.cat([h_BTH, context_BTH], -1)), p, self.training)
        after = {"h": asked["h"], "c": asked["c"], "h'": answered["h"], "c'": answered["c"]}
        return F.linear(out_BTH, self.embed.weight[self.spoken_K], self.bias), weight_BTS, state | after

    def step(self, unit_N: Tensor, state: State) -> tuple[Tensor, State]:
        """One unit of each of N translations: the log probabilities of the next one, N×K, and the new state."""
        logits_N1K, _, state = self.write(unit_N[:, None], state)
        return logits_N1K[:, 0].float().log_softmax(-1), state
