#include "devices/nvram.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace quince::devices {

namespace {

constexpr u32 header_bytes = 16, name_bytes = 12, unit = 16;  // lengths in headers count units
constexpr u32 environment_bytes = 0xc10;
constexpr u32 half = 0x1000;  // firmware's half, then Mac OS X's
constexpr u8 signature_system = 0x70, signature_free = 0x7f, signature_osx = 0x5a;
constexpr u32 osx_checksum_at = half + 16, osx_generation_at = half + 20;

void put_word(Nvram::Contents& contents, u32 at, u32 value) {
  for (u32 n = 0; n < 4; ++n) contents[at + n] = static_cast<u8>(value >> (24 - 8 * n));
}

// The sum of all header bytes but the checksum itself, carries added in again.
u8 header_checksum(const u8* header) {
  u32 sum = header[0];
  for (u32 n = 2; n < header_bytes; ++n) {
    sum += header[n];
    sum = (sum & 0xff) + (sum >> 8);
  }
  return static_cast<u8>(sum);
}

void put_header(Nvram::Contents& contents, u32 at, u8 signature, u32 bytes, std::string_view name) {
  contents[at] = signature;
  contents[at + 2] = static_cast<u8>(bytes / unit >> 8);
  contents[at + 3] = static_cast<u8>(bytes / unit);
  std::copy_n(name.begin(), std::min<std::size_t>(name.size(), name_bytes), contents.begin() + at + 4);
  contents[at + 1] = header_checksum(&contents[at]);
}

u32 adler32(const u8* bytes, u32 count) {
  constexpr u32 prime = 65521;
  u32 a = 1, b = 0;
  for (u32 n = 0; n < count; ++n) {
    a = (a + bytes[n]) % prime;
    b = (b + a) % prime;
  }
  return b << 16 | a;
}

u32 partition_bytes(const Nvram::Contents& contents, u32 at) {
  return (u32{contents[at + 2]} << 8 | contents[at + 3]) * unit;
}

// Variables, each ended by a zero; an empty one ends them all.
std::vector<std::string> read_variables(std::span<const u8> area) {
  std::vector<std::string> variables;
  for (auto at = area.begin(); at != area.end() && *at != 0;) {
    const auto end = std::find(at, area.end(), u8{0});
    variables.emplace_back(at, end);
    at = end == area.end() ? end : end + 1;
  }
  return variables;
}

// Those that fit, and zeros.
void write_variables(std::span<u8> area, const std::vector<std::string>& variables) {
  std::fill(area.begin(), area.end(), u8{0});
  std::size_t at = 0;
  for (const std::string& variable : variables) {
    if (variable.size() + 2 > area.size() - at) continue;
    std::copy(variable.begin(), variable.end(), area.begin() + static_cast<std::ptrdiff_t>(at));
    at += variable.size() + 1;
  }
}

}  // namespace

u64 Nvram::read(u32 offset, unsigned bytes) {
  return bytes == 1 && offset < window_bytes ? contents[offset / stride] : 0;
}

void Nvram::write(u32 offset, unsigned bytes, u64 value) {
  if (bytes != 1 || offset >= window_bytes) return;
  u8& cell = contents[offset / stride];
  if (cell == static_cast<u8>(value)) return;
  cell = static_cast<u8>(value);
  if (on_change) on_change(offset / stride, cell);
}

Nvram::Contents fresh_nvram(const std::vector<std::string>& variables) {
  Nvram::Contents contents{};
  put_header(contents, 0, signature_system, environment_bytes, "system");
  write_variables(std::span(contents).subspan(header_bytes, environment_bytes - header_bytes), variables);
  put_header(contents, environment_bytes, signature_free, half - environment_bytes, "free");
  put_header(contents, half, signature_osx, half, "wwwwwwwwwwww");
  put_word(contents, osx_generation_at, 2);
  put_word(contents, osx_checksum_at, adler32(&contents[osx_generation_at], Nvram::size - osx_generation_at));
  return contents;
}

void set_nvram_variable(Nvram::Contents& contents, std::string_view name, std::string_view value) {
  const std::string assignment = std::string(name) + "=";
  for (u32 at = 0; at + header_bytes <= contents.size();) {
    const u32 bytes = partition_bytes(contents, at);
    if (bytes < header_bytes || bytes > contents.size() - at) return;
    if (contents[at] == signature_system) {
      const auto area = std::span(contents).subspan(at + header_bytes, bytes - header_bytes);
      std::vector<std::string> variables = read_variables(area);
      std::erase_if(variables, [&](const std::string& variable) { return variable.starts_with(assignment); });
      variables.insert(variables.begin(), assignment + std::string(value));
      return write_variables(area, variables);
    }
    at += bytes;
  }
}

}  // namespace quince::devices
