"""What of each family of pretrained models turns pictures, or tokens, into features."""

from typing import Any

from torch import Tensor, nn


class Pooled(nn.Module):
    """The pooled output of ``body``, and what ``head`` makes of it."""

    def __init__(self, body: nn.Module, head: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.head = head or nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (n, dim)."""
        return self.head(self.body(inputs).pooler_output)


class FirstToken(nn.Module):
    """The last state of the first token: what a classifier upon ``body`` would see."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (n, dim)."""
        return self.body(inputs).last_hidden_state[:, 0]


def image_tower(model: Any, kind: str) -> nn.Module:
    """Of a model of the family ``kind``, what turns pictures into features."""
    if kind == "vit":
        return FirstToken(model).eval()
    if hasattr(model, "vision_model"):  # SigLIP has no projection: its pooling makes the vector
        return Pooled(model.vision_model, getattr(model, "visual_projection", None)).eval()
    return Pooled(model).eval()


def text_tower(model: Any) -> nn.Module:
    """Of a model of two towers, what turns token numbers into vectors."""
    return Pooled(model.text_model, getattr(model, "text_projection", None)).eval()
