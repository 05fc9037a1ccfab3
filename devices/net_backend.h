// The host's end of a network cable.
#pragma once

#include <functional>
#include <span>

#include "devices/types.h"

namespace quince::devices {

// Frames are Ethernet frames without preamble and checksum: 14 to 1518 bytes (with a VLAN tag). All functions
// are called on the processor's thread, and so is on_receive.
class NetBackend {
 public:
  virtual ~NetBackend() = default;
  // From the guest. If nobody takes it, it is lost, as on a wire.
  virtual void send(std::span<const u8> frame) = 0;
  // To the guest. A card without room for it loses it.
  std::function<void(std::span<const u8> frame)> on_receive;
};

// A cable that is not plugged in.
class NullNetwork final : public NetBackend {
 public:
  void send(std::span<const u8>) override {}
};

}  // namespace quince::devices
