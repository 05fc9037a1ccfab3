// --engine: which one executes guest code.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "guest-ppc/engine.h"

namespace quince::app {

using EngineFactory = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&)>;

inline constexpr const char* default_engine = "interpreter";

// name: "interpreter" or "jit".
EngineFactory engine_factory(const std::string& name, ppc::ExceptionHandling handling);

}  // namespace quince::app
