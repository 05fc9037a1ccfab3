#include "devices/address_map.h"

#include <algorithm>
#include <cassert>

namespace quince::devices {

namespace {

bool holds_all(const AddressMap::Window* window, u32 address, unsigned bytes) {
  return window && window->last - address >= bytes - 1;
}

}  // namespace

void AddressMap::add(u32 base, u32 size, MmioDevice& device) {
  assert(size != 0);
  const u64 end = std::min(u64{base} + size, u64{1} << 32);
  std::vector<Window> gaps;  // what earlier windows have left
  u64 at = base;
  const auto take = [&](u64 until) {
    if (at >= until) return;
    gaps.push_back({static_cast<u32>(at), static_cast<u32>(until - 1), &device, static_cast<u32>(at - base)});
  };
  for (const Window& other : windows_) {
    if (u64{other.last} < at) continue;
    if (other.first >= end) break;
    take(other.first);
    at = u64{other.last} + 1;
  }
  take(end);
  windows_.insert(windows_.end(), gaps.begin(), gaps.end());
  std::sort(windows_.begin(), windows_.end(),
            [](const Window& a, const Window& b) { return a.first < b.first; });
}

const AddressMap::Window* AddressMap::find(u32 address) const {
  if (latest_ < windows_.size()) {
    const Window& latest = windows_[latest_];
    if (address - latest.first <= latest.last - latest.first) return &latest;
  }
  const auto after = std::upper_bound(windows_.begin(), windows_.end(), address,
                                      [](u32 value, const Window& window) { return value < window.first; });
  if (after == windows_.begin()) return nullptr;
  const Window& candidate = *(after - 1);
  if (address > candidate.last) return nullptr;
  latest_ = static_cast<std::size_t>(&candidate - windows_.data());
  return &candidate;
}

u64 AddressMap::read(u32 address, unsigned bytes) const {
  const Window* window = find(address);
  if (holds_all(window, address, bytes)) {
    return window->device->read(address - window->first + window->offset, bytes);
  }
  if (bytes == 1) return unclaimed_;
  u64 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value = value << 8 | read(address + n, 1);
  return value;
}

void AddressMap::write(u32 address, unsigned bytes, u64 value) const {
  const Window* window = find(address);
  if (holds_all(window, address, bytes)) {
    return window->device->write(address - window->first + window->offset, bytes, value);
  }
  if (bytes == 1) return;
  for (unsigned n = 0; n < bytes; ++n) write(address + n, 1, value >> 8 * (bytes - 1 - n) & 0xff);
}

}  // namespace quince::devices
