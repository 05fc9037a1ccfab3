// Where a serial line can end on the host: terminal, pseudo terminal, file, socket. Reading happens on a
// thread of its own and waits while the guest has not fetched what was read before.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "devices/character.h"
#include "devices/scheduler.h"

namespace quince::devices {

struct CharacterOptions {
  Scheduler& scheduler;
  // stdio on a terminal only: Ctrl-A X was typed.
  std::function<void()> on_quit;
  // Likewise: Ctrl-A C gives what is typed from then on to this, and back to the guest the next time. Called
  // on a thread of its own; `begins`: just now. Nothing: there is nobody else to talk to.
  std::function<void(std::span<const u8> typed, bool begins)> on_monitor{};
};

// what: stdio, null, pty, file:PATH, unix:PATH (listens; one client at a time). For pty, `name` becomes the
// device to open. The error says why it can't be had. A terminal is put into raw mode and restored by the
// destructor.
tl::expected<std::unique_ptr<CharacterBackend>, std::string> open_character_backend(
    std::string_view what, const CharacterOptions& options, std::string* name = nullptr);

}  // namespace quince::devices
