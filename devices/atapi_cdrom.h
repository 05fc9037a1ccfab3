// An ATAPI CD-ROM drive with a tray: the packet protocol (ATA/ATAPI-6) and the commands of a read-only
// multimedia unit (MMC-3, SPC-2).
#pragma once

#include <array>
#include <memory>
#include <string>

#include "devices/ata_drive.h"

namespace quince::devices {

class AtapiCdrom final : public AtaDrive {
 public:
  static constexpr u32 block_bytes = 2048;

  // serial: at most 20 characters. medium: null for an empty drive.
  AtapiCdrom(Scheduler& scheduler, std::unique_ptr<BlockDevice> medium, std::string serial);

  // Somebody at the drive, while the guest runs. Insert replaces what was in it, with force if need be; the
  // guest finds out by itself.
  void insert(std::unique_ptr<BlockDevice> medium);
  // The button: opens the tray, or, if the guest has locked it, tells the guest that somebody wants it open.
  void press_eject();
  const BlockDevice* medium() const { return loaded() ? medium_.get() : nullptr; }
  bool tray_open() const { return tray_open_; }
  bool locked() const { return locked_; }
  std::function<void(std::span<const u8> packet)> on_packet;  // for who watches it: a command has come

 protected:
  void execute(u8 code) override;
  bool accepts(u8 code) const override;
  void set_signature() override;
  u8 status_after_reset() const override { return 0; }
  void restore_defaults() override;
  void forget_command() override;
  void block_ready(u32 bytes) override;

 private:
  using Packet = std::array<u8, 12>;
  struct Sense {
    u8 key = 0, code = 0, qualifier = 0;
    bool none() const { return key == 0; }
  };
  struct AtaCommand {
    u8 code;
    void (AtapiCdrom::*run)();
  };
  enum Needs : u8 { nothing, medium_in };
  enum Attention : u8 { reports_attention, passes_attention };
  struct PacketCommand {
    u8 code;
    void (AtapiCdrom::*run)(const Packet&);
    Needs needs = nothing;
    Attention attention = reports_attention;
  };
  static std::span<const AtaCommand> ata_commands();
  static std::span<const PacketCommand> packet_commands();

  // --- ATA commands ---
  void device_reset();
  void show_signature();
  void run_diagnostics();
  void begin_packet();
  void identify_packet();
  void set_features();
  void check_power_mode();
  void do_nothing() { complete(); }

  // --- Packet commands ---
  void run_packet(const Packet& packet);
  void test_unit_ready(const Packet&);
  void request_sense(const Packet& packet);
  void inquiry(const Packet& packet);
  void start_stop_unit(const Packet& packet);
  void prevent_allow_removal(const Packet& packet);
  void read_capacity(const Packet&);
  void read_10(const Packet& packet);
  void read_12(const Packet& packet);
  void read_cd(const Packet& packet);
  void seek(const Packet& packet);
  void read_toc(const Packet& packet);
  void get_configuration(const Packet& packet);
  void get_event_status(const Packet& packet);
  void read_disc_information(const Packet& packet);
  void mode_sense_6(const Packet& packet);
  void mode_sense_10(const Packet& packet);
  void mechanism_status(const Packet& packet);
  void accept(const Packet&) { good(); }

  void good();
  void check(Sense sense);
  void reply(std::vector<u8> data, std::size_t allocated);
  void transfer(std::vector<u8> data, Then then);
  void read_blocks(u32 first, u32 count);
  void read_next();
  std::vector<u8> mode_pages(const Packet& packet, bool& supported) const;
  std::vector<u8> capabilities_page() const;
  u8 medium_type() const;

  bool loaded() const { return medium_ != nullptr && !tray_open_; }
  u32 blocks() const { return static_cast<u32>(medium_->bytes() / block_bytes); }
  bool is_dvd() const;
  void open_tray();
  void close_tray();

  std::unique_ptr<BlockDevice> medium_;  // stays on the tray when that is open
  const std::string serial_;
  bool tray_open_ = false, locked_ = false;
  Sense sense_, attention_;
  u8 media_event_ = 0;
  u8 transfer_mode_ = 0;

  // The packet command under way.
  bool expects_packet_ = false, reading_ = false, dma_ = false;
  u32 byte_count_limit_ = 0;
  u64 block_ = 0, left_ = 0;  // next, and how many
};

}  // namespace quince::devices
