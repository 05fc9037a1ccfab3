#include "machine/process/initial_stack.h"

#include <unistd.h>

#include <numeric>

#include "machine/elf.h"

namespace quince::machine::process {

namespace {

// Entries of the auxiliary vector (Linux: include/uapi/linux/auxvec.h and its PowerPC part).
enum Aux : u32 {
  at_null = 0,
  at_phdr = 3,
  at_phent = 4,
  at_phnum = 5,
  at_pagesz = 6,
  at_base = 7,
  at_flags = 8,
  at_entry = 9,
  at_uid = 11,
  at_euid = 12,
  at_gid = 13,
  at_egid = 14,
  at_platform = 15,
  at_hwcap = 16,
  at_clktck = 17,
  at_dcachebsize = 19,
  at_icachebsize = 20,
  at_ucachebsize = 21,
  at_ignoreppc = 22,
  at_secure = 23,
  at_base_platform = 24,
  at_random = 25,
  at_hwcap2 = 26,
  at_execfn = 31,
};

constexpr u32 feature_32 = 0x8000'0000, feature_altivec = 0x1000'0000, feature_fpu = 0x0800'0000,
              feature_mmu = 0x0400'0000;
constexpr u32 cache_block = 32;   // of the 750 and the 7400
constexpr u32 clock_ticks = 100;  // USER_HZ
constexpr u64 largest_strings = layout::stack_bytes / 4;

class Writer {
 public:
  Writer(GuestMemory& memory, u32 top) : memory_(memory), at_(top) {}
  u32 push(const void* data, u32 bytes) {
    at_ -= bytes;
    std::memcpy(memory_.writable(at_, bytes), data, bytes);
    return at_;
  }
  u32 push(const std::string& text) { return push(text.c_str(), static_cast<u32>(text.size()) + 1); }
  void align(u32 to) { at_ &= ~(to - 1); }
  u32 at() const { return at_; }

 private:
  GuestMemory& memory_;
  u32 at_;
};

void push_all(Writer& writer, const std::vector<std::string>& texts, std::vector<be32>& words) {
  std::vector<u32> addresses(texts.size());
  for (std::size_t n = texts.size(); n-- > 0;) addresses[n] = writer.push(texts[n]);
  words.insert(words.end(), addresses.begin(), addresses.end());
  words.emplace_back(0u);
}

}  // namespace

bool fits_on_stack(const ProgramInfo& program) {
  const auto size = [](u64 sum, const std::string& text) { return sum + text.size() + 1 + sizeof(be32); };
  u64 bytes = std::accumulate(program.arguments.begin(), program.arguments.end(), u64{0}, size);
  bytes = std::accumulate(program.environment.begin(), program.environment.end(), bytes, size);
  return bytes + program.path.size() <= largest_strings;
}

u32 build_stack(GuestMemory& memory, u32 top, const ProgramInfo& program, const ppc::CpuModel& cpu) {
  Writer writer(memory, top);
  writer.push("\0\0\0", 4);  // Linux leaves a null word at the very end
  const u32 path = writer.push(program.path);
  std::vector<be32> words = {static_cast<u32>(program.arguments.size())};
  // Environment above arguments above everything else, as Linux has them.
  std::vector<be32> environment;
  push_all(writer, program.environment, environment);
  push_all(writer, program.arguments, words);
  words.insert(words.end(), environment.begin(), environment.end());
  const u32 platform = writer.push("ppc" + std::string(cpu.name));
  writer.align(16);
  const u32 random = writer.push(program.random.data(), static_cast<u32>(program.random.size()));

  const u32 features = feature_32 | feature_fpu | feature_mmu | (cpu.has_altivec() ? feature_altivec : 0);
  const std::pair<Aux, u32> vector[] = {
      {at_ignoreppc, at_ignoreppc},
      {at_ignoreppc, at_ignoreppc},
      {at_dcachebsize, cache_block},
      {at_icachebsize, cache_block},
      {at_ucachebsize, 0},
      {at_hwcap, features},
      {at_pagesz, ppc::page_size},
      {at_clktck, clock_ticks},
      {at_phdr, program.program_headers},
      {at_phent, elf_program_header_bytes},
      {at_phnum, program.program_header_count},
      {at_base, program.base},
      {at_flags, 0},
      {at_entry, program.entry},
      {at_uid, getuid()},
      {at_euid, geteuid()},
      {at_gid, getgid()},
      {at_egid, getegid()},
      {at_secure, 0},
      {at_random, random},
      {at_hwcap2, 0},
      {at_execfn, path},
      {at_platform, platform},
      {at_base_platform, platform},
      {at_null, 0},
  };
  for (const auto& [key, value] : vector) {
    words.emplace_back(u32{key});
    words.emplace_back(value);
  }
  const u32 bytes = static_cast<u32>(words.size() * sizeof(be32));
  const u32 stack = (writer.at() - bytes) & ~15u;
  std::memcpy(memory.writable(stack, bytes), words.data(), bytes);
  return stack;
}

}  // namespace quince::machine::process
