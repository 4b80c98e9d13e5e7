"""What went wrong and what to do, for a person."""


class Failure(Exception):
    pass
