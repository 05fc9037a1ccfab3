// What a monitor says of itself (VESA Enhanced EDID Standard 1.4).
#pragma once

#include <array>

#include "devices/types.h"

namespace quince::devices {

using Edid = std::array<u8, 128>;

// A monitor for 800 by 600 that also takes 640 by 480 to 1920 by 1200, at 60 Hz.
Edid make_edid();

}  // namespace quince::devices
