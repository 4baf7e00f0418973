"""Students that begin as a vector for each word."""

import pytest
import torch
from transformers import BertConfig, BertModel

from llm_pack_trainers.data import Order, alike
from llm_pack_trainers.job import Parameters
from llm_pack_trainers.sentences import embed, padded
from llm_pack_trainers.words import begin_with_words, count_tokens, fit_words

TOKENS, WIDTH = 40, 16


def _texts(count: int, tokens: int, seed: int) -> list[list[int]]:
    chance = torch.Generator().manual_seed(seed)
    lengths = torch.randint(3, 12, (count,), generator=chance).tolist()
    return [torch.randint(tokens, (length,), generator=chance).tolist() for length in lengths]


def _means(words: torch.Tensor, texts: list[list[int]]) -> torch.Tensor:
    return torch.stack([words[text].mean(0) for text in texts])


def test_words_are_found_that_give_the_vectors_of_texts() -> None:
    torch.manual_seed(0)
    true, texts = torch.randn(TOKENS, WIDTH), _texts(400, TOKENS, 1)
    fitted = fit_words(texts, _means(true, texts), torch.zeros(TOKENS, WIDTH))
    assert torch.allclose(fitted, true, atol=0.05)


def test_they_are_those_of_the_normal_equations_and_a_word_of_no_text_stays_as_it_is_alone() -> None:
    torch.manual_seed(0)
    texts = _texts(60, TOKENS - 1, 2)
    vectors, alone = torch.randn(60, WIDTH), torch.randn(TOKENS, WIDTH)
    # In one place all say nothing.
    vectors[:, 3] = alone[:, 3] = 0
    fitted = fit_words(texts, vectors, alone)
    shares = torch.stack([count_tokens([text], TOKENS) / len(text) for text in texts])
    common = count_tokens(texts, TOKENS) / sum(map(len, texts))
    begun = alone * (1e-3 / (1e-3 + common))[:, None]
    told = shares @ begun
    begun = begun * (told * vectors).sum() / (told * told).sum()
    moved = torch.linalg.solve(shares.T @ shares + 0.01 * torch.eye(TOKENS), shares.T @ (vectors - shares @ begun))
    assert torch.allclose(fitted, begun + moved, atol=1e-3)
    assert torch.equal(fitted[-1], begun[-1])


@pytest.mark.parametrize("width", [None, 8])
def test_an_encoder_gives_their_means_at_first_and_each_of_its_weights_can_learn(width: int | None) -> None:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=TOKENS, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, hidden_dropout_prob=0.0
    )
    model, texts = BertModel(config, add_pooling_layer=False).eval(), _texts(30, TOKENS, 3)
    # As where a teacher says nothing in two places, and its numbers are of no common height.
    words = torch.randn(TOKENS, 64)
    words[:, [5, 9]] = 0
    words -= words.sum(1, keepdim=True) / 62
    words[:, [5, 9]] = 0
    begin_with_words(model, words, count_tokens(texts, TOKENS), width)
    assert model.config.intermediate_size == (width or 24)
    given = embed(model, padded(texts, 0), first=False)
    expected = torch.nn.functional.normalize(_means(words, texts), dim=-1)
    assert (given * expected).sum(-1).min() > 0.999

    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        embed(model, padded(texts, 0), first=False)[:, 0].sum().backward()
        optimiser.step()
    still = [name for name, parameter in model.named_parameters() if not parameter.grad.any()]
    assert still == []


def test_steps_are_of_rows_of_one_length_and_each_row_is_taken_as_often_as_before() -> None:
    class Some(Parameters):
        pass

    settings = dict.fromkeys(Parameters.__dataclass_fields__)
    parameters = Some(**{**settings, "batch_size": 8, "seed": 4})
    rows = Order(300, 4).rows(0, 800)
    lengths = torch.randint(3, 200, (300,), generator=torch.Generator().manual_seed(5)).numpy()
    taken = alike(rows, lengths[rows], parameters)
    assert sorted(taken.tolist()) == sorted(rows.tolist())
    spreads = [lengths[taken[at : at + 8]] for at in range(0, 800, 8)]
    assert sum(spread.max() - spread.min() for spread in spreads) / len(spreads) < 15
    assert [spread.mean() for spread in spreads] != sorted(spread.mean() for spread in spreads)
