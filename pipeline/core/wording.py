"""Words for people."""


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 event`, `2,000 events`; `many` where the plural is no added s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
