#include "devices/atapi_cdrom.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "devices/ata_identity.h"

namespace quince::devices {

namespace {

constexpr u64 seek_ns = 300'000, nanoseconds_per_byte = 20;
constexpr u64 largest_piece = 512;  // blocks of a long read, at once

constexpr u8 device_reset_code = 0x08;
constexpr u8 features_dma = 0x01;
constexpr u32 most_bytes_at_once = 0xfffe;

// The sector count register is the interrupt reason here.
constexpr u8 reason_command = 1, reason_to_host = 2, reason_status = reason_command | reason_to_host;

namespace key {
enum : u8 { not_ready = 2, medium_error = 3, illegal_request = 5, unit_attention = 6 };
}

namespace media_event {
enum : u8 { none, eject_requested, new_medium, medium_removed };
}
constexpr u8 media_class = 4;

constexpr u16 profile_cd = 0x0008, profile_dvd = 0x0010;
constexpr u32 most_cd_blocks = 405'000;  // 90 minutes: what is larger is a DVD

constexpr u8 data_track = 0x14;  // ADR 1, control 4
constexpr u8 lead_out = 0xaa;

constexpr u32 get16(const u8* from) { return u32{from[0]} << 8 | from[1]; }
constexpr u32 get32(const u8* from) { return get16(from) << 16 | get16(from + 2); }

// Big-endian data, a field after the other.
class Builder {
 public:
  Builder& bytes(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) data_.push_back(static_cast<u8>(value));
    return *this;
  }
  Builder& word(u32 value) { return bytes({value >> 8, value}); }
  Builder& double_word(u32 value) { return word(value >> 16).word(value); }
  Builder& text(std::string_view text, std::size_t length) {
    for (std::size_t n = 0; n < length; ++n)
      data_.push_back(n < text.size() ? static_cast<u8>(text[n]) : ' ');
    return *this;
  }
  Builder& append(const std::vector<u8>& more) {
    data_.insert(data_.end(), more.begin(), more.end());
    return *this;
  }
  // The word at the very start becomes the number of bytes after it.
  std::vector<u8> with_length_16() {
    const std::size_t length = data_.size() - 2;
    data_[0] = static_cast<u8>(length >> 8), data_[1] = static_cast<u8>(length);
    return take();
  }
  std::vector<u8> take() { return std::move(data_); }

 private:
  std::vector<u8> data_;
};

// Minutes, seconds and frames count from two seconds before block 0.
Builder& address(Builder& to, u32 block, bool msf) {
  if (!msf) return to.double_word(block);
  const u32 frames = block + 150;
  return to.bytes({0, frames / (75 * 60), frames / 75 % 60, frames % 75});
}

}  // namespace

AtapiCdrom::AtapiCdrom(Scheduler& scheduler, std::unique_ptr<BlockDevice> medium, std::string serial)
    : AtaDrive(scheduler), medium_(std::move(medium)), serial_(std::move(serial)) {
  restore_defaults();
  set_signature();
}

bool AtapiCdrom::is_dvd() const { return blocks() > most_cd_blocks; }

// --- At the tray ---

void AtapiCdrom::open_tray() {
  if (std::exchange(tray_open_, true) || !medium_) return;
  media_event_ = media_event::medium_removed;
}

void AtapiCdrom::close_tray() {
  if (!std::exchange(tray_open_, false) || !medium_) return;
  media_event_ = media_event::new_medium;
  attention_ = {key::unit_attention, 0x28, 0};  // medium may have changed
}

void AtapiCdrom::insert(std::unique_ptr<BlockDevice> medium) {
  if (reading_) {
    give_up();
    check({key::not_ready, 0x3a, 0x02});
  }
  open_tray();
  medium_ = std::move(medium);
  close_tray();
}

void AtapiCdrom::press_eject() {
  if (tray_open_) {
    close_tray();
  } else if (locked_ || reading_) {
    media_event_ = media_event::eject_requested;
  } else {
    open_tray();
  }
}

