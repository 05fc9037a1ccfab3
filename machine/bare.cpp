#include "machine/bare.h"

#include <algorithm>

#include "machine/elf.h"
#include "machine/file.h"

namespace quince::machine {

namespace {

constexpr unsigned stack_pointer = 1;
constexpr u32 initial_frame = 64;  // bytes: room for a back chain and the caller's link register

tl::unexpected<Error> unusable(const std::string& what, const std::string& why) {
  return tl::unexpected(Error{status::unusable_image, what + ": " + why});
}

}  // namespace

Bare::Bare(const MachineOptions& options, Core& core, RunLoop& loop, devices::CharacterBackend& console)
    : options_(options), core_(core), loop_(loop), console_(console) {
  core_.bus.add_fixed(register_base, window_bytes, *this);
}

tl::expected<void, Error> Bare::load() {
  const auto file = read_file(options_.image, u64{1} << 30);
  if (!file) return tl::unexpected(file.error());
  const auto image = parse_elf(*file);
  if (!image) return unusable(options_.image, image.error());
  const std::span<u8> ram = core_.bus.ram();
  for (const ElfSegment& segment : image->segments) {
    if (u64{segment.physical_address} + segment.memory_bytes > ram.size()) {
      return unusable(options_.image, "does not fit into the guest's memory (give it more with --ram)");
    }
    const auto bytes = std::span(*file).subspan(segment.file_offset, segment.file_bytes);
    std::copy(bytes.begin(), bytes.end(), ram.begin() + segment.physical_address);
  }
  ppc::Cpu& cpu = core_.cpu;
  cpu.state.pc = image->entry;
  cpu.state.gpr[stack_pointer] = static_cast<u32>(ram.size()) - initial_frame;
  cpu.set_msr(ppc::msr::fp | (cpu.model.has_altivec() ? ppc::msr::vec : 0));
  return {};
}

std::vector<DeviceRow> Bare::devices() const {
  return {{"RAM", "processor", 0, static_cast<u32>(core_.bus.ram().size())},
          {"console and exit", "processor", register_base, window_bytes}};
}

u64 Bare::read(u32 offset, unsigned bytes) {
  return offset == console_register && bytes == 1 ? console_.read().value_or(0) : 0;
}

void Bare::write(u32 offset, unsigned bytes, u64 value) {
  if (offset == console_register && bytes == 1) console_.write(static_cast<u8>(value));
  if (offset == exit_register && bytes == 4) loop_.stop(static_cast<int>(value & 0xff));
}

}  // namespace quince::machine
