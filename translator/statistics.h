// What the translator has done so far. Counted where control has left generated code anyway, so that counting
// costs the guest nothing.
#pragma once

#include <array>
#include <chrono>

#include "translator/runtime.h"

namespace quince::translator {

// The host's time stamp counter: a few nanoseconds to read. What a tick is follows from the ticks since this
// object exists.
class TickClock {
 public:
  static u64 now() { return __builtin_ia32_rdtsc(); }
  double seconds(u64 ticks) const {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - started_;
    const u64 passed = now() - first_;
    return passed == 0 ? 0 : static_cast<double>(ticks) * since.count() / static_cast<double>(passed);
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  u64 first_ = now();
};

struct TierStatistics {
  u64 blocks_translated = 0;
  u64 guest_instructions_translated = 0;
  u64 host_bytes_emitted = 0;
  u64 translate_ticks = 0;
};

struct Statistics {
  TierStatistics tier1;
  u64 invalidations = 0;  // writes to a page that holds translated code, near it
  u64 blocks_invalidated = 0;
  u64 evictions = 0;  // chunks of the code cache given up
  u64 blocks_evicted = 0;
  u64 links = 0;                          // jumps from block to block made direct
  u64 lookups = 0;                        // in the table of all translations
  std::array<u64, exit_reasons> exits{};  // of generated code to the run loop, by ExitReason
};

}  // namespace quince::translator
