// DBDMA, Apple's descriptor-based DMA: channels that carry out lists of commands in memory, beside the
// processor (Macintosh Technology in the Common Hardware Reference Platform, "Descriptor-Based DMA"; Linux,
// dbdma.h).
#pragma once

#include <array>
#include <span>

#include "devices/dma.h"
#include "devices/irq_line.h"
#include "devices/mmio.h"
#include "devices/scheduler.h"

namespace quince::devices {

// The device at the other end of a channel. It offers buffers and the channel empties or fills them, a run of
// memory at a time. When an empty offer becomes a real one, the device calls DbdmaChannel::service().
class DbdmaPeer {
 public:
  virtual ~DbdmaPeer() = default;
  // Device to memory: what can be fetched now.
  virtual std::span<const u8> dma_input() = 0;
  virtual void dma_input_taken(std::size_t bytes) = 0;  // at most what was offered
  // Memory to device: where data can be put now.
  virtual std::span<u8> dma_output() = 0;
  virtual void dma_output_given(std::size_t bytes) = 0;
};

class DbdmaChannel {
 public:
  static constexpr u32 register_bytes = 0x80;
  struct Counters {
    u64 bytes = 0;             // between devices and memory
    u64 host_nanoseconds = 0;  // processor time, for all that channels did
  };

  DbdmaChannel(Scheduler& scheduler, DmaMemory& memory, Counters& counters)
      : scheduler_(scheduler), memory_(memory), counters_(counters) {}
  ~DbdmaChannel() { scheduler_.cancel(event_); }
  DbdmaChannel(const DbdmaChannel&) = delete;
  DbdmaChannel& operator=(const DbdmaChannel&) = delete;

  void connect(DbdmaPeer& peer) { peer_ = &peer; }
  // The device requests data, or has some.
  void service();
  // Status bits s7 to s0 that the device drives; the others are the guest's to write.
  void set_device_status(u8 lines, u8 levels);
  void reset();

  u32 read(u32 offset) const;
  void write(u32 offset, u32 value);

  IrqLine interrupt;  // pulses: there is nothing in the channel to acknowledge

 private:
  struct Descriptor {
    u16 request_count = 0;
    u16 command = 0;
    u32 address = 0;
    u32 command_dependent = 0;
  };
  enum class Stage : u8 { fetch, execute, finish };  // what comes next for the current command
  enum class Outcome : u8 { next, waits, stopped };

  bool is(u32 status_bit) const { return (status_ & status_bit) != 0; }
  void control(u32 value);
  void activate();  // go on, from the descriptor at the command pointer unless one is under way
  void deactivate();
  void flush();
  void schedule(u64 delay);
  void run();
  Outcome step();
  void fetch();
  Outcome execute();
  Outcome transfer();
  void store_quad();
  void load_quad();
  Outcome finish();
  void write_back();
  void die();
  void pulse();
  bool chosen(unsigned field_shift, u32 select) const;

  Scheduler& scheduler_;
  DmaMemory& memory_;
  Counters& counters_;
  DbdmaPeer* peer_ = nullptr;
  EventId event_ = 0;

  u32 status_ = 0, command_pointer_ = 0, interrupt_select_ = 0, branch_select_ = 0, wait_select_ = 0;
  u8 driven_ = 0;  // status lines that belong to the device

  Stage stage_ = Stage::fetch;
  Descriptor current_;
  u32 address_ = 0, remaining_ = 0;  // of the transfer under way
};

// The channels of one mac-io chip, 256 bytes apart.
class Dbdma final : public LittleEndianDevice {
 public:
  static constexpr u32 window_bytes = 0x1000;
  static constexpr unsigned channels = 16;

  Dbdma(Scheduler& scheduler, DmaMemory& memory);
  DbdmaChannel& channel(unsigned number) { return channels_[route_[number]]; }  // number < channels
  // From now on the registers of channel `number` are those of channel `other`.
  void alias(unsigned number, unsigned other) { route_[number] = static_cast<u8>(other); }
  void reset();
  const DbdmaChannel::Counters& counters() const { return counters_; }

 protected:
  u64 read_le(u32 offset, unsigned bytes) override;
  void write_le(u32 offset, unsigned bytes, u64 value) override;

 private:
  DbdmaChannel::Counters counters_;
  std::array<DbdmaChannel, channels> channels_;
  std::array<u8, channels> route_;
};

}  // namespace quince::devices
