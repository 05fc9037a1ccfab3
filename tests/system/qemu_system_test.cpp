// The memory management unit, privilege and exceptions of a whole processor against QEMU's: the same
// bare-metal program runs on both, and each experiment must leave the same registers and the same memory.
// What QEMU 7.2 is not asked about, and why, stands in cases.cpp where the cases avoid it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "guest-ppc/mmu.h"
#include "tests/support/engines.h"
#include "tests/system/cases.h"

namespace quince::test {
namespace {

using namespace ppc;
namespace fs = std::filesystem;

// --- Ours ---

class Ram : public PhysicalMemory {
 public:
  u8* page(u32 physical_page, bool) override {
    if (physical_page >= ram_bytes) return nullptr;
    auto& page = pages_[physical_page / page_size];
    if (!page) page = std::make_unique<Page>();
    return page->data();
  }
  u64 read(u32, unsigned) override { return 0; }
  void write(u32, unsigned, u64) override {}

  void load(u32 at, std::span<const u8> bytes) {
    for (const u8 byte : bytes) page(at & ~page_mask, true)[at & page_mask] = byte, ++at;
  }
  std::vector<u8> save(u32 at, std::size_t bytes) {
    std::vector<u8> saved;
    for (; saved.size() < bytes; ++at) saved.push_back(page(at & ~page_mask, false)[at & page_mask]);
    return saved;
  }

