#include "devices/vga.h"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace quince::devices {

namespace {

constexpr PciDevice::Identity identity{
    .vendor = 0x1234, .device = 0x1111, .class_code = 0x03'00'00, .revision = 2};

// --- Dispi ---

constexpr u32 dispi_index_port = 0x1ce, dispi_port_bytes = 4;  // index, then data
constexpr u16 first_id = 0xb0c0, newest_id = 0xb0c5;
constexpr u16 enable_display = 0x01, report_capabilities = 0x02, eight_bit_dac = 0x20, keep_memory = 0x80;
constexpr u16 stored_enable_bits = 0x63;  // with the flag for a linear frame buffer, which is always there
constexpr u32 columns_per_character = 8;
constexpr u16 depths[] = {8, 15, 16, 24, 32};

// --- The register window ---

enum WindowOffset : u32 {
  vga_ports_first = 0x400,
  vga_ports_end = 0x420,
  dispi_first = 0x500,
  extension_size = 0x600,
  extension_byte_order = 0x604,
  extension_end = 0x608
};
constexpr u32 first_windowed_port = 0x3c0;
constexpr u32 order_big = 0xbebe'bebe, order_little = 0x1e1e'1e1e;

// --- VGA ---

enum Port : u32 {
  crtc_index_mono = 0x3b4,
  crtc_data_mono = 0x3b5,
  input_status_mono = 0x3ba,
  attribute_index_port = 0x3c0,
  attribute_data_read = 0x3c1,
  miscellaneous_write = 0x3c2,
  sequencer_index_port = 0x3c4,
  sequencer_data = 0x3c5,
  dac_mask = 0x3c6,
  dac_read_index = 0x3c7,
  dac_write_index = 0x3c8,
  dac_data = 0x3c9,
  feature_read = 0x3ca,
  miscellaneous_read = 0x3cc,
  graphics_index_port = 0x3ce,
  graphics_data = 0x3cf,
  crtc_index_colour = 0x3d4,
  crtc_data_colour = 0x3d5,
  input_status_colour = 0x3da
};
constexpr u8 colour_addresses = 1;  // of the miscellaneous register: CRTC at 3d4, not 3b4
constexpr u8 screen_on = 0x20;      // of the attribute index
constexpr u32 crtc_retrace_end = 0x11;
constexpr u8 crtc_protect = 0x80;  // of that register: the first eight cannot be changed
constexpr u32 crtc_protected = 8, crtc_overflow = 7;
constexpr u8 crtc_line_compare_bit = 0x10;  // of the overflow register: never protected
constexpr u8 blanked = 1, retracing = 8;    // of the input status
constexpr u8 dac_was_read = 0, dac_was_written = 3;

// 60 pictures of 628 lines a second, as the monitor's preferred timing has it; retrace takes its 28 lines.
constexpr u64 picture_nanoseconds = 16'579'000, retrace_nanoseconds = picture_nanoseconds * 28 / 628;

// The CRTC and the input status answer at one of two places.
bool decodes(u32 port, u8 miscellaneous) {
  const bool colour = (miscellaneous & colour_addresses) != 0;
  switch (port) {
    case crtc_index_mono:
    case crtc_data_mono:
    case input_status_mono: return !colour;
    case crtc_index_colour:
    case crtc_data_colour:
    case input_status_colour: return colour;
    default: return true;
  }
}

// Lines first to last, which do not begin before the last ones that are there.
void add_lines(std::vector<Lines>& lines, u32 first, u32 last) {
  if (lines.empty() || first > lines.back().first + lines.back().count) {
    lines.push_back({first, last - first + 1});
  } else {
    lines.back().count = std::max(lines.back().count, last - lines.back().first + 1);
  }
}

}  // namespace

// --- Frame buffer ---

u64 Vga::FrameBuffer::read(u32 offset, unsigned bytes) {
  u64 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value = value << 8 | vga_.memory_[offset + n];
  return value;
}

void Vga::FrameBuffer::write(u32 offset, unsigned bytes, u64 value) {
  vga_.drawn(offset);
  vga_.drawn(offset + bytes - 1);
  for (unsigned n = 0; n < bytes; ++n) {
    vga_.memory_[offset + n] = static_cast<u8>(value >> 8 * (bytes - 1 - n));
  }
}

// --- Changes ---

void Vga::changed() {
  if (!std::exchange(announced_, true) && on_change) on_change();
}

void Vga::drawn(u32 offset) {
  drawn_.set(offset / watched_bytes);
  changed();
}

