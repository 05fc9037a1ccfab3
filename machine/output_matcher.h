// A serial line that is listened to: --until.
#pragma once

#include <functional>
#include <string>

#include "devices/character.h"

namespace quince::machine {

class OutputMatcher final : public devices::CharacterBackend {
 public:
  // on_match is called after the character that completes `text` has gone to `host`. An empty text never
  // matches.
  OutputMatcher(devices::CharacterBackend& host, std::string text, std::function<void()> on_match);
  void write(devices::u8 byte) override;
  std::optional<devices::u8> read() override { return host_.read(); }

 private:
  devices::CharacterBackend& host_;
  std::string text_;
  std::function<void()> on_match_;
  std::string recent_;  // the last characters, not more than text_ has
};

}  // namespace quince::machine
