#include "tests/differential/slot.h"

#include <algorithm>
#include <cassert>

#include "tests/differential/assembler.h"

namespace quince::differential {
namespace {

using namespace assembler;

constexpr u32 from_centre(unsigned offset) { return LAYOUT_REGISTERS_FROM_CENTRE + offset; }

std::vector<u32> before_program(unsigned base) {
  std::vector<u32> words = {lis(base, LAYOUT_CENTRE >> 16), ori(base, base, LAYOUT_CENTRE & 0xffff),
                            lwz(0, base, from_centre(LAYOUT_CTR)), mtspr(ctr, 0)};
  for (unsigned n = 0; n < 32; ++n) {
    if (n != base) words.push_back(lwz(n, base, from_centre(LAYOUT_GPR + 4 * n)));
  }
  assert(words.size() == words_before_program);
  return words;
}

std::vector<u32> after_program(unsigned base) {
  std::vector<u32> words;
  for (unsigned n = 0; n < 32; ++n) words.push_back(stw(n, base, from_centre(LAYOUT_GPR + 4 * n)));
  for (const u32 word : {mfspr(0, ctr), stw(0, base, from_centre(LAYOUT_CTR)),
                         lwz(0, base, from_centre(LAYOUT_LEAVE)), mtspr(ctr, 0), bcctr(20, 0)}) {
    words.push_back(word);
  }
  return words;
}

}  // namespace

void put_case(std::span<u8> slot, const Case& c, const std::vector<u32>& words) {
  std::size_t at = 0;
  const auto put = [&](const std::vector<u32>& part) {
    for (const u32 word : part) put_word(slot.subspan(4 * at++), word);
  };
  put(before_program(c.base));
  put(words);
  put(after_program(c.base));
  assert(at <= LAYOUT_CODE_WORDS);
  put_state(slot, c.before);
}

}  // namespace quince::differential