// --- ATA commands ---

std::span<const AtapiCdrom::AtaCommand> AtapiCdrom::ata_commands() {
  static constexpr AtaCommand table[] = {
      {device_reset_code, &AtapiCdrom::device_reset},
      {0x20, &AtapiCdrom::show_signature},  // READ SECTORS
      {0x90, &AtapiCdrom::run_diagnostics},
      {0xa0, &AtapiCdrom::begin_packet},
      {0xa1, &AtapiCdrom::identify_packet},
      {0xe0, &AtapiCdrom::do_nothing},  // power management
      {0xe1, &AtapiCdrom::do_nothing},
      {0xe2, &AtapiCdrom::do_nothing},
      {0xe3, &AtapiCdrom::do_nothing},
      {0xe5, &AtapiCdrom::check_power_mode},
      {0xe6, &AtapiCdrom::do_nothing},
      {0xec, &AtapiCdrom::show_signature},  // IDENTIFY DEVICE
      {0xef, &AtapiCdrom::set_features},
  };
  return table;
}

bool AtapiCdrom::accepts(u8 code) const { return code == device_reset_code || AtaDrive::accepts(code); }

void AtapiCdrom::execute(u8 code) {
  forget_command();
  const auto table = ata_commands();
  const auto found = std::ranges::find(table, code, &AtaCommand::code);
  if (found == table.end()) return abort();
  (this->*found->run)();
}

void AtapiCdrom::restore_defaults() {
  locked_ = false;
  sense_ = attention_ = {};
  transfer_mode_ = ata_transfer_mode::default_mode;
}

void AtapiCdrom::forget_command() { expects_packet_ = reading_ = false; }

void AtapiCdrom::set_signature() {
  const u8 device = task_file_.device;
  task_file_ = {};
  task_file_.device = device;
  task_file_.sector_count.set(1);
  task_file_.lba_low.set(1);
  task_file_.lba_mid.set(0x14);
  task_file_.lba_high.set(0xeb);
}

void AtapiCdrom::device_reset() { diagnose(); }

// Commands of disks are refused, and the registers tell what this is.
void AtapiCdrom::show_signature() {
  set_signature();
  abort();
}

void AtapiCdrom::run_diagnostics() {
  complete();
  diagnose();
}

void AtapiCdrom::check_power_mode() {
  constexpr u8 active_or_idle = 0xff;
  task_file_.sector_count.set(active_or_idle);
  complete();
}

void AtapiCdrom::set_features() {
  constexpr u8 set_transfer_mode = 0x03;
  const u8 mode = task_file_.sector_count.current;
  if (task_file_.features.current != set_transfer_mode || !ata_transfer_mode::is_supported(mode))
    return abort();
  transfer_mode_ = mode;
  complete();
}

void AtapiCdrom::identify_packet() {
  AtaIdentity id;
  id.word(0, 0x85c0);  // ATAPI, CD-ROM, removable, DRQ within 50 us, 12-byte packets
  id.text(10, 20, serial_);
  id.text(23, 8, "1.0");
  id.text(27, 40, "QUINCE DVD-ROM");
  id.word(48, 1);
  id.word(49, 0x0b00);  // LBA, DMA, IORDY
  id.word(51, 0x0200).word(52, 0x0200);
  id.word(53, 0x0007);
  id.transfer_modes(transfer_mode_);
  id.word(80, 0x001e);                                    // ATA-1 to ATA/ATAPI-4
  id.word(82, 0x4210).word(83, 0x4000).word(84, 0x4000);  // NOP, DEVICE RESET, PACKET
  id.word(85, 0x4210).word(86, 0).word(87, 0x4000);
  id.word(93, 0x6001);
  send(id.bytes(), {.block = 512}, [this] { complete_silently(); });
}

// --- The packet protocol ---

