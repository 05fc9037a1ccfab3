// Which system calls are left to the process once the guest runs: a filter in the kernel (seccomp), for all
// threads and all that they start, that nothing takes away again.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace quince::app {

enum class Calls : unsigned char {
  machine,      // `run`: works on what is open; opens nothing, starts nothing but threads
  with_window,  // and what SDL and the host's graphics need
  program,      // `exec`: files as far as Landlock lets it, child processes; no sockets but pairs
  networked,    // and sockets
};

// Stands for the process's number in the filters that make_filters writes; no process has it.
inline constexpr std::uint32_t own_process = 0x5ec0'0fed;

// The error says why the kernel does not do it. A call that a machine has no use for is named on standard
// error, once, since it is a defect of ours or worse; it fails with EPERM. A program's fail quietly.
tl::expected<void, std::string> limit_calls(Calls calls);

}  // namespace quince::app
