// Streams of ATA and ATAPI commands, good and bad, by PIO and DMA, with resets, failing media and somebody at
// the tray in between. Besides not to crash: nobody reaches beyond a medium or writes a CD, status bits go
// together, and after all of it the disk reads what is on it.
#include "devices/ata.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "devices/ata_disk.h"
#include "devices/atapi_cdrom.h"
#include "tests/devices/support/fake_memory.h"
#include "tests/devices/support/fake_scheduler.h"
#include "tests/fuzz/bytes.h"

namespace quince::fuzz {
namespace {

using namespace devices;

constexpr std::size_t sector_bytes = 512;
using Sector = std::array<u8, sector_bytes>;

// What never was written reads as a function of its place; what is written far from the start is forgotten.
struct Medium {
  u64 bytes = 0;
  bool read_only = false;
  std::mutex mutex;
  std::map<u64, Sector> written{};
  u64 bad_from = ~u64{0};
  bool flush_fails = false;

  static constexpr u64 remembered = 64;  // sectors
  Sector sector(u64 number) const {
    const auto found = written.find(number);
    if (found != written.end()) return found->second;
    Sector content;
    for (std::size_t n = 0; n < content.size(); ++n) content[n] = static_cast<u8>(number * 31 + n / 2);
    return content;
  }
};

class Storage final : public BlockStorage {
 public:
  explicit Storage(std::shared_ptr<Medium> medium) : medium_(std::move(medium)) {}
  u64 bytes() const override { return medium_->bytes; }
  bool read_only() const override { return medium_->read_only; }
  int read(u64 offset, std::span<u8> to) override {
    const std::scoped_lock lock(medium_->mutex);
    if (!usable(offset, to.size())) return EIO;
    for (; !to.empty(); to = to.subspan(sector_bytes), offset += sector_bytes) {
      std::ranges::copy(medium_->sector(offset / sector_bytes), to.begin());
    }
    return 0;
  }
  int write(u64 offset, std::span<const u8> from) override {
    const std::scoped_lock lock(medium_->mutex);
    require(!medium_->read_only, "a medium is written that can only be read");
    if (!usable(offset, from.size())) return ENOSPC;
    for (; !from.empty(); from = from.subspan(sector_bytes), offset += sector_bytes) {
      if (offset / sector_bytes >= Medium::remembered) break;
      std::ranges::copy(from.first(sector_bytes), medium_->written[offset / sector_bytes].begin());
    }
    return 0;
  }
  int flush() override {
    const std::scoped_lock lock(medium_->mutex);
    return medium_->flush_fails ? EIO : 0;
  }

 private:
  bool usable(u64 offset, std::size_t size) const {
    require(offset % sector_bytes == 0 && size % sector_bytes == 0, "not whole sectors");
    require(size != 0 && offset <= medium_->bytes && size <= medium_->bytes - offset, "beyond the medium");
    return offset + size <= medium_->bad_from;
  }
  std::shared_ptr<Medium> medium_;
};

std::shared_ptr<Medium> make_medium(u64 bytes, bool read_only) {
  auto medium = std::make_shared<Medium>();
  medium->bytes = bytes;
  medium->read_only = read_only;
  return medium;
}
std::unique_ptr<BlockDevice> device_of(std::shared_ptr<Medium> medium) {
  return std::make_unique<BlockDevice>("medium", std::make_unique<Storage>(std::move(medium)),
                                       [](const std::string&) {});
}

constexpr u64 disk_sizes[] = {sector_bytes, 64 * sector_bytes, 5000 * sector_bytes, u64{1} << 37,
                              u64{1} << 40};
constexpr u64 disc_sizes[] = {2048, 600 * 2048, u64{700} << 20, u64{4} << 30};

class World {
 public:
  explicit World(Bytes& in)
      : medium_(make_medium(in.pick(disk_sizes), in.below(8) == 7)),
        disc_(make_medium(in.pick(disc_sizes), true)),
        disk_(scheduler_, device_of(medium_), "D"),
        cdrom_(scheduler_, in.below(8) == 7 ? nullptr : device_of(disc_), "C") {
    cell_.attach(0, disk_);
    if (in.below(16) != 15) cell_.attach(1, cdrom_);
  }

