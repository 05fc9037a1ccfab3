// The board `process`: runs one statically linked 32-bit PowerPC program as Linux would.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "guest-ppc/cpu_model.h"
#include "guest-ppc/engine.h"
#include "machine/error.h"

namespace quince::machine {

enum class ClockKind { real, instructions };

// Makes the engine for a processor, with ExceptionHandling::stop. Called again in each process that the guest
// forks.
using EngineFactory = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&)>;

struct ExecOptions {
  std::string path;                      // ELF file, or a script whose #! line names one
  std::vector<std::string> arguments;    // argv[0] is the first; if empty, argv is {path}
  std::vector<std::string> environment;  // "NAME=value"
  const ppc::CpuModel* cpu = &ppc::cpu_750;
  EngineFactory engine;
  double timeout_seconds = 0;  // of host time; 0: none
  ClockKind clock = ClockKind::real;
  // Called before the first instruction, with the file that is executed: nothing of the host is opened any
  // more but for the guest. The error is why it must not start.
  std::function<tl::expected<void, Error>(const std::string& program)> starting;
  // The host has refused (EACCES) to open this for the guest; empty: a socket.
  std::function<void(const std::string& path)> on_refusal;
  // Called once when the program has ended, in the process that called run_process: for --stats.
  std::function<void(const ppc::Cpu&, const ppc::Engine&)> finished;
};

// The program's own exit status (128+N if signal N ended it, 124 if the timeout did), or why it did not
// start. Takes over the host process's signal handling for the time of the run. Programs that the guest forks
// run in forked host processes; those never return from here.
tl::expected<int, Error> run_process(const ExecOptions& options);

}  // namespace quince::machine
