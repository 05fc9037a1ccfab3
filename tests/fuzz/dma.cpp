// Descriptor programs of the DMA controller that lead anywhere: to themselves, to devices, beyond RAM, around
// the address space. Besides not to crash: work is bounded by guest time, devices are never reached, status
// bits go together, and a channel that has been stopped does nothing any more.
#include <array>
#include <vector>

#include "devices/dbdma.h"
#include "machine/physical_bus.h"
#include "tests/devices/support/fake_scheduler.h"
#include "tests/fuzz/bytes.h"

namespace quince::fuzz {
namespace {

using devices::Dbdma;
using machine::u32;
using machine::u64;
using machine::u8;
using u16 = devices::u16;

constexpr u32 ram_bytes = 64 << 10, device_base = 0x8000'0000, device_bytes = 0x8000;

// A device that must not hear of any of this.
class Untouchable final : public devices::MmioDevice {
 public:
  u64 read(u32, unsigned) override { return require(false, "DMA reads a register"), 0; }
  void write(u32, unsigned, u64) override { require(false, "DMA writes a register"); }
};

// RAM that counts how much is asked of it.
class Memory final : public devices::DmaMemory {
 public:
  Memory() { bus_.add_fixed(device_base, device_bytes, device_); }
  void read(u32 at, std::span<u8> to) override {
    ++accesses, bytes += to.size();
    bus_.read(at, to);
  }
  void write(u32 at, std::span<const u8> from) override {
    ++accesses, bytes += from.size();
    bus_.write(at, from);
  }
  std::span<u8> ram() const { return bus_.ram(); }

  u64 accesses = 0, bytes = 0;

 private:
  Untouchable device_;
  machine::PhysicalBus bus_{ram_bytes};
};

// The device at the other end: as much as the input lets it have or take.
class Peer final : public devices::DbdmaPeer {
 public:
  std::span<const u8> dma_input() override { return std::span(data_).first(offer(input)); }
  void dma_input_taken(std::size_t bytes) override { took(input, bytes); }
  std::span<u8> dma_output() override { return std::span(data_).first(offer(output)); }
  void dma_output_given(std::size_t bytes) override { took(output, bytes); }

  std::size_t input = 0, output = 0;  // left

 private:
  std::size_t offer(std::size_t left) { return offered_ = std::min(left, data_.size()); }
  void took(std::size_t& left, std::size_t bytes) {
    require(bytes <= offered_ && bytes <= left, "more is moved than was offered");
    left -= bytes;
    offered_ = 0;
  }
  std::array<u8, 1024> data_{};
  std::size_t offered_ = 0;
};

class World {
 public:
  World() {
    for (unsigned n = 0; n < peers_.size(); ++n)
      dma_.channel(2 * n).connect(peers_[n]);  // the others have none
    dma_.alias(12, 13);
    for (unsigned n = 0; n < Dbdma::channels; ++n) {
      dma_.channel(n).interrupt.connect([this](bool) { ++interrupts_; });
    }
  }

  void play(Bytes in) {
    while (!in.empty()) step(in);
    stop_all();
  }

 private:
  u32 in(unsigned channel, u32 offset) {
    return static_cast<u32>(devices::reverse_bytes(dma_.read(channel << 8 | offset, 4), 4));
  }
  void out(unsigned channel, u32 offset, u32 value) {
    dma_.write(channel << 8 | offset, 4, devices::reverse_bytes(value, 4));
    ++pokes_;
  }

