// A guest that writes anything anywhere: every chip of the board survives it.
#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "guest-ppc/interpreter.h"
#include "machine/beige_g3.h"
#include "tests/machine/files.h"

namespace quince::machine {
namespace {

class HostileGuest : public ::testing::TestWithParam<unsigned> {
 protected:
  HostileGuest() {
    options.clock = VirtualClock::Kind::instructions;
    options.firmware = folder.put("rom", std::string(4 << 20, '\0'));
    options.disks = {{.path = folder.put("disk", std::string(1 << 20, 'd'))}};
    options.cd = folder.put("cd", std::string(1 << 20, 'c'));
    const auto loaded = board.load();
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    std::ignore = board.reset();
    assign_addresses();
  }
  static std::unique_ptr<ppc::Engine> make_engine(ppc::Cpu& cpu) {
    return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::deliver);
  }
  void config(u32 slot, u32 reg, u32 value) {
    core.bus.write(0xfec0'0000, 4, __builtin_bswap32(0x8000'0000 | slot << 11 | reg));
    core.bus.write(0xfee0'0000, 4, __builtin_bswap32(value));
  }
  void assign_addresses() {
    config(1, 0x10, 0x8000'0000);  // display
    config(1, 0x18, 0x8100'0000);
    config(2, 0x10, 0x1000);  // network
    config(16, 0x10, mac_io);
    for (const u32 slot : {0u, 1u, 2u, 16u}) config(slot, 0x04, 7);
  }
  u32 number(u32 below) { return std::uniform_int_distribution<u32>(0, below - 1)(random); }

  // An address that some chip answers, rather at the start of its windows, where the registers are.
  u32 address() {
    static constexpr struct {
      u32 base, bytes;
    } windows[] = {
        {mac_io, 0x8'0000},        {mac_io + 0x10, 0x30},       {mac_io + 0x8b00, 0x40},
        {mac_io + 0x8d00, 0x40},   {mac_io + 0x1'0000, 0x100},  {mac_io + 0x1'2000, 0x10},
        {mac_io + 0x1'3000, 0x40}, {mac_io + 0x1'6000, 0x2000}, {mac_io + 0x2'0000, 0x90},
        {mac_io + 0x2'1000, 0x90}, {mac_io + 0x2'0160, 0x10},   {mac_io + 0x6'0000, 0x2'0000},
        {0x8000'0000, 0x100'0000}, {0x8100'0000, 0x1000},       {0x8100'0400, 0x210},
        {0xf000'0510, 3},          {0xfe00'1000, 0x100},        {0xfe00'01ce, 4},
        {0xfe00'03b4, 0x30},       {0xfe00'0000, 0x20'0000},    {0xffc0'0000, 0x40'0000},
    };
    const auto& window = windows[number(std::size(windows))];
    return window.base + number(window.bytes);
  }
  u64 value() {
    static constexpr u64 favourites[] = {0,    1,    2,    0x10, 0x80,        0xa0,   0xa1,
                                         0xc8, 0xca, 0xec, 0xff, 0x8000'8000, ~u64{0}};
    return number(2) ? favourites[number(std::size(favourites))] : (u64{random()} << 32 | random());
  }

  static constexpr u32 mac_io = 0x8108'0000;
  std::mt19937 random{GetParam()};
  test::Folder folder;
  MachineOptions options;
  Core core{ppc::cpu_750, 1 << 20, VirtualClock::Kind::instructions, BeigeG3::timebase_hertz, make_engine};
  RunLoop loop{core, 0};
  devices::NullCharacter serial_a, serial_b;
  BeigeG3 board{options, core, loop, serial_a, serial_b};
};

TEST_P(HostileGuest, AnythingAnywhere) {
  constexpr int accesses = 200'000;
  for (int n = 0; n < accesses; ++n) {
    const u32 at = address();
    const unsigned room = ppc::page_size - (at & ppc::page_mask);
    unsigned bytes = 1u << number(4);
    while (bytes > room) bytes /= 2;
    if (number(3) == 0)
      core.bus.read(at, bytes);
    else
      core.bus.write(at, bytes, value());
    if (number(8) == 0) {
      core.clock.idle(0, core.scheduler.now() + number(100'000));
      core.scheduler.run_due();
    }
    if (number(5000) == 0) std::ignore = board.reset();
    if (number(500) == 0) assign_addresses();
    if (number(1000) == 0) config(number(32), number(64) * 4, static_cast<u32>(value()));
  }
  // It still is a machine.
  std::ignore = board.reset();
  assign_addresses();
  config(1, 0x3c, 0x55);
  EXPECT_EQ(core.bus.read(0xfee0'0000, 1), 0x55u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HostileGuest, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace quince::machine
