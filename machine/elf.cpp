#include "machine/elf.h"

#include <algorithm>
#include <array>
#include <optional>

namespace quince::machine {

namespace {

constexpr u32 header_bytes = 52;
constexpr u32 pt_load = 1, pt_interp = 3;
constexpr u32 et_exec = 2, et_dyn = 3, em_ppc = 20, em_ppc64 = 21;
constexpr u32 flag_x = 1, flag_w = 2, flag_r = 4;
constexpr u32 many_headers = 0xffff;  // PN_XNUM: the count is elsewhere

using Failure = tl::unexpected<std::string>;

// Reads big-endian numbers; whoever calls has checked the bounds.
struct Reader {
  std::span<const u8> file;
  u32 half(u64 at) const { return u32{file[at]} << 8 | file[at + 1]; }
  u32 word(u64 at) const { return half(at) << 16 | half(at + 2); }
  bool holds(u64 at, u64 bytes) const { return at <= file.size() && bytes <= file.size() - at; }
};

// Machines that somebody may well try to run, for a message that names the mistake.
struct KnownMachine {
  u32 number;
  const char* name;
};
constexpr KnownMachine known_machines[] = {
    {3, "x86"},      {62, "x86-64"}, {40, "Arm"},   {183, "AArch64"},    {2, "SPARC"},
    {4, "68000"},    {8, "MIPS"},    {22, "S/390"}, {em_ppc, "PowerPC"}, {em_ppc64, "64-bit PowerPC"},
    {243, "RISC-V"},
};

std::string machine_name(u32 number) {
  for (const auto& machine : known_machines) {
    if (machine.number == number) return machine.name;
  }
  return "machine number " + std::to_string(number);
}

constexpr const char* advice = " (give a static 32-bit big-endian PowerPC program)";

// What is wrong with e_ident and the fixed header, if anything.
std::optional<std::string> header_defect(const Reader& in) {
  const auto& file = in.file;
  if (!looks_like_elf(file)) return std::string("not an ELF file") + advice;
  if (file.size() < 20) return "the ELF header is truncated (the file is damaged)";
  const bool little = file[5] == 1;
  const u32 machine = little ? u32{file[19]} << 8 | file[18] : in.half(18);
  if (file[4] == 2) return "a 64-bit ELF file for " + machine_name(machine) + advice;
  if (file[4] != 1) return "the ELF class is neither 32-bit nor 64-bit (the file is damaged)";
  if (little && machine == em_ppc) return std::string("a little-endian PowerPC ELF file") + advice;
  if (file[5] != 1 && file[5] != 2)
    return "the ELF byte order is neither little nor big (the file is damaged)";
  if (machine != em_ppc) return "an ELF file for " + machine_name(machine) + advice;
  if (file.size() < header_bytes) return "the ELF header is truncated (the file is damaged)";
  if (file[6] != 1 || in.word(20) != 1) return "an unknown ELF version (the file is damaged)";
  const u32 type = in.half(16);
  if (type == 1) return "an object file, not a program (link it first)";
  if (type == 4) return "a core dump, not a program";
  if (type != et_exec && type != et_dyn) return "ELF type " + std::to_string(type) + " is not a program";
  return {};
}

std::optional<std::string> table_defect(const Reader& in, u32 offset, u32 entry_bytes, u32 count) {
  if (count == 0) return std::string("no program headers: nothing to load (is it an object file?)");
  if (count == many_headers) return std::string("too many program headers (at most 65534)");
  if (entry_bytes != elf_program_header_bytes)
    return std::string("program headers of the wrong size (damaged)");
  if (!in.holds(offset, u64{count} * entry_bytes))
    return std::string("the program headers are truncated (damaged)");
  return {};
}

tl::expected<ElfSegment, std::string> read_segment(const Reader& in, u64 at, u32 index) {
  ElfSegment s;
  s.file_offset = in.word(at + 4), s.address = in.word(at + 8), s.physical_address = in.word(at + 12);
  s.file_bytes = in.word(at + 16), s.memory_bytes = in.word(at + 20);
  const u32 flags = in.word(at + 24);
  s.readable = flags & flag_r, s.writable = flags & flag_w, s.executable = flags & flag_x;
  const std::string name = "segment " + std::to_string(index);
  if (s.file_bytes > s.memory_bytes) return Failure(name + " is larger in the file than in memory (damaged)");
  if (!in.holds(s.file_offset, s.file_bytes)) return Failure(name + " is truncated (the file is damaged)");
  if (u64{s.address} + s.memory_bytes > u64{1} << 32)
    return Failure(name + " passes the end of memory (damaged)");
  if (u64{s.physical_address} + s.memory_bytes > u64{1} << 32) s.physical_address = s.address;
  return s;
}

std::optional<std::string> overlap(const std::vector<ElfSegment>& sorted) {
  for (std::size_t n = 1; n < sorted.size(); ++n) {
    if (u64{sorted[n - 1].address} + sorted[n - 1].memory_bytes > sorted[n].address) {
      return std::string("two segments overlap (the file is damaged)");
    }
  }
  return {};
}

// Where the loaded image has its program headers.
u32 headers_in_memory(const std::vector<ElfSegment>& segments, u32 offset, u32 bytes) {
  for (const auto& s : segments) {
    if (offset >= s.file_offset && u64{offset} + bytes <= u64{s.file_offset} + s.file_bytes) {
      return s.address + (offset - s.file_offset);
    }
  }
  return 0;
}

bool entry_is_loaded(const ElfImage& image) {
  return std::any_of(image.segments.begin(), image.segments.end(), [&](const ElfSegment& s) {
    return image.entry >= s.address && image.entry - s.address < s.memory_bytes;
  });
}

}  // namespace

bool looks_like_elf(std::span<const u8> file) {
  constexpr std::array<u8, 4> magic = {0x7f, 'E', 'L', 'F'};
  return file.size() >= magic.size() && std::equal(magic.begin(), magic.end(), file.begin());
}

tl::expected<ElfImage, std::string> parse_elf(std::span<const u8> file) {
  const Reader in{file};
  if (auto defect = header_defect(in)) return Failure(*defect);
  const u32 table = in.word(28), entry_bytes = in.half(42), count = in.half(44);
  if (auto defect = table_defect(in, table, entry_bytes, count)) return Failure(*defect);

  ElfImage image;
  image.entry = in.word(24);
  image.position_independent = in.half(16) == et_dyn;
  for (u32 n = 0; n < count; ++n) {
    const u64 at = u64{table} + u64{n} * entry_bytes;
    const u32 type = in.word(at);
    if (type == pt_interp) return Failure("dynamically linked (link it with -static)");
    if (type != pt_load || in.word(at + 20) == 0) continue;
    auto segment = read_segment(in, at, n);
    if (!segment) return Failure(segment.error());
    image.segments.push_back(*segment);
  }
  if (image.segments.empty()) return Failure("no segment to load (the file is damaged)");
  std::sort(image.segments.begin(), image.segments.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  if (auto defect = overlap(image.segments)) return Failure(*defect);
  if (!entry_is_loaded(image))
    return Failure("the entry point is outside all segments (the file is damaged)");
  image.program_header_count = count;
  image.program_headers = headers_in_memory(image.segments, table, count * entry_bytes);
  return image;
}

}  // namespace quince::machine
