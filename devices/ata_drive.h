// What ATA disks and ATAPI CD-ROM drives have in common: the task file, the status, and the phases of a
// command in which data moves (ATA/ATAPI-6, chapters 7 and 9).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "devices/block_client.h"
#include "devices/scheduler.h"

namespace quince::devices {

namespace ata_status {
inline constexpr u8 busy = 0x80, ready = 0x40, seek_complete = 0x10, data_request = 0x08, error = 0x01;
}
namespace ata_error {
inline constexpr u8 uncorrectable = 0x40, id_not_found = 0x10, aborted = 0x04;
inline constexpr u8 diagnostics_passed = 0x01;
}  // namespace ata_error

enum class AtaRegister : u8 { data, error, sector_count, lba_low, lba_mid, lba_high, device, status };

// A register that 48-bit commands fill twice.
struct AtaField {
  u8 current = 0, previous = 0;
  void write(u8 value) { previous = current, current = value; }
  void set(u8 value) { current = value, previous = 0; }
};

struct TaskFile {
  AtaField features, sector_count, lba_low, lba_mid, lba_high;
  u8 device = 0;
};

class AtaDrive {
 public:
  explicit AtaDrive(Scheduler& scheduler) : io_(scheduler), scheduler_(scheduler) {}
  virtual ~AtaDrive();
  AtaDrive(const AtaDrive&) = delete;
  AtaDrive& operator=(const AtaDrive&) = delete;

  // --- As the cell sees a drive ---

  // Registers error to device: what the host reads, of 48-bit fields the previous content on demand.
  virtual u8 read(AtaRegister number, bool previous) const;
  virtual void write(AtaRegister number, u8 value);  // registers error (features) to device
  u8 status() const { return status_; }
  void command(u8 code);  // from the command register
  // The data register: the bytes in the order in which they are in memory. Without a data request reads give
  // zeros.
  void read_data(std::span<u8> to);
  void write_data(std::span<const u8> from);

  // The data phase of a DMA command; empty in every other phase.
  std::span<const u8> dma_input() const;
  void dma_input_taken(std::size_t bytes);
  std::span<u8> dma_output();
  void dma_output_given(std::size_t bytes);

  bool interrupt_pending() const { return interrupt_pending_; }
  void acknowledge_interrupt() { set_interrupt(false); }
  void power_on();
  void reset();     // SRST: gives up what it was doing
  void diagnose();  // EXECUTE DEVICE DIAGNOSTIC: results in the registers, but no interrupt

  std::function<void()> on_interrupt_changed;
  std::function<void()> on_dma_ready;
  // For who watches the drive: it has been given this command, its task file being that.
  std::function<void(u8 code, const TaskFile&)> on_command;

 protected:
  struct Phase {
    bool dma = false;
    u32 block = 0;                   // PIO: bytes per data request
    bool interrupt_at_first = true;  // PIO: also when the first block is ready
    bool pause_at_end = false;       // PIO: BSY for a moment after the last byte, as always with DMA
  };
  using Then = std::function<void()>;
  static constexpr u8 idle = ata_status::ready | ata_status::seek_complete;

  // --- What a kind of drive defines ---
  virtual void execute(u8 code) = 0;  // BSY is set; ends the command or begins a part of it
  virtual void set_signature() = 0;   // in the registers, after a reset
  virtual u8 status_after_reset() const = 0;
  virtual void restore_defaults() {}  // of what the guest can set
  virtual void forget_command() {}    // a reset came in between
  virtual bool accepts(u8 /*code*/) const { return (status() & ata_status::busy) == 0; }
  virtual void block_ready(u32 /*bytes*/) {}  // PIO: about to request so many

  // --- Ends of a command ---
  void complete();                           // with success and an interrupt
  void complete_silently(u8 status = idle);  // the end of a PIO read needs no interrupt
  void fail(u8 error);
  void abort() { fail(ata_error::aborted); }

  // --- Parts of a command; BSY until the next one begins. `then` is called when it is over. ---
  void after(u64 nanoseconds, Then then);
  void send(std::vector<u8> data, Phase phase, Then then);  // to the host; not empty
  void receive(std::size_t bytes, Phase phase, Then then);  // from the host, into received(); not 0
  std::vector<u8>& received() { return buffer_; }
  std::vector<u8> take_buffer() {
    return std::move(buffer_);
  }  // the memory of the last data phase, to use it again

  void give_up();  // what was under way will not go on
  u64 lba_48() const;

  TaskFile task_file_;
  u8 error_ = 0;
  BlockClient io_;

 private:
  enum class Direction : u8 { none, to_host, from_host };
  void begin(Direction direction, Phase phase, Then then);
  void request_block();
  void moved(std::size_t bytes);
  void end_of_data();
  void set_interrupt(bool pending);
  bool in(Direction direction, bool dma) const {
    return direction_ == direction && phase_.dma == dma && (status_ & ata_status::data_request) != 0;
  }

  Scheduler& scheduler_;
  u8 status_ = idle;
  bool interrupt_pending_ = false;
  EventId event_ = 0;
  Then then_;
  Direction direction_ = Direction::none;
  Phase phase_;
  std::vector<u8> buffer_;
  std::size_t position_ = 0, block_end_ = 0;
};

// The place on a channel where there is no drive beside one that is there: registers keep what the other
// one's do.
class NoDrive final : public AtaDrive {
 public:
  explicit NoDrive(Scheduler& scheduler);

 protected:
  bool accepts(u8) const override { return false; }
  void execute(u8) override {}
  void set_signature() override;
  u8 status_after_reset() const override { return 0; }
};

}  // namespace quince::devices
