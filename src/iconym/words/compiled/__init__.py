"""The compiled loops of training; loaded only where words are trained."""
