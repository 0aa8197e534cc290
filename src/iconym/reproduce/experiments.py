"""The experiments, in the order of the page; a new one is a new file and a line here."""

from iconym.reproduce import (
    conse,
    devise,
    gzsl,
    hops,
    imagenet,
    l2_ablation,
    lsh_law,
    novelty,
    random_embeddings,
)

EXPERIMENTS = (
    devise.EXPERIMENT,
    l2_ablation.EXPERIMENT,
    random_embeddings.EXPERIMENT,
    conse.EXPERIMENT,
    gzsl.EXPERIMENT,
    novelty.EXPERIMENT,
    imagenet.EXPERIMENT,
    hops.EXPERIMENT,
    lsh_law.EXPERIMENT,
)