void AtapiCdrom::begin_packet() {
  dma_ = (task_file_.features.current & features_dma) != 0;
  byte_count_limit_ = task_file_.lba_mid.current | u32{task_file_.lba_high.current} << 8;
  expects_packet_ = true;
  const u32 bytes = sizeof(Packet);
  receive(bytes, {.block = bytes, .interrupt_at_first = false, .pause_at_end = true}, [this] {
    expects_packet_ = false;
    Packet packet;
    std::ranges::copy(received(), packet.begin());
    run_packet(packet);
  });
}

void AtapiCdrom::block_ready(u32 bytes) {
  if (expects_packet_) {
    task_file_.sector_count.set(reason_command);
    return;
  }
  task_file_.sector_count.set(reason_to_host);
  task_file_.lba_mid.set(static_cast<u8>(bytes));
  task_file_.lba_high.set(static_cast<u8>(bytes >> 8));
}

void AtapiCdrom::good() {
  reading_ = false;
  task_file_.sector_count.set(reason_status);
  complete();
}

void AtapiCdrom::check(Sense sense) {
  reading_ = false;
  sense_ = sense;
  task_file_.sector_count.set(reason_status);
  fail(static_cast<u8>(sense.key << 4 | (sense.key == key::illegal_request ? ata_error::aborted : 0)));
}

void AtapiCdrom::transfer(std::vector<u8> data, Then then) {
  u32 limit = byte_count_limit_;
  if (limit == 0 || limit > most_bytes_at_once) limit = most_bytes_at_once;
  if (data.size() > limit) limit &= ~1U;  // only the last piece may be odd
  if (!dma_ && limit == 0) {
    reading_ = false;
    return abort();
  }
  send(std::move(data), {.dma = dma_, .block = limit, .pause_at_end = true}, std::move(then));
}

void AtapiCdrom::reply(std::vector<u8> data, std::size_t allocated) {
  data.resize(std::min(data.size(), allocated));
  if (data.empty()) return good();
  transfer(std::move(data), [this] { good(); });
}

std::span<const AtapiCdrom::PacketCommand> AtapiCdrom::packet_commands() {
  static constexpr PacketCommand table[] = {
      {0x00, &AtapiCdrom::test_unit_ready, medium_in},
      {0x03, &AtapiCdrom::request_sense, nothing, passes_attention},
      {0x12, &AtapiCdrom::inquiry, nothing, passes_attention},
      {0x1a, &AtapiCdrom::mode_sense_6},
      {0x1b, &AtapiCdrom::start_stop_unit},
      {0x1e, &AtapiCdrom::prevent_allow_removal},
      {0x25, &AtapiCdrom::read_capacity, medium_in},
      {0x28, &AtapiCdrom::read_10, medium_in},
      {0x2b, &AtapiCdrom::seek, medium_in},
      {0x43, &AtapiCdrom::read_toc, medium_in},
      {0x46, &AtapiCdrom::get_configuration, nothing, passes_attention},
      {0x4a, &AtapiCdrom::get_event_status, nothing, passes_attention},
      {0x51, &AtapiCdrom::read_disc_information, medium_in},
      {0x5a, &AtapiCdrom::mode_sense_10},
      {0xa8, &AtapiCdrom::read_12, medium_in},
      {0xbb, &AtapiCdrom::accept},  // SET CD SPEED
      {0xbd, &AtapiCdrom::mechanism_status},
      {0xbe, &AtapiCdrom::read_cd, medium_in},
  };
  return table;
}

void AtapiCdrom::run_packet(const Packet& packet) {
  if (on_packet) on_packet(packet);
  const auto table = packet_commands();
  const auto found = std::ranges::find(table, packet[0], &PacketCommand::code);
  if (found == table.end()) return check({key::illegal_request, 0x20, 0});  // invalid operation code
  if (found->attention == reports_attention) {
    if (!attention_.none()) return check(std::exchange(attention_, {}));
    if (found->needs == medium_in && !loaded()) {
      return check({key::not_ready, 0x3a, static_cast<u8>(tray_open_ ? 0x02 : 0x01)});
    }
  }
  if (found->run != &AtapiCdrom::request_sense) sense_ = {};
  (this->*found->run)(packet);
}