 private:
  using Page = std::array<u8, page_size>;
  std::map<u32, std::unique_ptr<Page>> pages_;
};

class InstructionClock : public Clock {
 public:
  u64 ticks(u64 instructions) override { return instructions / 16; }
};

std::vector<u8> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t result_bytes(std::size_t count) { return header_bytes + count * sizeof(SystemResult); }

std::vector<SystemResult> run_ours(const CpuModel& model, EngineKind kind,
                                   std::span<const SystemCase> cases) {
  Ram ram;
  ram.load(0, read_file(QUINCE_SYSTEM_IMAGE));
  ram.load(cases_address, encode(cases));
  Mmu mmu(ram);
  InstructionClock clock;
  Cpu cpu(model, mmu, ram, clock);
  const auto engine = make_engine(kind, cpu, ExceptionHandling::deliver);
  cpu.state.pc = image_entry;
  const u64 enough = 1000 + 200 * u64{cases.size()};  // a case takes about a hundred instructions
  while (cpu.retired < enough) {
    cpu.limit = enough;  // writing DEC asks for attention
    engine->run();
  }
  return decode_results(ram.save(results_address, result_bytes(cases.size())), cases.size());
}

// --- QEMU's ---

class Folder {
 public:
  Folder() : path(fs::temp_directory_path() / ("quince-system-" + std::to_string(getpid()))) {
    fs::create_directory(path);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path path;
};

// Has the monitor save the results again and again until the guest has marked them as complete.
std::vector<SystemResult> run_qemu(const CpuModel& model, std::span<const SystemCase> cases) {
  const Folder folder;
  const auto encoded = encode(cases);
  std::ofstream(folder.path / "cases", std::ios::binary)
      .write(reinterpret_cast<const char*>(encoded.data()), static_cast<std::streamsize>(encoded.size()));
  const std::string at = std::to_string(results_address), bytes = std::to_string(result_bytes(cases.size()));
  const std::string command =
      "cd '" + folder.path.string() + "' && " +
      "{ n=0; until [ $n = 300 ] || head -c 4 results 2>/dev/null | grep -q DONE; do n=$((n+1)); sleep 0.2; "
      "echo pmemsave " +
      at + " " + bytes + " results; done; echo quit; } | " QUINCE_QEMU_SYSTEM " -M g3beige -cpu " +
      std::string(model.name) +
      " -m 256 -vga none -display none -serial none -monitor stdio -net none"
      " -device loader,file=" QUINCE_SYSTEM_IMAGE
      ",addr=0,force-raw=on"
      " -device loader,file=cases,addr=" +
      std::to_string(cases_address) +
      ",force-raw=on"
      " -device loader,addr=" +
      std::to_string(image_entry) + ",cpu-num=0 > log 2>&1";
  if (std::system(command.c_str()) != 0) return {};
  return decode_results(read_file(folder.path / "results"), cases.size());
}

std::string describe(const SystemCase& c) {
  std::ostringstream out;
  out << std::hex << "instruction " << c.instruction << " start " << c.start << " msr " << c.msr << " ea "
      << c.ea << "\n segment " << c.segment << " ibat " << c.ibat_upper << ' ' << c.ibat_lower << " dbat "
      << c.dbat_upper << ' ' << c.dbat_lower << "\n sdr1 " << c.sdr1 << " entry at " << c.entry_address
      << ": " << c.entry_word0 << ' ' << c.entry_word1 << " target " << c.target << ": " << c.target_word0;
  return out.str();
}

std::string describe(const SystemResult& r) {
  std::ostringstream out;
  out << std::hex << "vector " << r.vector << " srr0 " << r.srr0 << " srr1 " << r.srr1 << " msr "
      << r.handler_msr << " dsisr " << r.dsisr << " dar " << r.dar << " r4 " << r.value << " target "
      << r.target_word0 << " entry " << r.entry_word1;
  return out.str();
}

// DAR after a refused icbi is any address in the block (PEM 6.4.3); QEMU takes the first. QEMU keeps the bits
// of XER that the processors do not have.
SystemResult comparable(const SystemCase& c, SystemResult r) {
  if (c.instruction == icbi && r.vector == 0x300) r.dar &= ~31u;
  if (c.instruction == mfxer) r.value &= 0xe000'ff7f;
  return r;
}

u32 setting(const char* name, u32 usual) {
  const char* given = std::getenv(name);
  return given ? static_cast<u32>(std::strtoul(given, nullptr, 10)) : usual;
}

class System : public testing::TestWithParam<const CpuModel*> {};
INSTANTIATE_TEST_SUITE_P(Models, System, testing::ValuesIn(cpu_models),
                         [](const auto& model) { return std::string(model.param->name); });

void compare(EngineKind kind, std::span<const SystemCase> cases, std::span<const SystemResult> ours,
             std::span<const SystemResult> theirs) {
  ASSERT_EQ(ours.size(), cases.size()) << "the program did not finish in the " << name_of(kind);
  unsigned differences = 0;
  for (std::size_t n = 0; n < cases.size(); ++n) {
    if (comparable(cases[n], ours[n]) == comparable(cases[n], theirs[n])) continue;
    if (++differences <= 20) {
      ADD_FAILURE() << name_of(kind) << ", case " << n << ": " << describe(cases[n])
                    << "\n ours: " << describe(ours[n]) << "\n QEMU: " << describe(theirs[n]);
    }
  }
  EXPECT_EQ(differences, 0u);
}

TEST_P(System, AgreesWithQemu) {
  const auto cases = make_cases(setting("QUINCE_SYSTEM_CASES", 20'000), setting("QUINCE_SYSTEM_SEED", 750));
  const auto theirs = run_qemu(*GetParam(), cases);
  ASSERT_EQ(theirs.size(), cases.size()) << "the program did not finish in QEMU";
  std::map<u32, unsigned> by_vector;
  for (const SystemResult& result : theirs) ++by_vector[result.vector];
  for (const u32 vector : {0x300u, 0x400u, 0x700u, 0x800u, 0xc00u}) {
    EXPECT_GE(by_vector[vector], cases.size() / 200)
        << std::hex << vector << " occurs too rarely to prove anything";
  }
  for (const EngineKind kind : engine_kinds) compare(kind, cases, run_ours(*GetParam(), kind, cases), theirs);
}

}  // namespace
}  // namespace quince::test
