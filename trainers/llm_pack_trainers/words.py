"""A student that begins as one vector for each word, fitted so that their mean over a text is the teacher's vector of it.

To take what a teacher says of each word alone is the idea of model2vec (Tulkens and van Dongen, 2024). Here that is what a word of
which the texts say nothing keeps; the others are fitted to what the teacher says of whole texts, by ridge regression.
"""

from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel

from .student import bert_layers

# What a word's vector is held to its beginning with, in texts that are this word alone. Of 0.003, 0.01, 0.03 and 0.1 the one whose
# vectors of passages held back were nearest to those of MiniLM.
_PENALTY = 0.01
_STEPS = 60
# Of how often a word must be among all for half of what it says alone to be left out: common words say little (Arora et al., "A
# Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017).
_COMMON = 1e-3
# How many times as large as that of a word on average the deviation is by which layer norms divide.
_LEVEL = 16.0
# Of weights that are drawn by chance, as BERT's are.
_DEVIATION = 0.02
_TINY = 1e-20


def fit_words(texts: Sequence[Sequence[int]], vectors: torch.Tensor, alone: torch.Tensor) -> torch.Tensor:
    """The vector of each token whose mean over the tokens of a text is nearest to the vector of the text: least squares with a
    penalty on the distance to `alone`, by conjugate gradients with the diagonal as their preconditioner.

    Args:
        texts: tokens of each text; `vectors` [texts, width] what they are to give.
        alone: [tokens, width] what a token begins with; rare ones stay there, common ones and the length of all are scaled down.

    Returns:
        [tokens, width].
    """
    shares = _shares(texts, len(alone))
    counts = count_tokens(texts, len(alone))
    begun = alone * (_COMMON / (_COMMON + counts / counts.sum())).unsqueeze(1)
    told = shares @ begun
    begun = begun * (told * vectors).sum() / (told * told).sum().clamp_min(_TINY)
    transposed = shares.t().coalesce()
    diagonal = (torch.sparse.sum(shares * shares, 0).to_dense() + _PENALTY).unsqueeze(1)

    moved = torch.zeros_like(begun)
    residual = transposed @ (vectors - shares @ begun)
    direction = residual / diagonal
    size = (residual * direction).sum(0)
    for _ in range(_STEPS):
        applied = transposed @ (shares @ direction) + _PENALTY * direction
        # A place in which all texts say the same leaves nothing to be moved.
        stride = size / (direction * applied).sum(0).clamp_min(_TINY)
        moved += stride * direction
        residual -= stride * applied
        scaled = residual / diagonal
        former, size = size, (residual * scaled).sum(0)
        direction = scaled + size / former.clamp_min(_TINY) * direction
    return begun + moved


def begin_with_words(encoder: PreTrainedModel, words: torch.Tensor, counts: torch.Tensor, width: int | None) -> None:
    """Gives an encoder of BERT's kind these vectors of words, and layers that add nothing yet: the mean of what it gives of a
    text's tokens is the mean of their vectors, up to a factor.

    A layer norm would take from each token how long its vector is, which is how much it counts. So two numbers of each vector,
    those that are smallest, are given up for a level, one high and one low, that is added ahead of each norm: it divides by
    almost the same then, whatever the word, and gives 0 for the two. The direction in which all numbers are alike is lost, too.
    What a layer adds has weights of 0 at first (as in Fixup: Zhang et al., 2019), and those before them are drawn anew.

    Args:
        words: [tokens, width of the encoder].
        counts: [tokens] how often each is met, by which the size of a vector's numbers is made 1 on average.
        width: of the feed-forward layers; None for that of the encoder.

    Raises:
        UserError: where its parts are not as BERT's are.
    """
    layers, embeddings = bert_layers(encoder), encoder.embeddings
    size = words.shape[1]
    shares = counts / counts.sum()
    high, low = (shares @ (words * words)).topk(2, largest=False).indices.tolist()
    level = torch.zeros(size)
    level[high], level[low] = _LEVEL * (size / 2) ** 0.5, -_LEVEL * (size / 2) ** 0.5
    used = level == 0
    kept = (words - words[:, used].mean(1, keepdim=True)) * used
    kept = kept / (shares @ (kept * kept).mean(1)).sqrt()
    with torch.no_grad():
        embeddings.word_embeddings.weight.copy_(kept)
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.copy_(level.expand_as(embeddings.token_type_embeddings.weight))
        norms = [embeddings.LayerNorm]
        for layer in layers:
            if width is not None:
                layer.intermediate.dense, layer.output.dense = nn.Linear(size, width), nn.Linear(width, size)
            attention = layer.attention
            for linear in (attention.self.query, attention.self.key, attention.self.value, layer.intermediate.dense):
                nn.init.normal_(linear.weight, std=_DEVIATION)
                linear.bias.zero_()
            for part in (attention.output, layer.output):
                part.dense.weight.zero_()
                part.dense.bias.copy_(level)
                norms.append(part.LayerNorm)
        for norm in norms:
            norm.weight.copy_(_LEVEL * used)
            norm.bias.zero_()
    encoder.config.intermediate_size = layers[0].intermediate.dense.out_features


def count_tokens(texts: Sequence[Sequence[int]], tokens: int) -> torch.Tensor:
    """[tokens] how often each is in the texts."""
    return torch.bincount(torch.tensor([token for text in texts for token in text]), minlength=tokens).float()


def _shares(texts: Sequence[Sequence[int]], tokens: int) -> torch.Tensor:
    """[texts, tokens] which share of a text each token is; sparse."""
    rows = torch.tensor([at for at, text in enumerate(texts) for _ in text])
    columns = torch.tensor([token for text in texts for token in text])
    values = torch.tensor([1 / len(text) for text in texts for _ in text])
    places = torch.stack([rows, columns])
    return torch.sparse_coo_tensor(places, values, (len(texts), tokens), check_invariants=True).coalesce()
