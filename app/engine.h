// --engine and what belongs to it: who executes guest code, and how.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "app/log.h"
#include "guest-ppc/engine.h"
#include "jit-x86/x86_backend.h"
#include "translator/parts.h"

namespace quince::app {

using EngineFactory = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&)>;

inline constexpr const char* default_engine = "jit";

// In bytes. Jumps within generated code reach 2 GiB.
inline constexpr std::size_t least_code_cache = std::size_t{1} << 20, most_code_cache = std::size_t{1} << 30;

struct EngineOptions {
  std::string name = default_engine;  // "interpreter" or "jit"
  std::size_t code_cache = jit::default_code_cache;
  bool perf_map = false, jitdump = false, gdb_jit = false;
  bool profile = false;
  translator::JitParts jit_off;
  LogOptions log;
};

// --jit-off CLASS[,...]
void add_jit_off_option(CLI::App& command, translator::JitParts& off);
// The options that `run` and `exec` share.
void add_engine_options(CLI::App& command, EngineOptions& options);

// The engine can't be had on this host: main() says why.
class NoEngine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Null: nothing is logged. Throws NoEngine.
std::shared_ptr<Log> open_log(const EngineOptions& options, ppc::ExceptionHandling handling);
// Throws NoEngine, and so does what it makes.
EngineFactory engine_factory(const EngineOptions& options, ppc::ExceptionHandling handling,
                             std::shared_ptr<Log> log);

}  // namespace quince::app
