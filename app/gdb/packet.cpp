#include "app/gdb/packet.h"

#include <numeric>

namespace quince::app::gdb {

namespace {

constexpr char start = '$', end = '#', escape = '}', repeat = '*', interrupt = 3;
constexpr char escape_bit = 0x20;
constexpr std::string_view digits = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint8_t checksum(std::string_view text) {
  return std::accumulate(text.begin(), text.end(), std::uint8_t{0}, [](std::uint8_t sum, char c) {
    return static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(c));
  });
}

std::string without_escapes(std::string_view text) {
  std::string result;
  for (std::size_t n = 0; n < text.size(); ++n) {
    const bool escaped = text[n] == escape && n + 1 < text.size();
    result.push_back(escaped ? static_cast<char>(text[++n] ^ escape_bit) : text[n]);
  }
  return result;
}

}  // namespace

std::string frame(std::string_view payload) {
  std::string text;
  for (const char c : payload) {
    if (c == start || c == end || c == escape || c == repeat) {
      text.push_back(escape);
      text.push_back(static_cast<char>(c ^ escape_bit));
    } else {
      text.push_back(c);
    }
  }
  const std::uint8_t sum = checksum(text);
  return start + text + end + digits[sum >> 4] + digits[sum & 15];
}

std::vector<PacketReader::Event> PacketReader::feed(std::string_view bytes) {
  std::vector<Event> events;
  for (const char c : bytes) {
    if (auto event = next(c)) events.push_back(std::move(*event));
  }
  return events;
}

std::optional<PacketReader::Event> PacketReader::next(char c) {
  using Kind = Event::Kind;
  switch (where_) {
    case Where::outside:
      if (c == start) {
        where_ = Where::payload;
        text_.clear();
      }
      if (c == interrupt) return Event{Kind::interrupt};
      if (c == '+') return Event{Kind::acknowledged};
      if (c == '-') return Event{Kind::refused};
      return std::nullopt;
    case Where::payload:
      if (c == end) {
        where_ = Where::first_digit;
      } else if (c == start) {  // the end of the last one got lost
        text_.clear();
      } else if (text_.size() <= longest_packet) {
        text_.push_back(c);
      }
      return std::nullopt;
    case Where::first_digit:
      digit_ = c;
      where_ = Where::second_digit;
      return std::nullopt;
    case Where::second_digit: break;
  }
  where_ = Where::outside;
  const int high = digit_value(digit_), low = digit_value(c);
  const bool right = high >= 0 && low >= 0 && checksum(text_) == high * 16 + low;
  if (!right || text_.size() > longest_packet) return Event{Kind::damaged};
  return Event{Kind::packet, without_escapes(text_)};
}

// --- Numbers ---

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t n = 0; n < text.size(); n += 2) {
    const int high = digit_value(text[n]), low = digit_value(text[n + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t used = 0;
  for (; used < text.size() && digit_value(text[used]) >= 0; ++used) {
    value = value << 4 | static_cast<std::uint64_t>(digit_value(text[used]));
    if (value > 0xffff'ffff) return std::nullopt;
  }
  if (used == 0) return std::nullopt;
  text.remove_prefix(used);
  return static_cast<std::uint32_t>(value);
}

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

}  // namespace quince::app::gdb
