// What a board reports to its caller when it cannot go on.
#pragma once

#include <string>

namespace quince::machine {

// Exit statuses of the program (docs: the command line).
namespace status {
inline constexpr int usage = 2, unusable_image = 3, stuck = 4, timeout = 124, defect = 70, signal_base = 128;
}

struct Error {
  int status;           // one of the above
  std::string message;  // "WHAT: WHY (what to do)", one line without its end
};

}  // namespace quince::machine
