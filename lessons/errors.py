"""The one base class for what a person did wrong, or asked for at the wrong time."""


class PersonError(Exception):
    """Something a person can put right: ``str(error)`` is the whole sentence to show them.

    Every room raises it (or a subclass) for a wrong value, a missing step, a quota. Anything else that
    escapes is a bug: it goes to the log with its id, and the person gets a sentence that names that id.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotEnrolledError(PersonError):
    """Somebody asked for what only a member has."""

    def __init__(self) -> None:
        super().__init__(
            "Say `/start` first: you choose a pace and your time zone, and get your plan. It takes ten seconds."
        )
