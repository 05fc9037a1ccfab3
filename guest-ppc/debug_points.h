// Where a debugger wants the guest to stop. Engines ask about breakpoints only while they decode or
// translate, and memory about watchpoints only on its slow path, so that neither costs anything while there
// are none.
#pragma once

#include <algorithm>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::ppc {

struct Watchpoint {
  u32 first, last;  // effective addresses, both included
  bool read, write;
  bool operator==(const Watchpoint&) const = default;
};

struct DebugPoints {
  std::vector<u32> breakpoints;  // effective addresses of instructions
  std::vector<Watchpoint> watchpoints;
  bool watching = true;  // false: accesses to watched addresses go on as if nobody watched

  bool stops_at(u32 pc) const {
    return std::find(breakpoints.begin(), breakpoints.end(), pc) != breakpoints.end();
  }
  // The watchpoint that an access to [ea, ea + bytes) meets; the range does not wrap.
  const Watchpoint* met(u32 ea, u32 bytes, bool write) const {
    for (const Watchpoint& point : watchpoints) {
      if ((write ? point.write : point.read) && point.first <= ea + (bytes - 1) && ea <= point.last)
        return &point;
    }
    return nullptr;
  }

  bool operator==(const DebugPoints&) const = default;
};

}  // namespace quince::ppc
