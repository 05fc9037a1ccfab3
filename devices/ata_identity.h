// The 512 bytes with which drives introduce themselves (ATA/ATAPI-6, IDENTIFY DEVICE and IDENTIFY PACKET
// DEVICE).
#pragma once

#include <string_view>
#include <vector>

#include "devices/types.h"

namespace quince::devices {

// Transfer modes as SET FEATURES numbers them: the kind in the upper bits, the mode in the lower.
namespace ata_transfer_mode {
inline constexpr u8 pio_default = 0x00, pio = 0x08, multiword_dma = 0x20, ultra_dma = 0x40, kind_mask = 0xf8;
inline constexpr u8 most_pio = 4, most_multiword_dma = 2, most_ultra_dma = 5;
inline constexpr u8 default_mode = multiword_dma | most_multiword_dma;
bool is_supported(u8 mode);
}  // namespace ata_transfer_mode

class AtaIdentity {
 public:
  AtaIdentity() : bytes_(512) {}
  // index < 256; values are truncated to 16 bits.
  AtaIdentity& word(unsigned index, u64 value);
  AtaIdentity& double_word(unsigned index, u64 value);
  // Padded with spaces; two characters a word, the first one in the upper half.
  AtaIdentity& text(unsigned index, unsigned length, std::string_view text);
  // Words 62 to 68 and 88: all modes up to the highest ones, and which one is active.
  AtaIdentity& transfer_modes(u8 active);
  const std::vector<u8>& bytes() const { return bytes_; }

 private:
  std::vector<u8> bytes_;
};

}  // namespace quince::devices
