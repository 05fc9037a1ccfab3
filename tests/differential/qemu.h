// The guest program under qemu-ppc, as a function from cases to the states after them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/differential/program.h"

namespace quince::differential {

class Qemu {
 public:
  Qemu(std::string emulator, std::string program, const std::string& cpu, bool altivec);
  ~Qemu();
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  // Cases in order, at most LAYOUT_SLOTS: the one at n runs in slot n. While they run the caller may do other
  // things.
  void send(std::span<const Case> cases);
  // The answer to the last send(). Nothing if the emulator or the program in it ended instead: it has been
  // started anew.
  std::optional<std::vector<State>> receive();

 private:
  void start();
  void stop();
  bool answers() const;

  std::string emulator_, program_, cpu_;
  bool altivec_;
  std::size_t sent_ = 0;
  bool write_failed_ = false;
  pid_t child_ = -1;
  int to_child_ = -1, from_child_ = -1;
};

}  // namespace quince::differential
