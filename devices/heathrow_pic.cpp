#include "devices/heathrow_pic.h"

#include <cassert>

namespace quince::devices {

namespace {

// Sources 20 to 28, the PCI slots and the NMI button, are level-triggered.
constexpr u32 low_group_level_triggered = 0x1ff0'0000;

enum Register : u32 { event = 0, mask = 4, clear = 8, level = 12 };  // within a group
constexpr u32 group_bytes = 16;

}  // namespace

std::array<HeathrowPic::Group, 2> HeathrowPic::initial() {
  return {Group{}, Group{.level_triggered = low_group_level_triggered}};
}

void HeathrowPic::reset() {
  // Lines are driven by others: they keep their level.
  for (Group& group : groups_) group.event = group.mask = 0;
  update();
}

void HeathrowPic::set_source(unsigned n, bool asserted) {
  assert(n < sources);
  Group& group = groups_[n < 32 ? 1 : 0];
  const u32 bit = u32{1} << n % 32;
  if (on_source_changed && asserted != ((group.level & bit) != 0)) on_source_changed(n, asserted);
  if (asserted) {
    if (!(group.level & bit)) group.event |= bit & ~group.level_triggered;
    group.level |= bit;
  } else {
    group.level &= ~bit;
  }
  update();
}

void HeathrowPic::update() { output.set(groups_[0].pending() != 0 || groups_[1].pending() != 0); }

u64 HeathrowPic::read_le(u32 offset, unsigned bytes) {
  if (bytes != 4 || offset >= window_bytes) return 0;
  const Group& group = groups_[offset / group_bytes];
  switch (offset % group_bytes) {
    case Register::event: return group.event;
    case Register::mask: return group.mask;
    case Register::level: return group.level;
    default: return 0;
  }
}

void HeathrowPic::write_le(u32 offset, unsigned bytes, u64 value) {
  if (bytes != 4 || offset >= window_bytes) return;
  Group& group = groups_[offset / group_bytes];
  switch (offset % group_bytes) {
    case Register::mask: group.mask = static_cast<u32>(value); break;
    case Register::clear: group.event &= ~(static_cast<u32>(value) & ~group.level_triggered); break;
    default: break;
  }
  update();
}

}  // namespace quince::devices
