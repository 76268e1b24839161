"""What stops the projector: a record that it cannot fold. Never skipped, always named."""


class CannotFold(Exception):
    """We are wrong about a record, or it is of a type that this program does not know. `record` is its id."""

    def __init__(self, record: int, error: Exception) -> None:
        super().__init__(f"record {record} of the log cannot be folded: {type(error).__name__}: {error}")
        self.record = record
