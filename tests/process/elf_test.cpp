#include "machine/elf.h"

#include <gtest/gtest.h>

#include "tests/process/elf_image.h"

namespace quince::machine {
namespace {

TEST(Elf, ReadsAProgram) {
  ElfBuilder elf({TestSegment{1, 0, 0x1001'0000, 0x40, 0x1000, 6}, TestSegment{}});
  const auto image = parse_elf(elf.file);
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->entry, 0x1000'0080u);
  EXPECT_FALSE(image->position_independent);
  EXPECT_EQ(image->program_header_count, 2u);
  EXPECT_EQ(image->program_headers, 0x1000'0034u);
  ASSERT_EQ(image->segments.size(), 2u);
  EXPECT_EQ(image->segments[0].address, 0x1000'0000u) << "sorted";
  EXPECT_TRUE(image->segments[0].executable && !image->segments[0].writable);
  EXPECT_TRUE(image->segments[1].writable && !image->segments[1].executable);
  EXPECT_EQ(image->segments[1].memory_bytes, 0x1000u);
  EXPECT_EQ(image->lowest(), 0x1000'0000u);
  EXPECT_EQ(image->end(), 0x1001'1000u);
}

TEST(Elf, ASegmentMayEndWhereMemoryEnds) {
  ElfBuilder elf({TestSegment{1, 0, 0xffff'ff00, 0x100, 0x100, 5}});
  elf.word(24, 0xffff'ff80);
  const auto image = parse_elf(elf.file);
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->end(), u64{1} << 32);
}

TEST(Elf, EmptySegmentsAreLeftOut) {
  const auto image = parse_elf(ElfBuilder({TestSegment{1, 0xffff'ffff, 5, 0, 0, 5}, TestSegment{}}).file);
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->segments.size(), 1u);
}

struct Wrong {
  const char* name;
  ElfBuilder elf;
  const char* says;
};

std::vector<Wrong> wrong_files() {
  return {
      {"no bytes", ElfBuilder().resize(0), "not an ELF file"},
      {"other magic", ElfBuilder().byte(3, 'X'), "not an ELF file"},
      {"magic only", ElfBuilder().resize(4), "header is truncated"},
      {"half a header", ElfBuilder().resize(30), "header is truncated"},
      {"64-bit", ElfBuilder().byte(4, 2), "64-bit ELF file for PowerPC"},
      {"64-bit PowerPC", ElfBuilder().byte(4, 2).half(18, 21), "64-bit ELF file for 64-bit PowerPC"},
      {"x86-64", ElfBuilder().byte(4, 2).byte(5, 1).half(18, 62 << 8), "64-bit ELF file for x86-64"},
      {"class 0", ElfBuilder().byte(4, 0), "class is neither"},
      {"little-endian PowerPC", ElfBuilder().byte(5, 1).half(18, 20 << 8), "little-endian PowerPC"},
      {"little-endian Arm", ElfBuilder().byte(5, 1).half(18, 40 << 8), "ELF file for Arm"},
      {"byte order 3", ElfBuilder().byte(5, 3), "byte order is neither"},
      {"another machine", ElfBuilder().half(18, 2), "for SPARC"},
      {"an unknown machine", ElfBuilder().half(18, 999), "machine number 999"},
      {"ident version", ElfBuilder().byte(6, 0), "unknown ELF version"},
      {"version", ElfBuilder().word(20, 2), "unknown ELF version"},
      {"object file", ElfBuilder().half(16, 1), "object file"},
      {"core dump", ElfBuilder().half(16, 4), "core dump"},
      {"type 77", ElfBuilder().half(16, 77), "type 77"},
      {"no headers", ElfBuilder().half(44, 0), "no program headers"},
      {"65535 headers", ElfBuilder().half(44, 0xffff), "too many"},
      {"many headers", ElfBuilder().half(44, 1000), "program headers are truncated"},
      {"headers beyond the end", ElfBuilder().word(28, 0xffff'fff0), "program headers are truncated"},
      {"headers of another size", ElfBuilder().half(42, 56), "wrong size"},
      {"dynamic", ElfBuilder({TestSegment{3}, TestSegment{}}), "link it with -static"},
      {"nothing to load", ElfBuilder({TestSegment{4}}), "no segment to load"},
      {"more in the file", ElfBuilder({TestSegment{1, 0, 0x1000'0000, 0x100, 0x50, 5}}),
       "larger in the file"},
      {"truncated segment", ElfBuilder().resize(0xf0), "segment 0 is truncated"},
      {"segment beyond the end", ElfBuilder({TestSegment{1, 0xffff'ff00, 0x1000'0000, 0x200, 0x200, 5}}),
       "segment 0 is truncated"},
      {"address wraps", ElfBuilder({TestSegment{1, 0, 0xffff'ff00, 0x100, 0x101, 5}}), "end of memory"},
      {"overlap", ElfBuilder({TestSegment{}, TestSegment{1, 0, 0x1000'01ff, 0x10, 0x10, 6}}), "overlap"},
      {"the same twice", ElfBuilder({TestSegment{}, TestSegment{}}), "overlap"},
      {"entry outside", ElfBuilder().word(24, 0x1000'0200), "entry point"},
  };
}

TEST(Elf, SaysWhatIsWrong) {
  for (const auto& wrong : wrong_files()) {
    const auto image = parse_elf(wrong.elf.file);
    ASSERT_FALSE(image) << wrong.name;
    EXPECT_NE(image.error().find(wrong.says), std::string::npos) << wrong.name << ": " << image.error();
    EXPECT_EQ(image.error().find('\n'), std::string::npos) << wrong.name;
  }
}

TEST(Elf, EveryTruncationIsAnError) {
  const ElfBuilder good;
  for (std::size_t bytes = 0; bytes < good.file.size(); ++bytes) {
    EXPECT_FALSE(parse_elf(std::span(good.file).first(bytes))) << bytes;
  }
}

}  // namespace
}  // namespace quince::machine