// --- Packet commands ---

void AtapiCdrom::test_unit_ready(const Packet&) { good(); }

void AtapiCdrom::request_sense(const Packet& packet) {
  const Sense sense = sense_.none() ? std::exchange(attention_, {}) : std::exchange(sense_, {});
  Builder data;
  data.bytes({0x70, 0, sense.key, 0, 0, 0, 0, 10, 0, 0, 0, 0, sense.code, sense.qualifier, 0, 0, 0, 0});
  reply(data.take(), packet[4]);
}

void AtapiCdrom::inquiry(const Packet& packet) {
  constexpr u8 vital_product_data = 1;
  if ((packet[1] & vital_product_data) != 0 || packet[2] != 0) return check({key::illegal_request, 0x24, 0});
  Builder data;
  data.bytes({0x05, 0x80, 0, 0x21, 31, 0, 0, 0});  // CD-ROM, removable, ATAPI
  data.text("QUINCE", 8).text("QUINCE DVD-ROM", 16).text("1.0", 4);
  reply(data.take(), packet[4]);
}

void AtapiCdrom::start_stop_unit(const Packet& packet) {
  constexpr u8 start = 1, load_or_eject = 2;
  if ((packet[4] & load_or_eject) == 0) return good();
  if ((packet[4] & start) != 0) {
    close_tray();
  } else if (locked_) {
    return check({key::illegal_request, 0x53, 0x02});  // removal prevented
  } else {
    open_tray();
  }
  good();
}

void AtapiCdrom::prevent_allow_removal(const Packet& packet) {
  locked_ = (packet[4] & 1) != 0;
  good();
}

void AtapiCdrom::read_capacity(const Packet&) {
  Builder data;
  data.double_word(blocks() - 1).double_word(block_bytes);
  reply(data.take(), 8);
}

void AtapiCdrom::read_10(const Packet& packet) { read_blocks(get32(&packet[2]), get16(&packet[7])); }
void AtapiCdrom::read_12(const Packet& packet) { read_blocks(get32(&packet[2]), get32(&packet[6])); }

// User data only: images have nothing else.
void AtapiCdrom::read_cd(const Packet& packet) {
  constexpr u8 user_data = 0x10, main_channel_bits = 0xf8, subchannel_bits = 0x07;
  const u32 count = u32{packet[6]} << 16 | get16(&packet[7]);
  const u8 wanted = packet[9] & main_channel_bits;
  if ((packet[10] & subchannel_bits) != 0 || (wanted != 0 && wanted != user_data)) {
    return check({key::illegal_request, 0x24, 0});
  }
  read_blocks(get32(&packet[2]), wanted == 0 ? 0 : count);
}

void AtapiCdrom::seek(const Packet& packet) { read_blocks(get32(&packet[2]), 0); }

void AtapiCdrom::read_blocks(u32 first, u32 count) {
  if (first >= blocks() || count > blocks() - first)
    return check({key::illegal_request, 0x21, 0});  // out of range
  if (count == 0) return good();
  block_ = first;
  left_ = count;
  reading_ = true;
  read_next();
}

void AtapiCdrom::read_next() {
  BlockRequest request{
      .kind = BlockRequest::Kind::read, .offset = block_ * block_bytes, .data = take_buffer()};
  request.data.resize(static_cast<std::size_t>(std::min(left_, largest_piece) * block_bytes));
  const u64 time = seek_ns + request.data.size() * nanoseconds_per_byte;
  io_.start(*medium_, std::move(request), time, [this](BlockRequest result) {
    if (result.error != 0) return check({key::medium_error, 0x11, 0});  // unrecovered read error
    block_ += result.data.size() / block_bytes;
    left_ -= result.data.size() / block_bytes;
    transfer(std::move(result.data), [this] {
      if (left_ != 0) return read_next();
      good();
    });
  });
}