  static u32 address(Bytes& in) {
    const u32 offset = in.u16();
    switch (in.below(8)) {
      case 0:
      case 1:
      case 2: return offset;
      case 3: return (offset & 0xf0) * 16;  // where programs are
      case 4: return device_base + offset;
      case 5: return ram_bytes - 32 + (offset & 63);
      case 6: return 0u - (offset & 0xfff);
      default: return offset << 16 | in.u16();
    }
  }
  void put(u32 at, u32 value, unsigned bytes) {
    for (unsigned n = 0; n < bytes; ++n)
      memory_.ram()[(at + n) % ram_bytes] = static_cast<u8>(value >> 8 * n);
  }
  void put_command(Bytes& in) {
    const u32 at = in.u8() * 16u;
    const u16 command = in.u16();
    const bool sensible_key = in.flag();
    const unsigned opcode = command >> 12;
    const u16 key = opcode == 4 || opcode == 5 ? 6 : 0;
    put(at, in.u16(), 2);
    put(at + 2, sensible_key ? (command & 0xf0ffu) | u32{key} << 8 : command, 2);
    put(at + 4, address(in), 4);
    put(at + 8, address(in), 4);
  }

  void pass(u64 nanoseconds) {
    const u64 events = scheduler_.events_run, accesses = memory_.accesses, bytes = memory_.bytes;
    u64 offers = 0;
    for (const Peer& peer : peers_) offers += (peer.input + peer.output) / 1024 + 2;
    scheduler_.run_for(nanoseconds);
    // So many slices of 256 commands each, of at most five accesses and as many as there are offers.
    const u64 slices = Dbdma::channels * (nanoseconds / 250'000 + 2) + pokes_;
    pokes_ = 0;
    require(scheduler_.events_run - events <= slices, "more slices than time");
    require(memory_.accesses - accesses <= slices * 256 * 5 + offers, "more accesses than time");
    require(memory_.bytes - bytes <= slices * 256 * 64 + offers * 2048, "more bytes than time");
  }

  void step(Bytes& in) {
    const u8 how = in.u8();
    const unsigned channel = how & 15;
    switch (how >> 4) {
      case 0:
      case 1:
      case 2: return put_command(in);
      case 3: return out(channel, 0x0c, in.u8() * 16u);
      case 4: return out(channel, 0x0c, address(in));
      case 5: return out(channel, 0x00, 0x8000'8000);
      case 6: return out(channel, 0x00, in.u32());
      case 7: return out(channel, in.u8() & 0x7c, in.u32());
      case 8:
        dma_.write(in.u16(), 1u << (how & 3), in.u64());
        ++pokes_;
        return;
      case 9: dma_.read(in.u16(), 1u << (how & 3)); return;
      case 10: {
        Peer& peer = peers_[channel % peers_.size()];
        (channel & 8 ? peer.input : peer.output) = std::min<std::size_t>(in.u16() * 4u, 1 << 17);
        dma_.channel(2 * (channel % peers_.size())).service();
        ++pokes_;
        return;
      }
      case 11:
        dma_.channel(channel).set_device_status(in.u8(), in.u8());
        ++pokes_;
        return;
      case 12: put(address(in), in.u32(), 4); return;
      case 13:
      case 14: pass(u64{in.u8()} << (channel + 2)); return check();
      default:
        if (channel == 15) dma_.reset();
        return check();
    }
  }

  void check() {
    constexpr u32 run = 0x8000, pause = 0x4000, dead = 0x800, active = 0x400;
    for (unsigned n = 0; n < Dbdma::channels; ++n) {
      const u32 status = in(n, 0x04);
      require(!(status & active) || (status & (run | pause | dead)) == run,
              "active, and yet it does not run");
      require(!(status & dead) || status & run, "dead, and yet it has not been run");
      require(in(n, 0x0c) % 16 == 0, "the command pointer is between commands");
    }
  }

  void stop_all() {
    for (unsigned n = 0; n < Dbdma::channels; ++n) out(n, 0x00, 0x8000'0000);
    check();
    require(scheduler_.idle(), "a stopped channel has something to do");
    const u64 accesses = memory_.accesses;
    scheduler_.run_for(10'000'000);
    require(memory_.accesses == accesses, "a stopped channel does something");
  }

  devices::FakeScheduler scheduler_;
  Memory memory_;
  std::array<Peer, 6> peers_;
  Dbdma dma_{scheduler_, memory_};
  u64 interrupts_ = 0;
  u64 pokes_ = 0;  // that may have started something since time last passed
};

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  quince::fuzz::World().play({data, size});
  return 0;
}
