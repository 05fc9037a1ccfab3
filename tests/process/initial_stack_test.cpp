#include "machine/process/initial_stack.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <map>

#include "machine/process/program.h"
#include "tests/process/elf_image.h"

namespace quince::machine::process {
namespace {

constexpr u32 top = layout::task_end;

class InitialStack : public testing::Test {
 protected:
  InitialStack() {
    memory.map(top - layout::stack_bytes, layout::stack_bytes, PROT_READ | PROT_WRITE,
               {MAP_PRIVATE | MAP_ANONYMOUS});
  }
  u32 word(u32 at) { return memory.get<be32>(at); }
  std::vector<std::string> strings(u32& at) {
    std::vector<std::string> result;
    for (; word(at); at += 4) result.push_back(memory.string(word(at)));
    at += 4;
    return result;
  }
  std::map<u32, u32> vector(u32 at) {
    std::map<u32, u32> result;
    for (; word(at); at += 8) result[word(at)] = word(at + 4);
    return result;
  }
  GuestMemory memory;
};

TEST_F(InitialStack, IsWhatTheAbiSays) {
  const ProgramInfo info{"/bin/p", {"p", "", "two words"}, {"A=1", "B="}, 0x1000'0100, 0x1000'0034, 5, 0,
                         {1, 2, 3}};
  u32 at = build_stack(memory, top, info, ppc::cpu_7400);
  EXPECT_EQ(at % 16, 0u);
  EXPECT_EQ(word(at), 3u);
  at += 4;
  EXPECT_EQ(strings(at), info.arguments);
  EXPECT_EQ(strings(at), info.environment);
  auto aux = vector(at);
  EXPECT_EQ(aux[6], 4096u) << "AT_PAGESZ";
  EXPECT_EQ(aux[9], 0x1000'0100u) << "AT_ENTRY";
  EXPECT_EQ(aux[3], 0x1000'0034u) << "AT_PHDR";
  EXPECT_EQ(aux[4], 32u);
  EXPECT_EQ(aux[5], 5u);
  EXPECT_EQ(aux[16], 0x9c00'0000u) << "AT_HWCAP: 32 bits, AltiVec, FPU, MMU";
  EXPECT_EQ(aux[19], 32u) << "AT_DCACHEBSIZE";
  EXPECT_EQ(memory.string(aux[15]), "ppc7400");
  EXPECT_EQ(memory.string(aux[31]), "/bin/p");
  EXPECT_EQ(memory.readable(aux[25], 16)[2], 3) << "AT_RANDOM";
  EXPECT_EQ(aux.count(33), 0u) << "no vDSO";
}

TEST_F(InitialStack, TheG3HasNoAltiVec) {
  u32 at = build_stack(memory, top, {}, ppc::cpu_750) + 4;
  strings(at), strings(at);
  auto aux = vector(at);
  EXPECT_EQ(aux[16], 0x8c00'0000u);
  EXPECT_EQ(memory.string(aux[15]), "ppc750");
}

TEST_F(InitialStack, AlwaysAligned) {
  ProgramInfo info;
  for (int n = 0; n < 40; ++n) {
    info.arguments.emplace_back(static_cast<std::size_t>(n), 'x');
    EXPECT_EQ(build_stack(memory, top, info, ppc::cpu_750) % 16, 0u);
  }
}

TEST(FitsOnStack, UpToAQuarter) {
  ProgramInfo info;
  info.arguments = {std::string(2'000'000, 'x')};
  EXPECT_TRUE(fits_on_stack(info));
  info.environment = {std::string(200'000, 'x')};
  EXPECT_FALSE(fits_on_stack(info));
}

TEST(Load, PlacesSegmentsWithTheirRights) {
  ElfBuilder elf(
      {TestSegment{1, 0, 0x1000'0000, 0x100, 0x1100, 5}, TestSegment{1, 0, 0x1000'1100, 0x20, 0x3000, 6}});
  Program program{"p", elf.file, *parse_elf(elf.file), {}};
  GuestMemory memory;
  Loaded loaded;
  ASSERT_TRUE(load(memory, program, &loaded));
  EXPECT_EQ(loaded.entry, 0x1000'0080u);
  EXPECT_EQ(loaded.heap, 0x1000'5000u);
  EXPECT_EQ(u32{memory.get<be32>(0x1000'0000)}, 0x7f45'4c46u);
  EXPECT_EQ(u32{memory.get<be32>(0x1000'1100)}, 0x7f45'4c46u);
  EXPECT_EQ(u32{memory.get<be32>(0x1000'1120)}, 0u);
  EXPECT_THROW(memory.writable(0x1000'0000, 1), BadAddress);
  EXPECT_NO_THROW(memory.writable(0x1000'1000, 0x3100)) << "the shared page has the rights of both";
  EXPECT_THROW(memory.readable(0x1000'5000, 1), BadAddress);
  EXPECT_NO_THROW(memory.writable(layout::task_end - layout::stack_bytes, layout::stack_bytes));
  EXPECT_FALSE(memory.is_mapped(layout::task_end - layout::stack_bytes - 1)) << "the guard";
}

TEST(Load, PositionIndependentProgramsGetABase) {
  ElfBuilder elf({TestSegment{1, 0, 0, 0x100, 0x200, 7}});
  elf.half(16, 3).word(24, 0x80);
  Program program{"p", elf.file, *parse_elf(elf.file), {}};
  GuestMemory memory;
  Loaded loaded;
  ASSERT_TRUE(load(memory, program, &loaded));
  EXPECT_EQ(loaded.entry, loaded.program_headers - 52 + 0x80);
  EXPECT_EQ(u32{memory.get<be32>(loaded.entry - 0x80)}, 0x7f45'4c46u);
}

}  // namespace
}  // namespace quince::machine::process