void AtapiCdrom::read_toc(const Packet& packet) {
  const bool msf = (packet[1] & 2) != 0;
  // The format is in byte 2; drives before MMC had it in byte 9.
  const unsigned format = (packet[2] & 0x0f) != 0 ? packet[2] & 0x0fU : packet[9] >> 6;
  const u8 first_wanted = packet[6];
  Builder data;
  data.word(0).bytes({1, 1});  // first and last track or session
  switch (format) {
    case 0:  // tracks
      if (first_wanted > 1 && first_wanted != lead_out) return check({key::illegal_request, 0x24, 0});
      if (first_wanted <= 1) address(data.bytes({0, data_track, 1, 0}), 0, msf);
      address(data.bytes({0, data_track, lead_out, 0}), blocks(), msf);
      break;
    case 1:  // sessions
      address(data.bytes({0, data_track, 1, 0}), 0, msf);
      break;
    case 2:  // everything, as in the lead-in
      data.bytes({1, data_track, 0, 0xa0, 0, 0, 0, 0, 1, 0, 0});
      data.bytes({1, data_track, 0, 0xa1, 0, 0, 0, 0, 1, 0, 0});
      address(data.bytes({1, data_track, 0, 0xa2, 0, 0, 0}), blocks(), true);
      address(data.bytes({1, data_track, 0, 1, 0, 0, 0}), 0, true);
      break;
    default: return check({key::illegal_request, 0x24, 0});  // invalid field
  }
  reply(data.with_length_16(), get16(&packet[7]));
}

void AtapiCdrom::get_configuration(const Packet& packet) {
  struct Feature {
    u16 code;
    u8 version_and_flags;  // version << 2 | persistent << 1 | current
    std::vector<u8> data;
  };
  constexpr u8 always = 3;
  const u8 with_cd = loaded() && !is_dvd(), with_dvd = loaded() && is_dvd(), with_any = loaded();
  const Feature features[] = {
      {0x0000, always, {0, profile_dvd, with_dvd, 0, 0, profile_cd, with_cd, 0}},  // profiles
      {0x0001, 2 << 2 | always, {0, 0, 0, 2, 1, 0, 0, 0}},                         // core: ATAPI
      {0x0003, always, {0x29, 0, 0, 0}},                                           // tray, eject, lock
      {0x0010, with_any, {0, 0, block_bytes >> 8, 0, 0, 1, 0, 0}},                 // random readable
      {0x001e, static_cast<u8>(2 << 2 | with_cd), {0, 0, 0, 0}},                   // reads CDs
      {0x001f, with_dvd, {}},                                                      // reads DVDs
      {0x0100, always, {}},                                                        // power management
      {0x0105, always, {}},                                                        // time-outs
  };
  enum RequestType : u8 { all, current_only, one };
  const u8 type = packet[1] & 3;
  const u32 from = get16(&packet[2]);

  Builder list;
  list.word(0).word(with_dvd ? profile_dvd : with_cd ? profile_cd : 0);
  for (const Feature& feature : features) {
    const bool wanted = type == one
                            ? feature.code == from
                            : feature.code >= from && (type == all || (feature.version_and_flags & 1) != 0);
    if (!wanted) continue;
    list.word(feature.code).bytes({feature.version_and_flags, static_cast<unsigned>(feature.data.size())});
    list.append(feature.data);
  }
  const std::vector<u8> body = list.take();
  reply(Builder().double_word(static_cast<u32>(body.size())).append(body).take(), get16(&packet[7]));
}

