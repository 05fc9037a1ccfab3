#include "machine/output_matcher.h"

#include <utility>

namespace quince::machine {

OutputMatcher::OutputMatcher(devices::CharacterBackend& host, std::string text,
                             std::function<void()> on_match)
    : host_(host), text_(std::move(text)), on_match_(std::move(on_match)) {
  host_.on_input = [this] {
    if (on_input) on_input();
  };
}

void OutputMatcher::write(devices::u8 byte) {
  host_.write(byte);
  if (text_.empty()) return;
  recent_.push_back(static_cast<char>(byte));
  if (recent_.size() > text_.size()) recent_.erase(recent_.begin());
  if (recent_ == text_) on_match_();
}

}  // namespace quince::machine
