// An ATA hard disk (ATA/ATAPI-6): PIO, multiple and DMA transfers, CHS, 28 and 48-bit addresses, write cache.
#pragma once

#include <memory>
#include <string>

#include "devices/ata_drive.h"

namespace quince::devices {

class AtaDisk final : public AtaDrive {
 public:
  static constexpr u32 sector_bytes = 512;

  // serial: at most 20 characters. The medium is a multiple of 512 bytes.
  AtaDisk(Scheduler& scheduler, std::unique_ptr<BlockDevice> medium, std::string serial);

  const BlockDevice& medium() const { return *medium_; }

 protected:
  void execute(u8 code) override;
  void set_signature() override;
  u8 status_after_reset() const override { return idle; }
  void restore_defaults() override;

 private:
  enum class Address : u8 { lba28, lba48 };  // 28: or CHS, as the device register says
  enum class Way : u8 { sectors, multiple, dma };
  struct Command {
    u8 code;
    void (AtaDisk::*run)(const Command&);
    Address address = Address::lba28;
    Way way = Way::sectors;
  };
  struct Geometry {
    u32 cylinders, heads, sectors;
  };
  static std::span<const Command> commands();

  void read_sectors(const Command&);
  void write_sectors(const Command&);
  void verify_sectors(const Command&);
  void identify(const Command&);
  void set_features(const Command&);
  void set_multiple(const Command&);
  void initialize_parameters(const Command&);
  void check_power_mode(const Command&);
  void run_diagnostics(const Command&);
  void flush_cache(const Command&);
  void do_nothing(const Command&);

  bool begin_range(const Command& command);  // false: the command has failed
  bool locate(Address address, u64& sector) const;
  std::size_t next_bytes() const;
  Phase phase(bool first_interrupt) const;
  void read_next();
  void write_next(bool first);
  void verify_next();
  void advance(std::size_t bytes);
  void fail_at(u64 sector, u8 error);
  std::vector<u8> identity() const;

  const std::unique_ptr<BlockDevice> medium_;
  const std::string serial_;
  const u64 sectors_;
  const Geometry default_geometry_;
  Geometry geometry_{};
  u8 multiple_ = 0;       // sectors; 0: READ and WRITE MULTIPLE are off
  u8 transfer_mode_ = 0;  // as SET FEATURES numbers them
  bool write_cache_ = true;

  // The command under way.
  Command current_{};
  u64 sector_ = 0, left_ = 0;  // next, and how many
};

}  // namespace quince::devices
