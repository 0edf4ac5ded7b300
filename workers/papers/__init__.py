"""The paper pipeline: from arXiv's feed to a ranking for each server. Runs in workers, never in the bot."""
