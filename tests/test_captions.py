"""Sentences to vectors: one suite for all encoders, then what each of them computes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.captions.average import Average
from iconym.captions.convolution import ConvolutionConfig, WordConvolution
from iconym.captions.lstm import WordLstm
from iconym.captions.padding import is_word, pad
from iconym.errors import Usage

WORD_DIM = 3
ENCODERS = {
    "average": lambda: Average(WORD_DIM),
    "convolution": lambda: WordConvolution(WORD_DIM, ConvolutionConfig((1, 2, 4), maps=2)),
    "lstm": lambda: WordLstm(WORD_DIM, dim=5),
}


@pytest.fixture(params=ENCODERS)
def encoder(request):
    torch.manual_seed(0)
    return ENCODERS[request.param]()


def sentences(*lengths):
    """Drawn word vectors for sentences of these lengths, with noise beyond their ends."""
    drawn = torch.Generator().manual_seed(1)
    return torch.randn(len(lengths), max(1, *lengths), WORD_DIM, generator=drawn), torch.tensor(
        lengths
    )


def test_a_sentence_becomes_one_vector_of_the_promised_dimension(encoder):
    assert encoder(*sentences(2, 6, 1)).shape == (3, encoder.dim)


def test_what_stands_beyond_the_words_of_a_sentence_changes_nothing(encoder):
    words, lengths = sentences(2, 4)
    other = words.clone()
    other[0, 2:] = torch.nan
    assert torch.equal(encoder(other, lengths), encoder(words, lengths))


def test_a_sentence_has_the_same_vector_alone_and_beside_longer_ones(encoder):
    words, lengths = sentences(2, 9)
    alone = encoder(words[:1, :2], lengths[:1])
    assert torch.allclose(encoder(words, lengths)[0], alone[0], atol=1e-6)


def test_a_sentence_of_no_words_has_one_finite_vector(encoder):
    alone, beside = encoder(*sentences(0)), encoder(*sentences(0, 5))[:1]
    assert alone.isfinite().all()
    assert torch.allclose(alone, beside, atol=1e-6)


def test_a_gradient_reaches_the_words_and_nothing_beyond_them(encoder):
    words, lengths = sentences(0, 2, 4)
    words.requires_grad_()
    encoder(words, lengths).square().sum().backward()
    reached = words.grad.abs().sum(dim=2) > 0
    assert not reached[~is_word(lengths, 4)].any()
    assert reached[1].any() and reached[2].any()


@pytest.mark.parametrize("name", ENCODERS)
def test_gradients_agree_with_finite_differences(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name]().double()
    words, lengths = sentences(2, 3)
    assert torch.autograd.gradcheck(
        lambda w: encoder(w, lengths), words.double().requires_grad_(), eps=1e-6, atol=1e-6
    )


def test_the_average_is_the_mean_of_the_words():
    words = torch.tensor([[[1.0, 0.0], [3.0, 4.0], [9.0, 9.0]]])
    assert Average(2)(words, torch.tensor([2])).tolist() == [[2.0, 2.0]]


def test_the_average_of_no_words_is_zero():
    assert Average(2)(torch.ones(1, 1, 2), torch.tensor([0])).tolist() == [[0.0, 0.0]]


def test_a_convolution_finds_the_strongest_run_of_words():
    encoder = WordConvolution(1, ConvolutionConfig((2,), maps=1))
    with torch.no_grad():
        encoder.filters[0].weight.copy_(torch.tensor([[[1.0, 10.0]]]))  # first word, second word
        encoder.filters[0].bias.fill_(-0.5)
    words = torch.tensor([[[1.0], [2.0], [-3.0]]])
    # runs: (0, 1) 10, (1, 2) 21, (2, -3) -28, (-3, 0) -3
    assert encoder(words, torch.tensor([3])).tolist() == [[20.5]]
    assert encoder(words[:, :1], torch.tensor([1])).tolist() == [[9.5]]
    assert encoder(-words[:, :1], torch.tensor([1])).tolist() == [[0.0]]


def test_convolutions_are_their_formula_in_plain_loops():
    torch.manual_seed(0)
    encoder = WordConvolution(WORD_DIM, ConvolutionConfig((2, 3), maps=2)).double()
    words, lengths = sentences(4)
    with torch.no_grad():
        found = encoder(words.double(), lengths)[0]
    expected = []
    for filters, width in zip(encoder.filters, (2, 3)):
        edge = torch.zeros(width - 1, WORD_DIM)
        read = torch.cat([edge, words[0], edge]).double()
        for weight, bias in zip(filters.weight.detach(), filters.bias.detach()):
            runs = [read[i : i + width] for i in range(len(read) - width + 1)]
            expected.append(max(0.0, *(float((run * weight.T).sum() + bias) for run in runs)))
    assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("config", [((), 1), ((0,), 1), ((3,), 0)])
def test_convolutions_without_width_or_maps_are_refused(config):
    with pytest.raises(Usage, match="at least 1"):
        ConvolutionConfig(*config)


def test_an_lstm_gives_the_largest_of_its_states():
    torch.manual_seed(0)
    encoder = WordLstm(WORD_DIM, dim=5)
    words, lengths = sentences(3)
    state, states = None, []
    for word in words[0]:
        out, state = encoder.layer(word[None, None], state)
        states.append(out[0, 0])
    assert torch.allclose(encoder(words, lengths)[0], torch.stack(states).amax(dim=0), atol=1e-6)


def test_an_lstm_minds_the_order_of_words_and_an_average_does_not():
    torch.manual_seed(0)
    words, lengths = sentences(3)
    turned = words.flip(1)
    lstm, average = WordLstm(WORD_DIM), Average(WORD_DIM)
    assert not torch.allclose(lstm(words, lengths), lstm(turned, lengths), atol=1e-3)
    assert torch.allclose(average(words, lengths), average(turned, lengths), atol=1e-6)


def test_padding_fills_up_with_zeros():
    block, lengths = pad([[5, 6, 7], [8], []])
    assert block.tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    assert lengths.tolist() == [3, 1, 0]


def test_sentences_without_words_still_have_a_place():
    assert pad([[], []])[0].tolist() == [[0], [0]]


def test_no_sentences_make_an_empty_block():
    block, lengths = pad([])
    assert (block.shape, lengths.shape) == ((0, 1), (0,))


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=5))
def test_what_is_padded_can_be_read_back(rows):
    block, lengths = pad(rows)
    real = is_word(lengths, block.shape[1])
    assert [row[kept].tolist() for row, kept in zip(block, real)] == rows
