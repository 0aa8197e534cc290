"""Learning, from labelled pictures and words to a joint space; nothing that serves imports this.

- ``tasks``: labelled pictures and words, parted into labels to learn from and labels held back
- ``spaces``: a task and an encoder to a space with its baselines: what ``iconym train`` calls
- ``methods``: the objectives with their settings; ``projections`` learns by them
- ``ridge``, ``eszsl``, ``prototypes``: in closed form
- ``layers``: those by descent, on features that stay as they are; the softmax layer too
- ``held_back``, ``hubness``: settings for unseen classes, chosen on seen ones
- ``cnn``: an encoder of our own, trained from scratch on a task's pictures
- ``networks``: what that is made of: classifier, joint network
- ``fine_tuning``: the second stage, through the projection into the encoder
- ``descent``: the optimizer's loop under all of these
"""
