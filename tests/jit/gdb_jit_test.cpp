// The list that GDB reads: what is in it as code comes and goes.
#include "jit-x86/gdb_jit.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
struct JitCodeEntry {
  JitCodeEntry *next, *previous;
  const char* object;
  std::uint64_t bytes;
};
extern struct {
  std::uint32_t version, action;
  JitCodeEntry *relevant, *first;
} __jit_debug_descriptor;  // NOLINT
}

namespace quince::jit {
namespace {

// The symbol of an object file that has but one.
std::string symbol(const JitCodeEntry& entry) {
  Elf64_Ehdr header;
  std::memcpy(&header, entry.object, sizeof header);
  for (unsigned n = 0; n < header.e_shnum; ++n) {
    Elf64_Shdr section, names;
    std::memcpy(&section, entry.object + header.e_shoff + n * sizeof section, sizeof section);
    if (section.sh_type != SHT_SYMTAB) continue;
    std::memcpy(&names, entry.object + header.e_shoff + section.sh_link * sizeof names, sizeof names);
    Elf64_Sym last;
    std::memcpy(&last, entry.object + section.sh_offset + section.sh_size - sizeof last, sizeof last);
    return entry.object + names.sh_offset + last.st_name;
  }
  return "";
}

std::vector<std::string> listed() {
  std::vector<std::string> names;
  const JitCodeEntry* before = nullptr;
  for (const JitCodeEntry* at = __jit_debug_descriptor.first; at; before = at, at = at->next) {
    EXPECT_EQ(at->previous, before);
    names.push_back(symbol(*at));
  }
  return names;
}

TEST(GdbJit, ListsWhatExists) {
  const std::array<ppc::u8, 64> code{};
  const std::span<const ppc::u8> first(code.data(), 16), second(code.data() + 16, 16);
  const std::span<const ppc::u8> third(code.data() + 32, 16);
  using Names = std::vector<std::string>;
  {
    GdbJit jit;
    jit.added(0x1000, 4, first);
    jit.added(0x2000, 4, second);
    jit.added(0xfff0'0100, 4, third);
    EXPECT_EQ(listed(), (Names{"guest_fff00100", "guest_00002000", "guest_00001000"}));
    jit.removed(0x2000, second);
    EXPECT_EQ(listed(), (Names{"guest_fff00100", "guest_00001000"}));
    jit.added(0x3000, 4, second);  // in its place
    EXPECT_EQ(listed(), (Names{"guest_00003000", "guest_fff00100", "guest_00001000"}));
    jit.removed(0x3000, second);
    jit.removed(0x1000, first);
    EXPECT_EQ(listed(), Names{"guest_fff00100"});
  }
  EXPECT_EQ(listed(), Names{});
}

}  // namespace
}  // namespace quince::jit
