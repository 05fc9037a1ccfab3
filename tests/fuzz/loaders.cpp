// Any bytes as a kernel with an initial RAM disk and a command line, as a firmware, and as a program for the
// board `bare`: what is refused is refused in a line, what is loaded is where the loader says.
#include "guest-ppc/interpreter.h"
#include "machine/bare.h"
#include "machine/firmware.h"
#include "machine/kernel_loader.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace quince;           // NOLINT(google-build-using-namespace)
using namespace quince::machine;  // NOLINT(google-build-using-namespace)
using fuzz::require;

void load_as_kernel(fuzz::Bytes& in) {
  static std::vector<ppc::u8> ram(24u << 20);
  const std::string command_line(in.u16() % 5000, 'x');
  const auto initrd = in.take(in.u8());
  const fuzz::MemoryFile disk(initrd), kernel(in.take(in.size()));
  const auto files = KernelFiles::open(kernel.path(), initrd.empty() ? "" : disk.path());
  if (!files) return fuzz::require_line(files.error().message);
  const auto loaded = preload_kernel(*files, command_line, std::span(ram));
  if (!loaded) return fuzz::require_line(loaded.error().message);
  const auto inside = [](u64 address, u64 bytes) { return address + bytes <= ram.size(); };
  require(inside(loaded->kernel_address, loaded->kernel_size), "the kernel is not in RAM");
  require(inside(loaded->initrd_address, loaded->initrd_size), "the RAM disk is not in RAM");
  require(loaded->initrd_size == initrd.size(), "the RAM disk has another size");
  require(inside(loaded->command_line_address, command_line.size() + 1), "the command line is not in RAM");
}

void load_as_firmware(fuzz::Bytes& in) {
  static std::vector<ppc::u8> rom(rom_bytes);
  const fuzz::MemoryFile file(in.take(in.size()));
  const auto loaded = load_firmware(file.path(), std::span(rom));
  if (!loaded) fuzz::require_line(loaded.error().message);
}

void load_as_program(fuzz::Bytes& in) {
  const fuzz::MemoryFile file(in.take(in.size()));
  MachineOptions options;
  options.image = file.path();
  Core core(ppc::cpu_750, 1u << 20, VirtualClock::Kind::instructions, Bare::timebase_hertz,
            [](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu); });
  RunLoop loop(core, 0);
  devices::NullCharacter console;
  Bare board(options, core, loop, console);
  const auto loaded = board.load();
  if (!loaded) fuzz::require_line(loaded.error().message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  switch (in.below(3)) {
    case 0: load_as_kernel(in); break;
    case 1: load_as_firmware(in); break;
    default: load_as_program(in); break;
  }
  return 0;
}