  void play(Bytes& in) {
    while (!in.empty()) {
      step(in);
      check();
    }
    look_at_disk();
  }

 private:
  enum Register : u32 {
    data,
    features,
    sector_count,
    lba_low,
    lba_mid,
    lba_high,
    device,
    command,
    control = 0x16
  };
  static constexpr u8 busy = 0x80, data_request = 0x08;

  u8 in_byte(u32 number) { return static_cast<u8>(cell_.read(number << 4, 1)); }
  void out(u32 number, u8 value) {
    if (number == control || number == 8) interrupts_off_ = value & 2;
    cell_.write(number << 4, 1, value);
  }
  void pass(u64 nanoseconds) { scheduler_.run_for(nanoseconds); }

  // --- Commands ---
  static constexpr u8 disk_commands[] = {0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0x40, 0x42, 0x90,
                                         0x91, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xe5, 0xe7, 0xec, 0xef, 0x10};
  // Registers as a driver writes them, the previous values of 48-bit fields first.
  void disk_command(Bytes& in) {
    const u8 code = in.pick(disk_commands), where = in.u8(), count = in.u8();
    out(device, static_cast<u8>((where & 0xf0) == 0xf0 ? 0 : 0x40));
    for (const u32 field : {sector_count, lba_low, lba_mid, lba_high}) out(field, where & 1 ? in.u8() : 0);
    out(sector_count, count);
    out(lba_low, where & 2 ? in.u8() : 1);
    out(lba_mid, where & 4 ? in.u8() : 0);
    out(lba_high, where & 8 ? in.u8() : 0);
    if (code == 0xef) out(features, in.u8());
    out(command, code);
    pass(60'000);
  }
  static constexpr u8 packets[] = {0x00, 0x03, 0x12, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x2b,
                                   0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbb, 0xbd, 0xbe};
  void packet(u8 how, Bytes& in) {
    out(device, 0x10);
    out(features, how & 1);
    const u16 limit = how & 2 ? in.u16() : 0xfffe;
    out(lba_mid, static_cast<u8>(limit)), out(lba_high, static_cast<u8>(limit >> 8));
    out(command, 0xa0);
    pass(10'000);
    std::array<u8, 12> bytes{in.pick(packets)};
    for (u8& byte : std::span(bytes).subspan(1)) byte = how & 4 ? in.u8() : 0;
    if (!(how & 4)) {  // an address, a count and room for the answer
      bytes[5] = in.u8() & 0x0f, bytes[8] = in.u8(), bytes[4] = 0xff;
      bytes[2] = static_cast<u8>(how & 8 ? in.u8() : 0);
    }
    for (unsigned n = 0; n < 12; n += 2) cell_.write(data, 2, u64{bytes[n]} << 8 | bytes[n + 1]);
    pass(10'000);
  }
  void transfer(u8 how, unsigned times) {
    const unsigned bytes = 1u << (how & 3);
    for (; times > 0; --times) {
      if (how & 4) {
        cell_.write(data, bytes, 0x0123'4567'89ab'cdef >> (64 - 8 * bytes));
      } else {
        const u64 value = cell_.read(data, bytes);
        require(bytes == 8 || value >> 8 * bytes == 0, "data are wider than their access");
      }
    }
  }

  // --- DMA ---
  static constexpr u32 list = 0x100, run = 0x8000;
  void dma(u32 offset, u32 value) { dma_.write(0xb00 + offset, 4, reverse_bytes(value, 4)); }
  void start_dma(u8 how, Bytes& in) {
    u32 at = list;
    for (unsigned n = how & 3; n > 0; --n, at += 16) {
      put_descriptor(memory_, at, how & 4 ? 0x2000 : 0, in.u16(), (how & 8 ? 0 : 0xffff'0000) | in.u16());
    }
    put_descriptor(memory_, at, 0x7000, 0, 0);
    dma(0x00, run << 16);
    dma(0x0c, list);
    dma(0x00, run << 16 | run);
  }

  void at_the_drive(u8 how) {
    if (how & 1) return cdrom_.press_eject();
    cdrom_.insert(device_of(disc_));
  }
  void break_medium(u8 how, Bytes& in) {
    const std::scoped_lock lock(medium_->mutex, disc_->mutex);
    (how & 1 ? disc_ : medium_)->bad_from = how & 2 ? ~u64{0} : in.u16() * u64{sector_bytes};
    medium_->flush_fails = how & 4;
  }

  void step(Bytes& in) {
    const u8 how = in.u8();
    switch (how >> 4) {
      case 0:
      case 1: return disk_command(in);
      case 2:
      case 3: return packet(how & 15, in);
      case 4: out(how & 7, in.u8()); return;
      case 5: out(how & 1 ? u32{control} : 8u, in.u8()); return;
      case 6: in_byte(how & 8 ? u32{control} : how & 7u); return;
      case 7:
      case 8: return transfer(how, in.u8() * (how & 8 ? 4u : 1u));
      case 9:
      case 10: return pass(u64{in.u8()} << (how & 15));
      case 11: return start_dma(how, in);
      case 12: dma(in.u8() & 0x1c, in.u32()); return;
      case 13: return at_the_drive(how);
      case 14: return break_medium(how, in);
      default:
        interrupts_off_.reset();  // who knows
        if (how == 0xff) return cell_.reset();
        cell_.write(in.u16() & 0xfff, 1u << (how & 3), in.u64());
        cell_.read(in.u16() & 0xfff, 1u << (how & 3));
    }
  }

  void check() {
    const u8 status = in_byte(control);
    require((status & (busy | data_request)) != (busy | data_request), "busy, and yet it requests data");
    require(!interrupts_off_.value_or(false) || !cell_.interrupt.asserted(),
            "an interrupt that is switched off");
    require(cdrom_.medium() == nullptr || !cdrom_.tray_open(), "a medium in an open tray");
  }

  Sector first_sector() const {
    const std::scoped_lock lock(medium_->mutex);
    return medium_->sector(0);
  }
  void look_at_disk() {
    {
      const std::scoped_lock lock(medium_->mutex);
      medium_->bad_from = ~u64{0};
    }
    dma(0x00, run << 16);
    out(control, 0x04);
    out(control, 0x00);
    pass(1'000'000);
    require(scheduler_.idle(), "something goes on after a reset");
    out(device, 0x40);
    out(sector_count, 1), out(lba_low, 0), out(lba_mid, 0), out(lba_high, 0);
    out(command, 0x20);
    require(scheduler_.run_until([this] { return !(in_byte(control) & busy); }), "the disk does not answer");
    require(in_byte(command) == 0x58, "the disk cannot be read");
    const Sector expected = first_sector();
    for (unsigned n = 0; n < sector_bytes; n += 2) {
      const u64 word = cell_.read(data, 2);
      require(word == u64{u64{expected[n]} << 8 | expected[n + 1]}, "the disk reads something else");
    }
    require(in_byte(command) == 0x50, "a read does not end");
  }

  FakeScheduler scheduler_{true};
  FakeMemory memory_{64 << 10};
  Dbdma dma_{scheduler_, memory_};
  MacIoAta cell_{scheduler_, dma_.channel(0xb)};
  std::shared_ptr<Medium> medium_, disc_;
  AtaDisk disk_;
  AtapiCdrom cdrom_;
  std::optional<bool> interrupts_off_;
};

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  quince::fuzz::Bytes in(data, size);
  quince::fuzz::World(in).play(in);
  return 0;
}
