"""Reads a text console from its picture. It knows no font: it learns what the characters look like from lines that are
known to be on the screen, as the same messages came over the serial line."""

CELL_WIDTH, CELL_HEIGHT = 8, 16
SHORTEST = 40  # characters of a line that is learnt from
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def glyphs(picture):
    """Rows of characters as bytes, each the pixels of one cell, lit or not."""
    lit = picture.convert("L").point(lambda value: 255 if value > 96 else 0)
    columns, rows = picture.width // CELL_WIDTH, picture.height // CELL_HEIGHT
    return [[lit.crop((x * CELL_WIDTH, y * CELL_HEIGHT, (x + 1) * CELL_WIDTH, (y + 1) * CELL_HEIGHT)).tobytes()
             for x in range(columns)] for y in range(rows)]


class Reader:
    def __init__(self):
        self.alphabet = {}

    def _lesson(self, row, line):
        """What the row would teach if it were the line, or None if it can't be."""
        blank = bytes(CELL_WIDTH * CELL_HEIGHT)
        if any(glyph != blank for glyph in row[len(line):]):
            return None
        there, back = {}, {}
        for glyph, letter in zip(row, line):
            if there.setdefault(glyph, letter) != letter or back.setdefault(letter, glyph) != glyph:
                return None
        return there if there.get(blank) == " " else None

    def learn(self, picture, text):
        lines = [line for line in text.splitlines() if SHORTEST <= len(line) <= picture.width // CELL_WIDTH]
        for row in glyphs(picture):
            lessons = [lesson for lesson in (self._lesson(row, line) for line in lines) if lesson]
            if len(lessons) == 1:
                self.alphabet.update(lessons[0])

    def read(self, picture):
        return "\n".join("".join(self.alphabet.get(glyph, UNKNOWN) for glyph in row).rstrip()
                         for row in glyphs(picture))
