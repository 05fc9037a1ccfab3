#include "devices/nvram.h"

#include <algorithm>
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
  u32 at = header_bytes;
  for (const std::string& variable : variables) {
    if (variable.size() + 2 > environment_bytes - at) continue;
    std::copy(variable.begin(), variable.end(), contents.begin() + at);
    at += static_cast<u32>(variable.size()) + 1;
  }
  put_header(contents, environment_bytes, signature_free, half - environment_bytes, "free");
  put_header(contents, half, signature_osx, half, "wwwwwwwwwwww");
  put_word(contents, osx_generation_at, 2);
  put_word(contents, osx_checksum_at, adler32(&contents[osx_generation_at], Nvram::size - osx_generation_at));
  return contents;
}

}  // namespace quince::devices
