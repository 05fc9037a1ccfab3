// An NE2000 Ethernet card on PCI, as Realtek's RTL8029AS is one: a DP8390 network controller, 32 KiB of
// packet memory, and a data port through which the guest moves every word itself (National Semiconductor,
// DP8390D data sheet; Realtek, RTL8029AS data sheet).
#pragma once

#include <array>
#include <span>

#include "devices/net_backend.h"
#include "devices/pci.h"

namespace quince::devices {

using MacAddress = std::array<u8, 6>;

class Ne2000 final : public PciDevice, private LittleEndianDevice {
 public:
  static constexpr u32 window_bytes = 256;

  // Both outlive the card. The network's on_receive becomes the card's.
  Ne2000(NetBackend& network, const MacAddress& address);
  void reset() override;

 private:
  static constexpr u32 packet_memory = 0x4000, packet_memory_end = 0xc000;  // of the card's address space
  static constexpr u32 page_bytes = 256;

  u64 read_le(u32 offset, unsigned bytes) override;
  void write_le(u32 offset, unsigned bytes, u64 value) override;
  u8 read_register(u32 number);
  u8 read_page_0(u32 number);
  u8 read_page_2(u32 number) const;
  void write_register(u32 number, u8 value);
  void write_page_0(u32 number, u8 value);
  void write_command(u8 value);

  // The data port.
  unsigned port_width(unsigned bytes) const;
  u64 read_data(unsigned bytes);
  void write_data(unsigned bytes, u64 value);
  void advance();

  u8 read_memory(u32 address) const;
  void write_memory(u32 address, u8 value);
  void transmit();
  void receive(std::span<const u8> frame);
  bool accepts(std::span<const u8> frame) const;
  bool ring_usable() const;
  u32 free_pages() const;
  void store(std::span<const u8> frame);
  void interrupt_for(u8 status);
  void update_interrupt();

  NetBackend& network_;
  std::array<u8, 32> station_prom_{};
  std::array<u8, packet_memory_end - packet_memory> packets_{};

  u8 command_ = 0, interrupt_status_ = 0, interrupt_mask_ = 0;
  u8 data_config_ = 0, receive_config_ = 0, transmit_config_ = 0;
  u8 page_start_ = 0, page_stop_ = 0, boundary_ = 0, current_ = 0;
  u8 transmit_page_ = 0, transmit_status_ = 0, receive_status_ = 0, missed_ = 0;
  u16 transmit_count_ = 0, remote_address_ = 0, remote_count_ = 0;
  MacAddress physical_address_{};
  std::array<u8, 8> multicast_{};
};

}  // namespace quince::devices
