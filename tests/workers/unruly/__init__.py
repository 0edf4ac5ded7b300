"""Recipes that do what a trainer has to survive: handed to a `TrainerHost` in place of the real ones."""
