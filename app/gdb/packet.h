// The framing of GDB's remote serial protocol (GDB manual, appendix E.1 "Overview"): $data#checksum, with
// acknowledgements, escapes and an interrupt byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quince::app::gdb {

// A packet with this payload, ready to be sent.
std::string frame(std::string_view payload);

// Finds packets in a stream of bytes.
class PacketReader {
 public:
  struct Event {
    enum class Kind : std::uint8_t { packet, damaged, interrupt, acknowledged, refused };
    Kind kind;
    std::string payload = {};  // of a packet, escapes resolved
  };
  // GDB is told of it; a longer packet is damaged.
  static constexpr std::size_t longest_packet = 0x4000;

  std::vector<Event> feed(std::string_view bytes);

 private:
  enum class Where : std::uint8_t { outside, payload, first_digit, second_digit };
  std::optional<Event> next(char c);

  Where where_ = Where::outside;
  std::string text_;
  char digit_ = 0;
};

// --- Numbers in payloads ---
std::string to_hex(std::span<const std::uint8_t> bytes);
// Nothing: an odd number of digits, or something else than digits.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view digits);
// Takes a hexadecimal number off the front; nothing (and the text unchanged) if there is none or it has more
// than 32 bits.
std::optional<std::uint32_t> take_number(std::string_view& text);
// Takes this off the front if it is there.
bool take(std::string_view& text, std::string_view wanted);

}  // namespace quince::app::gdb
