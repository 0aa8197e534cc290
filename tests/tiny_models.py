"""Models of the transformers package, tiny and with random weights, in folders as the hub has."""

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPConfig,
    CLIPModel,
    ConvNextConfig,
    ConvNextModel,
    Dinov2Config,
    Dinov2Model,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipModel,
    ViTConfig,
    ViTForImageClassification,
)
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

WORDS = ("<pad>", "<eos>", "<bos>", "<unk>", "a", "photo", "of", "cat", "dog", "snow", "leopard")
LENGTH = 6  # tokens
LAYERS = {
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
IMAGE = {**LAYERS, "image_size": 16, "patch_size": 8}
TEXT = {
    **LAYERS,
    "vocab_size": len(WORDS),
    "max_position_embeddings": LENGTH,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}
SHORT = {"size": {"shortest_edge": 20}, "crop_size": {"height": 16, "width": 16}}
WHOLE = {"size": {"height": 16, "width": 16}}


def tokenizer(begin: str = "") -> PreTrainedTokenizerFast:
    """One token a word; a text ends with <eos>."""
    found = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = [("<bos>", 2), ("<eos>", 1)]
    found.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A <eos>".strip(), special_tokens=marks
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=found,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
    )


def clip(folder):
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=IMAGE, projection_dim=4))
    model.logit_scale.data.fill_(np.log(100))
    return saved([model, CLIPImageProcessorPil(**SHORT), tokenizer("<bos>")], folder)


def siglip(folder):
    torch.manual_seed(1)
    text = {**TEXT, "projection_size": 8}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=IMAGE))
    model.logit_scale.data.fill_(np.log(10))
    model.logit_bias.data.fill_(-5)
    return saved([model, SiglipImageProcessorPil(**WHOLE), tokenizer()], folder)


def dinov2(folder):
    torch.manual_seed(2)
    larger = Dinov2Config(**{**IMAGE, "image_size": 24})  # than its pictures, as the real ones are
    return saved([Dinov2Model(larger), BitImageProcessorPil(**SHORT)], folder)


def convnext(folder):
    torch.manual_seed(3)
    config = ConvNextConfig(hidden_sizes=[4, 8], depths=[1, 1], num_stages=2, image_size=16)
    processor = ConvNextImageProcessorPil(size={"shortest_edge": 16}, crop_pct=0.875)
    return saved([ConvNextModel(config), processor], folder)


def vit(folder):
    torch.manual_seed(4)
    parts = [ViTForImageClassification(ViTConfig(**IMAGE)), ViTImageProcessorPil(**WHOLE)]
    return saved(parts, folder)


def saved(parts, folder):
    for part in parts:
        part.save_pretrained(folder)
    return parts


def pictures():
    """Smooth ones, as photographs are, upright, lying and square."""
    made = np.random.default_rng(0)
    small = [made.integers(0, 256, (4, 4, 3)) for _ in range(3)]
    sides = [(40, 23), (21, 50), (16, 16)]
    return [_stretched(colors, *side) for colors, side in zip(small, sides, strict=True)]


def _stretched(colors, height, width):
    rows = np.linspace(0, 3, height), np.linspace(0, 3, width)
    down = np.stack([_between(colors[:, :, c], *rows) for c in range(3)], axis=-1)
    return down.round().astype(np.uint8)


def _between(values, down, across):
    tall = np.array([np.interp(down, range(4), column) for column in values.T]).T
    return np.array([np.interp(across, range(4), row) for row in tall])