void AtapiCdrom::get_event_status(const Packet& packet) {
  constexpr u8 polled = 1, no_event_available = 0x80, media_class_bit = 1 << media_class;
  if ((packet[1] & polled) == 0) return check({key::illegal_request, 0x24, 0});  // there is no other way
  Builder data;
  if ((packet[4] & media_class_bit) == 0) {
    data.word(0).bytes({no_event_available, media_class_bit});
  } else {
    const u8 status = static_cast<u8>((loaded() ? 2 : 0) | (tray_open_ ? 1 : 0));
    data.word(0).bytes(
        {media_class, media_class_bit, std::exchange(media_event_, media_event::none), status, 0, 0});
  }
  reply(data.with_length_16(), get16(&packet[7]));
}

void AtapiCdrom::read_disc_information(const Packet& packet) {
  Builder data;
  data.word(0).bytes({0x0e, 1, 1, 1, 1, 0x20, 0, 0, 0, 0});  // one complete session of one track
  data.double_word(0).double_word(0xffff'ffff).double_word(0xffff'ffff).double_word(0).double_word(0).word(0);
  reply(data.with_length_16(), get16(&packet[7]));
}

u8 AtapiCdrom::medium_type() const {
  constexpr u8 data_cd = 0x01, door_closed = 0x70, door_open = 0x71;
  return loaded() ? data_cd : tray_open_ ? door_open : door_closed;
}

std::vector<u8> AtapiCdrom::capabilities_page() const {
  constexpr u32 speed = 5645;  // kB/s: 32 times that of music
  const u8 lock_and_tray = static_cast<u8>(0x29 | (locked_ ? 2 : 0));
  Builder page;
  page.bytes({0x2a, 18, 0x0b, 0, 0x70, 0, lock_and_tray, 0});  // reads CD-R, CD-RW, DVD; mode 2, sessions
  page.word(speed).word(0).word(512).word(speed).double_word(0);
  return page.take();
}

std::vector<u8> AtapiCdrom::mode_pages(const Packet& packet, bool& supported) const {
  enum PageControl : u8 { current_values, changeable_values, default_values, saved_values };
  constexpr u8 error_recovery = 0x01, audio = 0x0e, capabilities = 0x2a, all_pages = 0x3f;
  const u8 control = packet[2] >> 6, wanted = packet[2] & 0x3f;

  const std::pair<u8, std::vector<u8>> pages[] = {
      {error_recovery, {error_recovery, 6, 0, 5, 0, 0, 0, 0}},
      {audio, {audio, 14, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {capabilities, capabilities_page()},
  };
  std::vector<u8> data;
  for (const auto& [code, page] : pages) {
    if (wanted != code && wanted != all_pages) continue;
    const auto start = data.insert(data.end(), page.begin(), page.end());
    if (control == changeable_values) std::fill(start + 2, data.end(), u8{0});
  }
  supported = !data.empty() && control != saved_values;
  return data;
}

void AtapiCdrom::mode_sense_6(const Packet& packet) {
  bool supported = false;
  const auto pages = mode_pages(packet, supported);
  if (!supported) return check({key::illegal_request, 0x24, 0});
  const unsigned length = static_cast<unsigned>(3 + pages.size());
  reply(Builder().bytes({length, medium_type(), 0, 0}).append(pages).take(), packet[4]);
}

void AtapiCdrom::mode_sense_10(const Packet& packet) {
  bool supported = false;
  const auto pages = mode_pages(packet, supported);
  if (!supported) return check({key::illegal_request, 0x24, 0});
  Builder data;
  data.word(0).bytes({medium_type(), 0, 0, 0, 0, 0}).append(pages);
  reply(data.with_length_16(), get16(&packet[7]));
}

void AtapiCdrom::mechanism_status(const Packet& packet) {
  constexpr u8 door_open = 0x10;
  Builder data;
  data.bytes({0, tray_open_ ? door_open : 0U, 0, 0, 0, 1, 0, 0});
  reply(data.take(), get16(&packet[8]));
}

}  // namespace quince::devices
