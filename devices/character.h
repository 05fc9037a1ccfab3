// The host's end of a serial line.
#pragma once

#include <functional>
#include <optional>

#include "devices/types.h"

namespace quince::devices {

// All functions are called on the processor's thread, and so is on_input.
class CharacterBackend {
 public:
  virtual ~CharacterBackend() = default;
  // To the host. If nobody takes it, it is lost, as on a line without flow control.
  virtual void write(u8 byte) = 0;
  // From the host: the next byte, if there is one.
  virtual std::optional<u8> read() = 0;
  // Called when read() may give something again after it gave nothing.
  std::function<void()> on_input;
};

class NullCharacter final : public CharacterBackend {
 public:
  void write(u8) override {}
  std::optional<u8> read() override { return std::nullopt; }
};

}  // namespace quince::devices
