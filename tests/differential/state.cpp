#include "tests/differential/state.h"

#include <algorithm>
#include <cstdio>

namespace quince::differential {
namespace {

void put_doubleword(std::span<u8> bytes, u64 value) {
  put_word(bytes, static_cast<u32>(value >> 32));
  put_word(bytes.subspan(4), static_cast<u32>(value));
}
u32 get_word(std::span<const u8> bytes) {
  return u32{bytes[0]} << 24 | u32{bytes[1]} << 16 | u32{bytes[2]} << 8 | u32{bytes[3]};
}
u64 get_doubleword(std::span<const u8> bytes) {
  return u64{get_word(bytes)} << 32 | get_word(bytes.subspan(4));
}

std::string hex(u32 value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}
std::string hex(u64 value) { return hex(static_cast<u32>(value >> 32)) + hex(static_cast<u32>(value)); }
std::string hex(const V128& value) { return hex(value.element<u64>(0)) + hex(value.element<u64>(1)); }

// One line of a comparison.
struct Pair {
  template <class T>
  static std::string line(const std::string& name, const T& ours, const T& theirs) {
    if (ours == theirs) return "";
    return "  " + name + ": ours " + hex(ours) + ", theirs " + hex(theirs) + "\n";
  }
};
// One line of a listing: the second value is 0.
struct Single {
  template <class T>
  static std::string line(const std::string& name, const T& value, const T& zero) {
    return value == zero ? "" : "  " + name + " " + hex(value) + "\n";
  }
};

template <class Line, class T>
std::string lines(const std::string& letter, const std::array<T, 32>& a, const std::array<T, 32>& b) {
  std::string text;
  for (unsigned n = 0; n < 32; ++n) text += Line::line(letter + std::to_string(n), a[n], b[n]);
  return text;
}

// The words of State that are not in an array, and where a slot has them.
struct Word {
  const char* name;
  u32 State::*member;
  unsigned offset;
};
constexpr Word words[] = {
    {"CR", &State::cr, LAYOUT_CR},
    {"XER", &State::xer, LAYOUT_XER},
    {"CTR", &State::ctr, LAYOUT_CTR},
    {"LR", &State::lr, LAYOUT_LR},
    {"FPSCR", &State::fpscr, LAYOUT_FPSCR + 4},
    {"VSCR", &State::vscr, LAYOUT_VSCR + 12},
    {"VRSAVE", &State::vrsave, LAYOUT_VRSAVE},
};

template <class Line>
std::string text_of(const State& a, const State& b) {
  std::string text =
      lines<Line>("r", a.gpr, b.gpr) + lines<Line>("f", a.fpr, b.fpr) + lines<Line>("v", a.vr, b.vr);
  for (const Word& word : words) text += Line::line(word.name, a.*word.member, b.*word.member);
  const std::span<const u8> x(a.memory), y(b.memory);
  for (unsigned n = 0; n < x.size(); n += 4) {
    text += Line::line("memory " + hex(LAYOUT_SCRATCH + n), get_word(x.subspan(n)), get_word(y.subspan(n)));
  }
  return text;
}

State without(const State& state, Ignored ignored) {
  State copy = state;
  copy.fpscr &= ~ignored.fpscr;
  for (unsigned n = 0; n < 32; ++n) {
    if (ignored.fpr_high >> n & 1) copy.fpr[n] &= 0xffff'ffff;
  }
  return copy;
}

}  // namespace

void put_word(std::span<u8> bytes, u32 word) {
  for (unsigned n = 0; n < 4; ++n) bytes[n] = static_cast<u8>(word >> (24 - 8 * n));
}

bool differs(const State& ours, const State& theirs, Ignored ignored) {
  if (ours == theirs) return false;
  return without(ours, ignored) != without(theirs, ignored);
}

std::string difference(const State& ours, const State& theirs, Ignored ignored) {
  return text_of<Pair>(without(ours, ignored), without(theirs, ignored));
}

std::string listing(const State& state) { return text_of<Single>(state, State{}); }

void put_state(std::span<u8> slot, const State& state) {
  const auto registers = slot.subspan(LAYOUT_SLOT_REGISTERS, LAYOUT_REGISTERS_BYTES);
  std::fill(registers.begin(), registers.end(), u8{0});
  for (unsigned n = 0; n < 32; ++n) {
    put_word(registers.subspan(LAYOUT_GPR + 4 * n), state.gpr[n]);
    put_doubleword(registers.subspan(LAYOUT_FPR + 8 * n), state.fpr[n]);
    put_doubleword(registers.subspan(LAYOUT_VR + 16 * n), state.vr[n].element<u64>(0));
    put_doubleword(registers.subspan(LAYOUT_VR + 16 * n + 8), state.vr[n].element<u64>(1));
  }
  for (const Word& word : words) put_word(registers.subspan(word.offset), state.*word.member);
  std::copy(state.memory.begin(), state.memory.end(), slot.begin() + LAYOUT_SLOT_SCRATCH);
}

State get_state(std::span<const u8> slot) {
  const auto registers = slot.subspan(LAYOUT_SLOT_REGISTERS, LAYOUT_REGISTERS_BYTES);
  State state;
  for (unsigned n = 0; n < 32; ++n) {
    state.gpr[n] = get_word(registers.subspan(LAYOUT_GPR + 4 * n));
    state.fpr[n] = get_doubleword(registers.subspan(LAYOUT_FPR + 8 * n));
    state.vr[n].set_element<u64>(0, get_doubleword(registers.subspan(LAYOUT_VR + 16 * n)));
    state.vr[n].set_element<u64>(1, get_doubleword(registers.subspan(LAYOUT_VR + 16 * n + 8)));
  }
  for (const Word& word : words) state.*word.member = get_word(registers.subspan(word.offset));
  const auto scratch = slot.subspan(LAYOUT_SLOT_SCRATCH, LAYOUT_SCRATCH_BYTES);
  std::copy(scratch.begin(), scratch.end(), state.memory.begin());
  return state;
}

}  // namespace quince::differential
