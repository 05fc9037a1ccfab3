#include "devices/ata_identity.h"

namespace quince::devices {

bool ata_transfer_mode::is_supported(u8 mode) {
  const u8 number = mode & static_cast<u8>(~kind_mask);
  switch (mode & kind_mask) {
    case pio_default: return number <= 1;
    case pio: return number <= most_pio;
    case multiword_dma: return number <= most_multiword_dma;
    case ultra_dma: return number <= most_ultra_dma;
    default: return false;
  }
}

AtaIdentity& AtaIdentity::word(unsigned index, u64 value) {
  bytes_[2 * index] = static_cast<u8>(value);
  bytes_[2 * index + 1] = static_cast<u8>(value >> 8);
  return *this;
}

AtaIdentity& AtaIdentity::double_word(unsigned index, u64 value) {
  return word(index, value).word(index + 1, value >> 16);
}

AtaIdentity& AtaIdentity::text(unsigned index, unsigned length, std::string_view text) {
  for (unsigned n = 0; n < length; ++n)
    bytes_[2 * index + (n ^ 1)] = n < text.size() ? static_cast<u8>(text[n]) : ' ';
  return *this;
}

AtaIdentity& AtaIdentity::transfer_modes(u8 active) {
  using namespace ata_transfer_mode;
  const auto up_to = [](unsigned highest) { return (2U << highest) - 1; };
  const auto selected = [active](u8 kind) {
    return (active & kind_mask) == kind ? 0x100U << (active & static_cast<u8>(~kind_mask)) : 0;
  };
  constexpr unsigned fastest_cycle_ns = 120;
  word(62, up_to(most_multiword_dma));  // single-word DMA, of old
  word(63, up_to(most_multiword_dma) | selected(multiword_dma));
  word(64, 0x0003);  // PIO modes 3 and 4
  for (unsigned index = 65; index <= 68; ++index) word(index, fastest_cycle_ns);
  return word(88, up_to(most_ultra_dma) | selected(ultra_dma));
}

}  // namespace quince::devices
