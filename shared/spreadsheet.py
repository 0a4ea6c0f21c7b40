"""What goes into a cell that people open in a spreadsheet."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is kept as text; anything else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
