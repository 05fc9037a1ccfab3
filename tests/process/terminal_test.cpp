#include "machine/process/terminal.h"

#include <asm/termbits.h>
#include <gtest/gtest.h>

namespace quince::machine::process {
namespace {

TEST(Terminal, OrdinarySettings) {
  HostTermios host{};
  host.input = ICRNL | IXON | IUTF8, host.output = OPOST | ONLCR;
  host.control = B38400 | CS8 | CREAD,
  host.local = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN | ECHOCTL | ECHOKE;
  host.characters[VMIN] = 1, host.characters[VTIME] = 7, host.characters[VINTR] = 3,
  host.characters[VEOF] = 4;
  const GuestTermios guest = to_guest(host);
  EXPECT_EQ(u32{guest.input}, 0x0100u | 0x0200 | 0x4000);
  EXPECT_EQ(u32{guest.output}, 0x0001u | 0x0002);
  EXPECT_EQ(u32{guest.control}, 0x0fu | 0x300 | 0x800);
  EXPECT_EQ(u32{guest.local}, 0x80u | 0x100 | 0x8 | 0x2 | 0x4 | 0x400 | 0x40 | 0x1);
  EXPECT_EQ(guest.characters[5], 1) << "VMIN";
  EXPECT_EQ(guest.characters[7], 7) << "VTIME";
  EXPECT_EQ(u32{guest.output_speed}, 15u);
}

TEST(Terminal, EveryFlagComesBack) {
  for (u32 bit = 0; bit < 32; ++bit) {
    HostTermios host{};
    // Flags that both have; delays and speeds are values, tested below.
    host.input = u32{1} << bit & 0x7fff, host.local = u32{1} << bit & 0x1dfff & ~0x2000u;
    const HostTermios back = to_host(to_guest(host));
    EXPECT_EQ(back.input, host.input) << bit;
    EXPECT_EQ(back.local, host.local) << bit;
  }
  for (const u32 control : {B0, B50, B9600, B38400, B57600, B115200, B4000000}) {
    for (const u32 size : {CS5, CS6, CS7, CS8}) {
      HostTermios host{};
      host.control = control | size | PARENB;
      EXPECT_EQ(to_host(to_guest(host)).control, host.control);
    }
  }
  for (const u32 output : {TAB1, TAB2, TAB3, CR1, CR3, NL1, FF1, BS1, VT1, OLCUC, ONLCR}) {
    HostTermios host{};
    host.output = output;
    EXPECT_EQ(to_host(to_guest(host)).output, output);
  }
}

}  // namespace
}  // namespace quince::machine::process
