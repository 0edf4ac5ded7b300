"""Questions: computed ones, the bank of conceptual ones, and those about a member's own run."""
