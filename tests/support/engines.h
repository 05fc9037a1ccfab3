// The engines as tests take them: by kind, for any processor.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

#include "guest-ppc/engine.h"
#include "guest-ppc/types.h"
#include "translator/parts.h"

namespace quince::test {

// translator: of everything at once; patient: interpreting code the first two times.
enum class EngineKind : ppc::u8 { interpreter, translator, patient };
// What most tests compare with their oracles.
inline constexpr std::array engine_kinds{EngineKind::interpreter, EngineKind::translator};

constexpr const char* name_of(EngineKind kind) {
  constexpr std::array names{"interpreter", "translator", "patient"};
  return names[static_cast<std::size_t>(kind)];
}

// Ends the test program where the host lacks what the translator needs.
std::unique_ptr<ppc::Engine> make_engine(EngineKind kind, ppc::Cpu& cpu, ppc::ExceptionHandling handling,
                                         std::size_t code_cache_bytes = 16u << 20,
                                         translator::JitParts off = {});

// The same as a value, for whoever has a processor but knows no engines.
using EngineMaker = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&, ppc::ExceptionHandling)>;
EngineMaker maker_of(EngineKind kind);

}  // namespace quince::test
