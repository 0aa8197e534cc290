"""Learning, from labelled pictures and words to a joint space; nothing that serves imports this.

- ``tasks``: labelled pictures and words, parted into labels to learn from and labels held back
- ``spaces``: a task and an encoder to a space with its baselines: what ``iconym train`` calls
- ``projections``: the ways to learn the projection, one for each objective
- ``ridge``: those in closed form, linear and in the space of a kernel
- ``layers``: those by descent, on features that stay as they are; the softmax layer too
- ``class_splits``: settings for unseen classes, chosen on seen ones
- ``cnn``: an encoder of our own, trained from scratch on a task's pictures
- ``networks``: what that is made of: classifier, joint network, fine-tuning
- ``descent``: the optimizer's loop under all of these
"""
