"""One recipe a project: a file to be read from top to bottom, whose `train(run)` the trainer process calls.

This is the only folder, with the paper pipeline, that imports torch. `handle` and `sources` do not.
"""
