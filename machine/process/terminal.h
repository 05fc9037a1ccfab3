// Terminal settings: PowerPC numbers its flags, characters and requests its own way (asm/termbits.h,
// ioctls.h).
#pragma once

#include <array>

#include "machine/process/big_endian.h"

namespace quince::machine::process {

struct GuestTermios {
  be32 input, output, control, local;
  std::array<u8, 19> characters;
  u8 line;
  be32 input_speed, output_speed;
};
static_assert(sizeof(GuestTermios) == 44);

struct HostTermios {  // the host kernel's, which is not the C library's
  u32 input, output, control, local;
  u8 line;
  std::array<u8, 19> characters;
};
static_assert(sizeof(HostTermios) == 36);

GuestTermios to_guest(const HostTermios& host);
HostTermios to_host(const GuestTermios& guest);

}  // namespace quince::machine::process