Display::Changes Vga::take_changes() {
  const Frame now = frame();
  Changes changes{.shape = !now.same_shape(taken_), .lines = {}};
  taken_ = now;
  announced_ = false;
  if (now.off()) return changes;
  const u64 first = static_cast<u64>(now.pixels.data() - memory_.get());
  const u64 last = first + u64{now.stride} * (now.height - 1) + u64{now.width} * now.bytes_per_pixel() - 1;
  for (u64 page = first / watched_bytes; page <= last / watched_bytes; ++page) {
    if (!drawn_.test(page)) continue;
    drawn_.reset(page);
    const u32 offset = static_cast<u32>(page * watched_bytes);
    if (watch_page) watch_page(frame_buffer_, offset);
    const u64 from = std::max(u64{offset}, first) - first;
    const u64 to = std::min(u64{offset} + watched_bytes - 1, last) - first;
    add_lines(changes.lines, static_cast<u32>(from / now.stride), static_cast<u32>(to / now.stride));
  }
  if (changes.shape) changes.lines = {{0, now.height}};
  return changes;
}

void Vga::Unmap::operator()(u8* memory) const { munmap(memory, memory_bytes); }

// --- The device ---

// Memory of its own pages, so that what is never drawn on costs the host nothing.
Vga::Vga(Scheduler& scheduler)
    : PciDevice(identity), scheduler_(scheduler), memory_([] {
        void* const pages =
            mmap(nullptr, memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        return static_cast<u8*>(pages);
      }()) {
  add_bar(0, PciSpace::memory, memory_bytes, frame_buffer_, true);
  add_bar(2, PciSpace::memory, register_bytes, register_window_);
  add_fixed_window(PciSpace::io, dispi_index_port, dispi_port_bytes, dispi_ports_);
  add_fixed_window(PciSpace::io, crtc_index_mono, 2, monochrome_ports_);
  add_fixed_window(PciSpace::io, input_status_mono, 1, monochrome_status_port_);
  add_fixed_window(PciSpace::io, attribute_index_port, 16, common_ports_);
  add_fixed_window(PciSpace::io, crtc_index_colour, 2, colour_ports_);
  add_fixed_window(PciSpace::io, input_status_colour, 1, colour_status_port_);
  drawn_.set();  // nobody has seen anything
  Vga::reset();
}

void Vga::reset() {
  dispi_ = {};
  dispi_[id] = newest_id;
  dispi_[memory_in_64k] = memory_bytes >> 16;
  dispi_index_ = 0;
  big_endian_ = true;
  miscellaneous_ = colour_addresses, feature_ = 0;
  sequencer_index_ = graphics_index_ = crtc_index_ = attribute_index_ = 0;
  attribute_data_next_ = false;
  sequencer_ = {}, graphics_ = {}, crtc_ = {}, attribute_ = {};
  dac_ = {};
  changed();
  PciDevice::reset();
}

Frame Vga::frame() const {
  if (!enabled() || !(attribute_index_ & screen_on)) return {};
  Frame frame{.width = dispi_[x_resolution],
              .height = dispi_[y_resolution],
              .stride = stride(),
              .depth = dispi_[bits_per_pixel],
              .big_endian = big_endian_};
  const u64 start = u64{dispi_[y_offset]} * stride() + u64{dispi_[x_offset]} * bytes_per_pixel();
  frame.pixels = std::span<const u8>(memory_.get(), memory_bytes).subspan(start);
  if (frame.depth == 8) {
    for (unsigned index = 0; index < 256; ++index) frame.palette[index] = colour(static_cast<u8>(index));
  }
  return frame;
}

// --- Dispi registers ---

bool Vga::enabled() const { return (dispi_[enable] & enable_display) != 0; }

u16 Vga::read_dispi(u32 index) const {
  if (index >= dispi_registers) return 0;
  if (dispi_[enable] & report_capabilities) {
    switch (index) {
      case x_resolution: return most_columns;
      case y_resolution: return most_lines;
      case bits_per_pixel: return depths[std::size(depths) - 1];
      default: break;
    }
  }
  return dispi_[index];
}

void Vga::write_dispi(u32 index, u16 value) {
  changed();
  switch (index) {
    case id:
      if (value >= first_id && value <= newest_id) dispi_[id] = value;
      break;
    case enable: set_enable(value); break;
    case x_resolution:
    case y_resolution:
    case bits_per_pixel:
    case bank:
    case virtual_width:
    case x_offset:
    case y_offset:
      dispi_[index] = value;
      if (enabled()) settle_geometry();
      break;
    default: break;  // read-only
  }
}

void Vga::set_enable(u16 value) {
  const bool starts = (value & enable_display) && !enabled();
  dispi_[enable] = value & stored_enable_bits;
  if (!starts) return;
  dispi_[virtual_width] = dispi_[x_offset] = dispi_[y_offset] = 0;
  settle_geometry();
  if (!(value & keep_memory)) clear_picture();
}

// Makes of whatever was asked for a picture that lies within the memory.
void Vga::settle_geometry() {
  u16& depth = dispi_[bits_per_pixel];
  if (std::find(std::begin(depths), std::end(depths), depth) == std::end(depths)) depth = depths[0];
  u16& width = dispi_[x_resolution];
  width = static_cast<u16>(
      std::clamp(width / columns_per_character * columns_per_character, columns_per_character, most_columns));
  u16& line = dispi_[virtual_width];
  line = static_cast<u16>(std::max(u32{line} / columns_per_character * columns_per_character, u32{width}));
  const u32 lines = std::min(memory_bytes / stride(), 0xffffu);
  dispi_[virtual_height] = static_cast<u16>(lines);
  u16& height = dispi_[y_resolution];
  height = static_cast<u16>(std::clamp(u32{height}, 1u, std::min(lines, most_lines)));
  dispi_[x_offset] = static_cast<u16>(std::min(u32{dispi_[x_offset]}, u32{line} - width));
  dispi_[y_offset] = static_cast<u16>(std::min(u32{dispi_[y_offset]}, lines - height));
}

void Vga::clear_picture() {
  std::memset(memory_.get(), 0, std::size_t{stride()} * dispi_[y_resolution]);
  drawn_.set();
}

u64 Vga::DispiPorts::read_le(u32 offset, unsigned bytes) {
  const u64 both = vga_.dispi_index_ | u64{vga_.read_dispi(vga_.dispi_index_)} << 16;
  return both >> 8 * offset & (~u64{0} >> (64 - 8 * bytes));
}

// The registers are 16 bits wide, and so must be a write.
void Vga::DispiPorts::write_le(u32 offset, unsigned bytes, u64 value) {
  if (offset % 2 != 0 || bytes % 2 != 0) return;
  if (offset == 0) vga_.dispi_index_ = static_cast<u16>(value);
  if (offset == 2 || bytes == 4) {
    vga_.write_dispi(vga_.dispi_index_, static_cast<u16>(offset == 2 ? value : value >> 16));
  }
}

// --- The register window ---

u64 Vga::RegisterWindow::read_le(u32 offset, unsigned bytes) {
  if (offset >= vga_ports_first && offset + bytes <= vga_ports_end) {
    return vga_.read_ports(first_windowed_port + offset - vga_ports_first, bytes);
  }
  u64 value = 0;
  for (unsigned n = 0; n < bytes; ++n) {
    const u32 at = offset + n;
    u32 byte = 0;
    if (at < vga_.edid_.size()) byte = vga_.edid_[at];
    if (at >= dispi_first && at < dispi_first + 2 * dispi_registers) {
      byte = vga_.read_dispi((at - dispi_first) / 2) >> 8 * (at % 2);
    }
    if (at >= extension_byte_order && at < extension_end) byte = vga_.big_endian_ ? order_big : order_little;
    if (at == extension_size) byte = extension_end - extension_size;
    value |= u64{byte & 0xff} << 8 * n;
  }
  return value;
}

void Vga::RegisterWindow::write_le(u32 offset, unsigned bytes, u64 value) {
  if (offset >= vga_ports_first && offset + bytes <= vga_ports_end) {
    return vga_.write_ports(first_windowed_port + offset - vga_ports_first, bytes, value);
  }
  if (offset == extension_byte_order && bytes == 4) {
    vga_.changed();
    if (value == order_big) vga_.big_endian_ = true;
    if (value == order_little) vga_.big_endian_ = false;
  }
  if (offset < dispi_first || offset % 2 != 0) return;
  for (unsigned n = 0; n + 2 <= bytes; n += 2) {
    vga_.write_dispi((offset + n - dispi_first) / 2, static_cast<u16>(value >> 8 * n));
  }
}

// --- VGA registers ---

// A wide access is one to as many ports, the lowest first.
u64 Vga::read_ports(u32 port, unsigned bytes) {
  u64 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value |= u64{read_port(port + n)} << 8 * n;
  return value;
}

void Vga::write_ports(u32 port, unsigned bytes, u64 value) {
  for (unsigned n = 0; n < bytes; ++n) write_port(port + n, static_cast<u8>(value >> 8 * n));
}

u8 Vga::read_port(u32 port) {
  if (!decodes(port, miscellaneous_)) return 0xff;
  switch (port) {
    case attribute_index_port: return attribute_data_next_ ? 0 : attribute_index_;
    case attribute_data_read: return attribute_[attribute_index_ & 0x1f];
    case miscellaneous_write: return 0;  // input status 0
    case sequencer_index_port: return sequencer_index_;
    case sequencer_data: return sequencer_[sequencer_index_ % sequencer_.size()];
    case dac_mask: return dac_.mask;
    case dac_read_index: return dac_.reading ? dac_was_read : dac_was_written;
    case dac_write_index: return dac_.write_index;
    case dac_data: return read_palette();
    case feature_read: return feature_;
    case miscellaneous_read: return miscellaneous_;
    case graphics_index_port: return graphics_index_;
    case graphics_data: return graphics_[graphics_index_ % graphics_.size()];
    case crtc_index_mono:
    case crtc_index_colour: return crtc_index_;
    case crtc_data_mono:
    case crtc_data_colour: return crtc_[crtc_index_ % crtc_.size()];
    case input_status_mono:
    case input_status_colour: attribute_data_next_ = false; return input_status();
    default: return 0xff;
  }
}

void Vga::write_port(u32 port, u8 value) {
  if (!decodes(port, miscellaneous_)) return;
  changed();
  switch (port) {
    case attribute_index_port: write_attribute(value); break;
    case miscellaneous_write: miscellaneous_ = value; break;
    case sequencer_index_port: sequencer_index_ = value; break;
    case sequencer_data: sequencer_[sequencer_index_ % sequencer_.size()] = value; break;
    case dac_mask: dac_.mask = value; break;
    case dac_read_index: dac_.read_index = value, dac_.component = 0, dac_.reading = true; break;
    case dac_write_index: dac_.write_index = value, dac_.component = 0, dac_.reading = false; break;
    case dac_data: write_palette(value); break;
    case graphics_index_port: graphics_index_ = value; break;
    case graphics_data: graphics_[graphics_index_ % graphics_.size()] = value; break;
    case crtc_index_mono:
    case crtc_index_colour: crtc_index_ = value; break;
    case crtc_data_mono:
    case crtc_data_colour: write_crtc(value); break;
    case input_status_mono:
    case input_status_colour: feature_ = value; break;
    default: break;  // read-only, or nothing there
  }
}

void Vga::write_attribute(u8 value) {
  if (attribute_data_next_) {
    attribute_[attribute_index_ & 0x1f] = value;
  } else {
    attribute_index_ = value & 0x3f;
  }
  attribute_data_next_ = !attribute_data_next_;
}

void Vga::write_crtc(u8 value) {
  const u32 index = crtc_index_ % crtc_.size();
  const bool locked = (crtc_[crtc_retrace_end] & crtc_protect) && index < crtc_protected;
  const u8 changes = !locked ? 0xff : index == crtc_overflow ? crtc_line_compare_bit : 0;
  crtc_[index] = static_cast<u8>((crtc_[index] & ~changes) | (value & changes));
}

u8 Vga::read_palette() {
  const u8 value = dac_.colours[dac_.read_index][dac_.component];
  dac_.component = (dac_.component + 1) % 3;
  if (dac_.component == 0) ++dac_.read_index;
  return value;
}

void Vga::write_palette(u8 value) {
  const u8 bits = dispi_[enable] & eight_bit_dac ? 0xff : 0x3f;
  dac_.colours[dac_.write_index][dac_.component] = value & bits;
  dac_.component = (dac_.component + 1) % 3;
  if (dac_.component == 0) ++dac_.write_index;
}

u32 Vga::colour(u8 index) const {
  u32 rgb = 0;
  for (const u8 component : dac_.colours[index & dac_.mask]) {
    const bool eight_bits = (dispi_[enable] & eight_bit_dac) != 0;
    rgb = rgb << 8 | (eight_bits ? component : (component & 0x3fu) << 2 | (component & 0x3fu) >> 4);
  }
  return rgb;
}

u8 Vga::input_status() const {
  const u64 within_picture = scheduler_.now() % picture_nanoseconds;
  return within_picture < retrace_nanoseconds ? blanked | retracing : 0;
}

}  // namespace quince::devices
