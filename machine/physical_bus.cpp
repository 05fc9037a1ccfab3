#include "machine/physical_bus.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <new>

namespace quince::machine {

HostMemory::HostMemory(std::size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at != MAP_FAILED) madvise(at, bytes, MADV_HUGEPAGE);  // fewer misses of the host's TLB; only advice
  if (at == MAP_FAILED) throw std::bad_alloc();
  bytes_ = {static_cast<u8*>(at), bytes};
}

HostMemory::~HostMemory() { munmap(bytes_.data(), bytes_.size()); }

void HostMemory::clear() { madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED); }

PhysicalBus::PhysicalBus(u32 ram_bytes) : ram_(ram_bytes) { assert(ram_bytes % ppc::page_size == 0); }

void PhysicalBus::add_fixed(u32 base, u32 size, devices::MmioDevice& device) {
  fixed_.push_back({base, size, &device});
  rebuild();
}

void PhysicalBus::set_movable(std::vector<Window> windows) {
  if (windows == movable_) return;
  movable_ = std::move(windows);
  rebuild();
  if (cpu_) cpu_->tlb.invalidate_all();  // it may lead to a device's memory
}

void PhysicalBus::rebuild() {
  map_.clear();
  for (const Window& window : fixed_) map_.add(window.base, window.size, *window.device);
  for (const Window& window : movable_) map_.add(window.base, window.size, *window.device);
}

void PhysicalBus::ask_again(const devices::MmioDevice& device, u32 offset) {
  if (!cpu_) return;
  for (const auto* windows : {&fixed_, &movable_}) {
    for (const Window& window : *windows) {
      if (window.device == &device && offset < window.size) cpu_->tlb.protect_page(window.base + offset);
    }
  }
}

u8* PhysicalBus::page(u32 physical_page, bool write) {
  if (physical_page < ram_.bytes().size()) return &ram_.bytes()[physical_page];
  if (physical_page - rom_base_ < rom_.size()) return write ? nullptr : &rom_[physical_page - rom_base_];
  const auto* window = map_.find(physical_page);
  if (!window || window->last - physical_page < ppc::page_mask) return nullptr;
  return window->device->memory(physical_page - window->first + window->offset, write);
}

void PhysicalBus::read(u32 physical, std::span<u8> to) {
  const std::span<u8> ram = ram_.bytes();
  while (!to.empty()) {
    const u64 in_ram = physical < ram.size() ? ram.size() - physical : 0;
    const u64 to_wrap = (u64{1} << 32) - physical;
    const std::size_t count = std::min<u64>(to.size(), in_ram ? in_ram : to_wrap);
    if (in_ram)
      std::copy_n(ram.begin() + physical, count, to.begin());
    else
      std::fill_n(to.begin(), count, u8{0});
    to = to.subspan(count);
    physical += static_cast<u32>(count);
  }
}

void PhysicalBus::write(u32 physical, std::span<const u8> from) {
  const std::span<u8> ram = ram_.bytes();
  while (!from.empty()) {
    const u64 in_ram = physical < ram.size() ? ram.size() - physical : 0;
    const u64 to_wrap = (u64{1} << 32) - physical;
    const std::size_t count = std::min<u64>(from.size(), in_ram ? in_ram : to_wrap);
    if (in_ram) {
      std::copy_n(from.begin(), count, ram.begin() + physical);
      if (cpu_) cpu_->memory_written(physical, static_cast<u32>(count));
    }
    from = from.subspan(count);
    physical += static_cast<u32>(count);
  }
}

}  // namespace quince::machine
