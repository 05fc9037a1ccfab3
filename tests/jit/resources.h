// What tests that something does not grow measure.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "tests/support/sanitized.h"

namespace quince::jit_test {

using test::sanitized;
// How much slower than an ordinary build on an idle machine this may be.
inline constexpr double patience = sanitized ? 20 : 4;

// Of the time that this process has a processor: other programs run, too.
class Stopwatch {
 public:
  double seconds() const { return now() - started_; }

 private:
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double started_ = now();
};

inline std::size_t resident_bytes() {
  std::size_t pages = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    EXPECT_EQ(std::fscanf(file, "%zu %zu", &pages, &resident), 2);
    std::fclose(file);
  }
  return resident * 4096;
}

// AddressSanitizer keeps freed memory and shadows it, and makes times vary; builds with it measure neither.
inline void expect_resident_below(std::size_t bytes) {
  if (!sanitized) {
    EXPECT_LT(resident_bytes(), bytes);
  }
}

// Of equal pieces of work, the first being a warm-up: the fastest of the last three takes hardly longer than
// the fastest of the three after the first. Minima, because other programs run, too.
inline void expect_no_slowdown(const std::vector<double>& seconds) {
  ASSERT_GE(seconds.size(), 7u);
  if (sanitized) return;
  const double early = *std::min_element(seconds.begin() + 1, seconds.begin() + 4);
  const double late = *std::min_element(seconds.end() - 3, seconds.end());
  EXPECT_LT(late, 1.5 * early + 0.02);
}

}  // namespace quince::jit_test
