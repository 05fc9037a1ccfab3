"""Writes once.c: a program of more than 200,000 different instructions, each executed once a round. Statements as
compiled programs have them, in functions that form a tree of calls; no loops but the one over the rounds."""

import sys

FUNCTIONS = 3400
LOCALS = "abcdef"
WORDS, BYTES, HALVES, TABLE = 24, 16, 12, 64


class Random:
    """Of our own, so that the program is the same with every version of Python."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def pick(self, items):
        return items[self.below(len(items))]


class Function:
    def __init__(self, random, children):
        self.random = random
        self.children = list(children)

    def local(self):
        return self.random.pick(LOCALS)

    def field(self):
        below = self.random.below
        return self.random.pick([f"s->word[{below(WORDS)}]", f"s->word[{below(WORDS)}]", f"s->word[{below(WORDS)}]",
                                 f"s->byte[{below(BYTES)}]", f"s->half[{below(HALVES)}]",
                                 f"s->table[{self.local()} % {TABLE}]", f"s->next->word[{below(WORDS)}]"])

    def constant(self):
        return self.random.pick([self.random.below(16), self.random.below(256), self.random.below(30000),
                                 self.random.below(2**31)])

    def term(self):
        kind = self.random.below(10)
        if kind < 5:
            return self.local()
        return self.field() if kind < 8 else f"{self.constant()}u"

    def expression(self):
        x, y = self.local(), self.term()
        kind = self.random.below(16)
        if kind < 9:
            return f"{x} {self.random.pick(['+', '+', '+', '-', '-', '&', '|', '^'])} {y}"
        if kind < 12:
            return f"{x} {self.random.pick(['<<', '>>'])} {1 + self.random.below(30)}"
        return self.random.pick([f"{x} * {y}", f"({x} >> {self.random.below(24)} & 0xff) + {y}", f"({y}) + ({x} << 2)",
                                 f"(uint32_t)((int32_t){x} >> {1 + self.random.below(30)})"])

    def condition(self):
        x = self.local()
        return self.random.pick([f"{x} > {self.constant()}u", f"(int32_t){x} < {self.constant() % 32768}",
                                 f"{x} == {self.field()}", f"({x} & {1 << self.random.below(31)}u)", f"{x} != 0",
                                 f"{self.field()} < {x}"])

    def statement(self):
        kind = self.random.below(100)
        if kind < 42:
            return f"{self.local()} = {self.expression()};"
        if kind < 58:
            return f"{self.local()} = {self.field()};"
        if kind < 78:
            return f"{self.field()} = {self.random.pick([self.local(), self.expression()])};"
        if kind < 82:
            return f"{self.field()} += {self.local()};"
        if kind < 94 or not self.children:
            return f"if ({self.condition()}) {self.local()} = {self.expression()};"
        return self.call()

    def call(self):
        return f"{self.local()} += f{self.children.pop(0)}(s{self.random.pick(['', '->next'])}, " \
               f"{self.local()}, {self.local()});"

    def body(self):
        lines = [f"uint32_t c = s->word[{self.random.below(WORDS)}], d = a ^ b, e = b >> 3, f = s->half[1] + a;"]
        lines += [self.statement() for _ in range(20 + self.random.below(30))]
        while self.children:
            lines.append(self.call())
        lines.append("return a + (b ^ c) + (d - e) + f;")
        return "\n".join("  " + line for line in lines)


def program():
    random = Random(1)
    text = [f"""// Made by once.py.
#include "bench/programs/program.h"

struct state {{
  uint32_t word[{WORDS}];
  uint16_t half[{HALVES}];
  uint8_t byte[{BYTES}];
  uint32_t table[{TABLE}];
  struct state* next;
}};
"""]
    # f0 is the root; the children of f_n are f_(3n+1) to f_(3n+3).
    for n in reversed(range(FUNCTIONS)):
        children = [c for c in range(3 * n + 1, 3 * n + 4) if c < FUNCTIONS]
        text.append(f"static NOINLINE uint32_t f{n}(struct state* s, uint32_t a, uint32_t b) {{\n"
                    + Function(random, children).body() + "\n}\n")
    text.append("""int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  static struct state states[3];
  uint32_t sum = 1, seed = 1;
  for (unsigned n = 0; n < 3; ++n) {
    states[n].next = &states[(n + 1) % 3];
    for (unsigned k = 0; k < sizeof states->word / 4; ++k) states[n].word[k] = next_random(&seed);
  }
  for (unsigned round = 0; round < rounds; ++round) sum = fold(sum, f0(states, sum, round));
  return finish(sum);
}
""")
    return "\n".join(text)


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(program())
