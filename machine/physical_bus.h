// Physical memory of a board: RAM at 0, read-only memory, and devices everywhere else.
#pragma once

#include <span>
#include <vector>

#include "devices/address_map.h"
#include "devices/dma.h"
#include "guest-ppc/cpu.h"

namespace quince::machine {

using ppc::u32;
using ppc::u64;
using ppc::u8;

// Anonymous host memory, page-aligned, zero; pages cost nothing until they are touched.
class HostMemory {
 public:
  explicit HostMemory(std::size_t bytes);  // throws std::bad_alloc
  ~HostMemory();
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;
  std::span<u8> bytes() const { return bytes_; }
  void clear();

 private:
  std::span<u8> bytes_;
};

class PhysicalBus final : public ppc::PhysicalMemory, public devices::DmaMemory {
 public:
  // A multiple of 4 KiB, less than 2 GiB.
  explicit PhysicalBus(u32 ram_bytes);
  // Whose decoded code must hear of DMA, and whose TLB of windows that move.
  void attach(ppc::Cpu& cpu) { cpu_ = &cpu; }

  std::span<u8> ram() const { return ram_.bytes(); }
  void clear_ram() { ram_.clear(); }

  struct Window {
    u32 base, size;
    devices::MmioDevice* device;
    bool operator==(const Window&) const = default;
  };
  // Windows that are always there, and those that come and go with what the guest programs into base address
  // registers. Fixed ones have precedence. Reads where nobody answers give 0, writes there are dropped: this
  // machine's bridges report no errors.
  void add_fixed(u32 base, u32 size, devices::MmioDevice& device);
  void set_movable(std::vector<Window> windows);
  // Writes are dropped. size: a multiple of 4 KiB; the memory outlives the bus.
  void set_rom(u32 base, std::span<u8> memory) { rom_base_ = base, rom_ = memory; }

  // Before the processor stores to this page of the device again, it asks the device for its memory again.
  void ask_again(const devices::MmioDevice& device, u32 offset);

  // --- ppc::PhysicalMemory ---
  u8* page(u32 physical_page, bool write) override;
  u64 read(u32 physical, unsigned bytes) override { return map_.read(physical, bytes); }
  void write(u32 physical, unsigned bytes, u64 value) override { map_.write(physical, bytes, value); }

  // --- devices::DmaMemory ---
  void read(u32 physical, std::span<u8> to) override;
  void write(u32 physical, std::span<const u8> from) override;

 private:
  void rebuild();

  HostMemory ram_;
  u32 rom_base_ = 0;
  std::span<u8> rom_;
  std::vector<Window> fixed_, movable_;
  devices::AddressMap map_;
  ppc::Cpu* cpu_ = nullptr;
};

}  // namespace quince::machine
