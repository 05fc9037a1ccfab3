#include "devices/ata_disk.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "devices/ata_identity.h"

namespace quince::devices {

namespace {

// How long a drive takes. A real one of that time is slower; but not infinitely fast, so that what the guest
// expects to take a while does.
constexpr u64 command_ns = 50'000, nanoseconds_per_byte = 10, flush_ns = 100'000;

constexpr std::size_t largest_piece = 1 << 20;  // of a long transfer, read or written at once

constexpr u8 lba_bit = 0x40;  // device register
constexpr u8 most_multiple = 16;
constexpr u64 most_lba28 = 0x0fff'ffff;

namespace feature {
enum : u8 {
  enable_write_cache = 0x02,
  set_transfer_mode = 0x03,
  disable_look_ahead = 0x55,
  keep_settings_on_reset = 0x66,
  disable_write_cache = 0x82,
  enable_look_ahead = 0xaa,
  defaults_on_reset = 0xcc,
};
}

}  // namespace

AtaDisk::AtaDisk(Scheduler& scheduler, std::unique_ptr<BlockDevice> medium, std::string serial)
    : AtaDrive(scheduler),
      medium_(std::move(medium)),
      serial_(std::move(serial)),
      sectors_(medium_->bytes() / sector_bytes),
      default_geometry_{static_cast<u32>(std::clamp<u64>(sectors_ / (16 * 63), 1, 16383)), 16, 63} {
  assert(sectors_ != 0);
  power_on();
}

std::span<const AtaDisk::Command> AtaDisk::commands() {
  using enum Address;
  using enum Way;
  static constexpr Command table[] = {
      {0x10, &AtaDisk::do_nothing},  // RECALIBRATE
      {0x20, &AtaDisk::read_sectors, lba28, sectors},
      {0x21, &AtaDisk::read_sectors, lba28, sectors},
      {0x24, &AtaDisk::read_sectors, lba48, sectors},
      {0x25, &AtaDisk::read_sectors, lba48, dma},
      {0x29, &AtaDisk::read_sectors, lba48, multiple},
      {0x30, &AtaDisk::write_sectors, lba28, sectors},
      {0x31, &AtaDisk::write_sectors, lba28, sectors},
      {0x34, &AtaDisk::write_sectors, lba48, sectors},
      {0x35, &AtaDisk::write_sectors, lba48, dma},
      {0x39, &AtaDisk::write_sectors, lba48, multiple},
      {0x40, &AtaDisk::verify_sectors, lba28},
      {0x41, &AtaDisk::verify_sectors, lba28},
      {0x42, &AtaDisk::verify_sectors, lba48},
      {0x70, &AtaDisk::do_nothing},  // SEEK
      {0x90, &AtaDisk::run_diagnostics},
      {0x91, &AtaDisk::initialize_parameters},
      {0xc4, &AtaDisk::read_sectors, lba28, multiple},
      {0xc5, &AtaDisk::write_sectors, lba28, multiple},
      {0xc6, &AtaDisk::set_multiple},
      {0xc8, &AtaDisk::read_sectors, lba28, dma},
      {0xc9, &AtaDisk::read_sectors, lba28, dma},
      {0xca, &AtaDisk::write_sectors, lba28, dma},
      {0xcb, &AtaDisk::write_sectors, lba28, dma},
      {0xe0, &AtaDisk::flush_cache},  // STANDBY IMMEDIATE
      {0xe1, &AtaDisk::do_nothing},   // IDLE IMMEDIATE
      {0xe2, &AtaDisk::flush_cache},  // STANDBY
      {0xe3, &AtaDisk::do_nothing},   // IDLE
      {0xe5, &AtaDisk::check_power_mode},
      {0xe6, &AtaDisk::flush_cache},  // SLEEP
      {0xe7, &AtaDisk::flush_cache},  // FLUSH CACHE
      {0xea, &AtaDisk::flush_cache},  // FLUSH CACHE EXT
      {0xec, &AtaDisk::identify},
      {0xef, &AtaDisk::set_features},
  };
  return table;
}

void AtaDisk::execute(u8 code) {
  const auto table = commands();
  const auto found = std::ranges::find(table, code, &Command::code);
  if (found == table.end()) return abort();
  current_ = *found;
  (this->*found->run)(*found);
}

void AtaDisk::set_signature() {
  task_file_ = {};
  task_file_.sector_count.set(1);
  task_file_.lba_low.set(1);
}

void AtaDisk::restore_defaults() {
  geometry_ = default_geometry_;
  multiple_ = 0;
  transfer_mode_ = ata_transfer_mode::default_mode;
  write_cache_ = true;
}

// --- Where ---

bool AtaDisk::locate(Address address, u64& sector) const {
  const u64 low = task_file_.lba_low.current;
  const u64 middle = u64{task_file_.lba_mid.current} | u64{task_file_.lba_high.current} << 8;
  const u64 head = task_file_.device & 0x0fU;
  if (address == Address::lba48) {
    sector = lba_48();
  } else if ((task_file_.device & lba_bit) != 0) {
    sector = head << 24 | middle << 8 | low;
  } else {
    if (low == 0 || low > geometry_.sectors || head >= geometry_.heads) return false;
    sector = (middle * geometry_.heads + head) * geometry_.sectors + low - 1;
  }
  return true;
}

bool AtaDisk::begin_range(const Command& command) {
  const AtaField count = task_file_.sector_count;
  const bool wide = command.address == Address::lba48;
  left_ = wide ? u64{count.previous} << 8 | count.current : count.current;
  if (left_ == 0) left_ = wide ? 0x10000 : 0x100;
  if (command.way == Way::multiple && multiple_ == 0) {
    abort();
    return false;
  }
  if (!locate(command.address, sector_)) {
    fail(ata_error::id_not_found);
    return false;
  }
  if (sector_ < sectors_ && left_ <= sectors_ - sector_) return true;
  fail_at(std::max(sector_, sectors_), ata_error::id_not_found);
  return false;
}

// The registers say where it went wrong, in the form in which the command said where to begin.
void AtaDisk::fail_at(u64 sector, u8 error) {
  const bool wide = current_.address == Address::lba48;
  const auto byte = [&](unsigned n) { return static_cast<u8>(sector >> 8 * n); };
  if (wide || (task_file_.device & lba_bit) != 0) {
    task_file_.lba_low = {byte(0), wide ? byte(3) : u8{0}};
    task_file_.lba_mid = {byte(1), wide ? byte(4) : u8{0}};
    task_file_.lba_high = {byte(2), wide ? byte(5) : u8{0}};
    if (!wide) task_file_.device = static_cast<u8>((task_file_.device & 0xf0) | (byte(3) & 0x0f));
  }
  fail(error);
}

std::size_t AtaDisk::next_bytes() const {
  return static_cast<std::size_t>(std::min<u64>(left_ * sector_bytes, largest_piece));
}

void AtaDisk::advance(std::size_t bytes) {
  sector_ += bytes / sector_bytes;
  left_ -= bytes / sector_bytes;
}

AtaDrive::Phase AtaDisk::phase(bool interrupt_at_first) const {
  const u32 block = current_.way == Way::multiple ? multiple_ * sector_bytes : sector_bytes;
  return {.dma = current_.way == Way::dma, .block = block, .interrupt_at_first = interrupt_at_first};
}

// --- Transfers ---

void AtaDisk::read_sectors(const Command& command) {
  if (begin_range(command)) read_next();
}

void AtaDisk::read_next() {
  BlockRequest request{
      .kind = BlockRequest::Kind::read, .offset = sector_ * sector_bytes, .data = take_buffer()};
  request.data.resize(next_bytes());
  const u64 time = command_ns + request.data.size() * nanoseconds_per_byte;
  io_.start(*medium_, std::move(request), time, [this](BlockRequest result) {
    if (result.error != 0) return fail_at(sector_, ata_error::uncorrectable);
    advance(result.data.size());
    send(std::move(result.data), phase(true), [this] {
      if (left_ != 0) return read_next();
      if (current_.way == Way::dma) return complete();
      complete_silently();
    });
  });
}

void AtaDisk::write_sectors(const Command& command) {
  if (begin_range(command)) write_next(true);
}

// A write that the host refuses is reported as a bad sector, too: the standard would rather have a device
// fault, but systems repeat what ended with that, reset the drive and slow it down, all in vain.
void AtaDisk::write_next(bool first) {
  receive(next_bytes(), phase(!first), [this] {
    BlockRequest request{.kind = BlockRequest::Kind::write,
                         .offset = sector_ * sector_bytes,
                         .data = take_buffer(),
                         .durable = !write_cache_};
    const u64 time = command_ns + request.data.size() * nanoseconds_per_byte;
    io_.start(*medium_, std::move(request), time, [this](BlockRequest result) {
      if (result.error != 0) return fail_at(sector_, ata_error::uncorrectable);
      advance(result.data.size());
      received() = std::move(result.data);
      if (left_ != 0) return write_next(false);
      complete();
    });
  });
}

void AtaDisk::verify_sectors(const Command& command) {
  if (begin_range(command)) verify_next();
}

void AtaDisk::verify_next() {
  BlockRequest request{
      .kind = BlockRequest::Kind::read, .offset = sector_ * sector_bytes, .data = take_buffer()};
  request.data.resize(next_bytes());
  const u64 time = command_ns + request.data.size() * nanoseconds_per_byte;
  io_.start(*medium_, std::move(request), time, [this](BlockRequest result) {
    if (result.error != 0) return fail_at(sector_, ata_error::uncorrectable);
    advance(result.data.size());
    received() = std::move(result.data);
    if (left_ != 0) return verify_next();
    complete();
  });
}

void AtaDisk::flush_cache(const Command&) {
  io_.start(*medium_, {.kind = BlockRequest::Kind::flush}, flush_ns, [this](const BlockRequest& result) {
    if (result.error != 0) return fail(ata_error::uncorrectable);
    complete();
  });
}

// --- The rest ---

void AtaDisk::do_nothing(const Command&) { complete(); }

void AtaDisk::check_power_mode(const Command&) {
  constexpr u8 active_or_idle = 0xff;
  task_file_.sector_count.set(active_or_idle);
  complete();
}

void AtaDisk::run_diagnostics(const Command&) {
  complete();
  diagnose();
}

void AtaDisk::initialize_parameters(const Command&) {
  const u32 sectors = task_file_.sector_count.current, heads = (task_file_.device & 0x0fU) + 1;
  if (sectors == 0) return abort();
  geometry_ = {static_cast<u32>(std::min<u64>(sectors_ / (heads * sectors), 0xffff)), heads, sectors};
  complete();
}

void AtaDisk::set_multiple(const Command&) {
  const u8 count = task_file_.sector_count.current;
  if (count > most_multiple || (count & (count - 1)) != 0) return abort();
  multiple_ = count;
  complete();
}

void AtaDisk::set_features(const Command&) {
  switch (task_file_.features.current) {
    case feature::enable_write_cache: write_cache_ = true; break;
    case feature::disable_write_cache:
      write_cache_ = false;
      return flush_cache(current_);  // what is in the cache must not stay there
    case feature::set_transfer_mode:
      if (!ata_transfer_mode::is_supported(task_file_.sector_count.current)) return abort();
      transfer_mode_ = task_file_.sector_count.current;
      break;
    case feature::enable_look_ahead:
    case feature::disable_look_ahead:
    case feature::keep_settings_on_reset:
    case feature::defaults_on_reset: break;
    default: return abort();
  }
  complete();
}

void AtaDisk::identify(const Command&) {
  send(identity(), {.block = sector_bytes}, [this] { complete_silently(); });
}

std::vector<u8> AtaDisk::identity() const {
  const u32 chs_capacity = geometry_.cylinders * geometry_.heads * geometry_.sectors;
  const u16 write_cache_bit = 1 << 5;
  AtaIdentity id;
  id.word(0, 0x0040);  // not removable
  id.word(1, default_geometry_.cylinders);
  id.word(3, default_geometry_.heads);
  id.word(6, default_geometry_.sectors);
  id.text(10, 20, serial_);
  id.word(20, 3).word(21, 512).word(22, 4);  // of old: buffer type and size, ECC bytes
  id.text(23, 8, "1.0");
  id.text(27, 40, "QUINCE HARDDISK");
  id.word(47, 0x8000 | most_multiple);
  id.word(48, 1);       // 32-bit data accesses
  id.word(49, 0x0b00);  // LBA, DMA, IORDY
  id.word(51, 0x0200).word(52, 0x0200);
  id.word(53, 0x0007);  // words 54 to 58, 64 to 70 and 88 are valid
  id.word(54, geometry_.cylinders).word(55, geometry_.heads).word(56, geometry_.sectors);
  id.double_word(57, chs_capacity);
  if (multiple_ != 0) id.word(59, 0x0100 | multiple_);
  id.double_word(60, std::min(sectors_, most_lba28));
  id.transfer_modes(transfer_mode_);
  id.word(80, 0x00f0).word(81, 0x0016);   // ATA-4 to ATA-7
  id.word(82, 0x4000 | write_cache_bit);  // NOP; no SMART
  id.word(83, 0x7400);                    // FLUSH CACHE (EXT), 48-bit addresses
  id.word(84, 0x4000);
  id.word(85, 0x4000 | (write_cache_ ? write_cache_bit : 0));
  id.word(86, 0x3400);
  id.word(87, 0x4000);
  id.word(93, 0x6001);
  id.double_word(100, sectors_);
  id.double_word(102, sectors_ >> 32);
  return id.bytes();
}

}  // namespace quince::devices
