// The chips of the Beige G3 from the bus: accesses of every width to every window and beside it, sequences as
// drivers make them, time, and somebody in front of the machine. Besides not to crash: values fit their
// width, what is shown lies in the frame buffer, masked interrupts stay away, disk and CD keep their size,
// work is bounded by guest time, and the same input gives the same run.
#include <deque>
#include <optional>
#include <tuple>

#include "devices/block_image.h"
#include "devices/ne2000.h"
#include "devices/nvram.h"
#include "guest-ppc/interpreter.h"
#include "machine/beige_g3.h"
#include "tests/devices/support/pci_card.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/restored_file.h"

namespace quince::fuzz {
namespace {

using namespace machine;
using ppc::u8;
using u16 = devices::u16;

constexpr u32 mac_io = 0x8108'0000, via = mac_io + 0x1'6000;
constexpr u32 frame_buffer = 0x8000'0000, vga_registers = 0x8100'0000, ports = 0xfe00'0000;
constexpr u32 config_address = 0xfec0'0000, config_data = 0xfee0'0000;
constexpr u32 ram_bytes = 1 << 20;

// Where registers are, and how far apart.
struct Region {
  u32 base;
  u32 stride;
};
constexpr Region regions[] = {
    {mac_io + 0x10, 4},
    {mac_io, 4},
    {mac_io + 0x8b00, 4},
    {mac_io + 0x8d00, 4},
    {mac_io + 0x8000, 0x40},
    {mac_io + 0x1'0000, 16},
    {mac_io + 0x1'2000, 2},
    {mac_io + 0x1'3000, 16},
    {via, 0x200},
    {mac_io + 0x2'0000, 16},
    {mac_io + 0x2'1000, 16},
    {mac_io + 0x2'0200, 4},
    {mac_io + 0x6'0000, 16},
    {mac_io + 0x6'2000, 0x200},
    {frame_buffer, 0x1'0010},
    {frame_buffer, 4},
    {frame_buffer + 0xff'fc00, 4},
    {vga_registers, 8},
    {vga_registers + 0x400, 1},
    {vga_registers + 0x500, 2},
    {ports + 0x1000, 1},
    {ports + 0x1ce, 2},
    {ports + 0x3b0, 1},
    {ports, 0x101},
    {0xf000'0510, 1},
    {config_address, 4},
    {config_data, 1},
    {0xffc0'0000, 0x1001},
    {0, 0x1003},
    {ram_bytes - 0x80, 4},
    {0x8000'0000 - 0x80, 4},
    {0xffff'ff00, 1},
};

// A tiny program in the ROM, so that there is something to load.
std::string firmware() {
  std::string elf(
      "\x7f"
      "ELF\1\2\1",
      7);
  elf.resize(52 + 32 + 4);
  const auto put = [&elf](std::size_t at, unsigned bytes, u32 value) {
    for (unsigned n = 0; n < bytes; ++n) elf[at + n] = static_cast<char>(value >> 8 * (bytes - 1 - n));
  };
  constexpr u32 entry = 0xfff0'0100;
  put(16, 2, 2), put(18, 2, 20), put(20, 4, 1), put(24, 4, entry), put(28, 4, 52);
  put(42, 2, 32), put(44, 2, 1);
  put(52, 4, 1), put(56, 4, 84), put(60, 4, entry), put(64, 4, entry), put(68, 4, 4), put(72, 4, 4),
      put(76, 4, 5);
  return elf;
}

// What the host side of a serial line has to say, and that it hears.
class Serial final : public devices::CharacterBackend {
 public:
  void write(u8) override {}
  std::optional<u8> read() override {
    if (waiting_.empty()) return std::nullopt;
    const u8 byte = waiting_.front();
    waiting_.pop_front();
    return byte;
  }
  void type(u8 byte) {
    waiting_.push_back(byte);
    if (on_input) on_input();
  }

 private:
  std::deque<u8> waiting_;
};

// Gives back what it is given, at once.
class Echo final : public devices::NetBackend {
 public:
  void send(std::span<const u8> frame) override {
    require(frame.size() <= 1518, "a frame is longer than any");
    if (on_receive) on_receive(frame);
  }
};

struct Media {
  RestoredFile rom{firmware()}, disk{std::string(64 << 10, 'd')}, cd{std::string(64 << 10, 'c')};
};

MachineOptions options_for(const Media& media, bool with_disk) {
  MachineOptions options;
  options.clock = VirtualClock::Kind::instructions;
  options.firmware = media.rom.path();
  if (!with_disk) return options;
  options.disks = {{.path = media.disk.path()}};
  options.cd = media.cd.path();
  return options;
}

class World {
 public:
  World(const Media& media, bool with_disk) : media_(media), options_(options_for(media, with_disk)) {
    const auto loaded = board_.load();
    require(loaded.has_value(), "the board cannot be loaded");
    std::ignore = board_.reset();
    assign_addresses();
  }

  // All that could be seen.
  u64 play(Bytes in) {
    while (!in.empty()) step(in);
    finish();
    return seen_;
  }

 private:
  void saw(u64 what) {
    seen_ = (seen_ ^ what) * 0x9e37'79b9'7f4a'7c15;
    seen_ ^= seen_ >> 29;
  }

  // --- Accesses ---
  u64 read(u32 at, unsigned bytes) {
    const u64 value = core_.bus.read(at, bytes);
    require(bytes == 8 || value >> 8 * bytes == 0, "a value is wider than its access");
    saw(value);
    return value;
  }
  void write(u32 at, unsigned bytes, u64 value) {
    core_.bus.write(at, bytes, bytes == 8 ? value : value & ((u64{1} << 8 * bytes) - 1));
  }
  void config(u32 slot, u32 reg, u32 value) {
    write(config_address, 4, __builtin_bswap32(0x8000'0000 | slot << 11 | reg));
    write(config_data, 4, __builtin_bswap32(value));
  }
  void assign_addresses() {
    config(1, 0x10, frame_buffer);
    config(1, 0x18, vga_registers);
    config(2, 0x10, 0x1000);
    config(16, 0x10, mac_io);
    config(1, 0x30, 0);  // its ROM may lie across anything
    for (const u32 slot : {0u, 1u, 2u, 16u}) config(slot, 0x04, 7);
  }
  void access(u8 how, Bytes& in) {
    const Region& region = regions[in.u8() % std::size(regions)];
    const u32 at = region.base + in.u8() * region.stride + (how & 8 ? how & 7 : 0);
    unsigned bytes = 1u << (how >> 4 & 3);
    while (bytes > ppc::page_size - (at & ppc::page_mask)) bytes /= 2;
    if (how & 0x40) {
      u64 value = 0;
      for (unsigned n = 0; n < bytes; ++n) value = value << 8 | in.u8();
      write(at, bytes, value);
    } else {
      read(at, bytes);
    }
  }
  // The processor's own way to memory that is none of RAM's.
  void touch_page(Bytes& in) {
    const u32 at = (regions[in.u8() % std::size(regions)].base + (u32{in.u8()} << 12)) & ~ppc::page_mask;
    u8* const page = core_.bus.page(at, true);
    const u8* const readable = core_.bus.page(at, false);
    if (page) page[0] = page[ppc::page_mask] = in.u8();
    if (readable) saw(readable[0] | readable[ppc::page_mask] << 8);
    if (at < ram_bytes) require(page && page == readable, "RAM is not memory");
    if (at >= 0xffc0'0000) require(!page && readable, "the ROM can be written");
  }

  // --- Time ---
  static constexpr unsigned most_turns = 20'000;  // of the run loop, of an input
  void pass(u64 nanoseconds) {
    const u64 end = core_.scheduler.now() + nanoseconds;
    unsigned turns = 0;
    while (turns_left_ > 0) {
      const u64 now = core_.scheduler.now(), next = std::min(core_.scheduler.next_event(), end);
      core_.clock.idle(core_.cpu.instructions(), std::max(next, now + 4));
      core_.scheduler.run_due();
      if (next == end) break;
      --turns_left_, ++turns;
    }
    saw(core_.scheduler.now());
    // The fastest that there is are PIO blocks of two drives and transfers, each 400 ns apart at least.
    require(turns <= 500 + nanoseconds / 50, "more events than time");
  }
  void some_time(u8 how) { pass(u64{(how & 0xfu) + 1} << (2 * (how >> 4))); }

  // --- What drivers do ---
  void via_write(u32 number, u8 value) { write(via + 0x200 * number, 1, value); }
  static constexpr u32 orb = 0, shift = 10, acr = 11;
  static constexpr u8 tack = 0x10, tip = 0x20;
  void cuda_send(std::span<const u8> packet) {
    via_write(acr, 0x1c);
    u8 lines = tack;
    for (const u8 byte : packet) {
      via_write(shift, byte);
      via_write(orb, lines);
      pass(40'000);
      read(via + 0x200 * shift, 1);
      lines ^= tack;
    }
    via_write(orb, tip | tack);
    pass(40'000);
  }
  void cuda_receive(unsigned bytes) {
    via_write(acr, 0x0c);
    read(via + 0x200 * shift, 1);
    u8 lines = tack;
    for (unsigned n = 0; n < bytes; ++n) {
      via_write(orb, lines);
      pass(40'000);
      read(via + 0x200 * shift, 1);
      lines ^= tack;
    }
    via_write(orb, tip | tack);
    pass(40'000);
  }
  void start_network(u8 configuration) {
    constexpr u8 start[][2] = {{0x00, 0x21}, {0x0e, 0x49}, {0x01, 0x46}, {0x02, 0x80},
                               {0x03, 0x46}, {0x04, 0x40}, {0x07, 0xff}, {0x0f, 0x3f},
                               {0x00, 0x61}, {0x07, 0x47}, {0x00, 0x22}};
    for (const auto& [port, value] : start) card_.out8(card_.base[0] + port, value);
    card_.out8(card_.base[0] + 0x0c, configuration);
  }
  void network(u8 how, Bytes& in) {
    const u32 port = card_.base[0] + (how & 0x1f);
    switch (how >> 5) {
      case 0: saw(card_.in8(port)); break;
      case 1: saw(card_.in16(port)); break;
      case 2: saw(card_.in32(port)); break;
      case 3: card_.out8(port, in.u8()); break;
      case 4: card_.out16(port, in.u16()); break;
      case 5: card_.out32(port, in.u32()); break;
      case 6: start_network(in.u8()); break;
      default: {
        std::vector<u8> frame(in.u8() * (how & 7u));
        const auto head = in.take(how & 16 ? 14 : 0);
        std::fill(frame.begin(), frame.end(), u8{0xff});
        std::copy_n(head.begin(), std::min(head.size(), frame.size()), frame.begin());
        if (cable_.on_receive) cable_.on_receive(frame);
      }
    }
  }

  // --- Somebody in front of it ---
  void person(u8 how, Bytes& in) {
    switch (how & 7) {
      case 0: board_.keyboard.key(in.u8(), how & 8); break;
      case 1:
        board_.mouse.move(static_cast<std::int8_t>(in.u8()) * 40, static_cast<std::int8_t>(in.u8()));
        break;
      case 2: board_.mouse.button(devices::AdbMouse::Button{static_cast<u8>(in.below(3))}, how & 8); break;
      case 3: serial_a_.type(in.u8()); break;
      case 4: serial_b_.type(in.u8()); break;
      case 5: return how & 8 ? put_cd_in() : board_.press_eject();
      case 6: look(how & 8); break;
      default: std::ignore = board_.reset(); break;
    }
  }
  void put_cd_in() {
    auto medium = devices::open_cd(media_.cd.path());
    require(medium.has_value(), "the CD cannot be opened");
    board_.insert_cd(std::move(*medium));
  }
  void look(bool at_pixels) {
    const devices::Frame frame = board_.screen().frame();
    const auto changes = board_.screen().take_changes();
    saw(u64{frame.width} << 32 | frame.height), saw(frame.stride), saw(changes.lines.size());
    if (frame.off()) return;
    const u64 bytes = u64{frame.stride} * (frame.height - 1) + u64{frame.width} * frame.bytes_per_pixel();
    require(frame.pixels.size() >= bytes, "the picture is not in memory");
    u32 next = 0;
    for (const devices::Lines& lines : changes.lines) {
      require(lines.first >= next && lines.count > 0, "changed lines overlap");
      next = lines.first + lines.count;
      require(next <= frame.height, "lines have changed that there are not");
    }
    if (!at_pixels) return;
    std::vector<u32> argb(frame.width);
    for (const u32 line : {u32{0}, frame.height - 1}) {
      convert_to_argb(frame, {line, 1}, argb);
      saw(argb.front()), saw(argb.back());
    }
  }
  void set_variable(Bytes& in) {
    devices::Nvram nvram;
    nvram.contents = devices::fresh_nvram(in.flag() ? std::vector<std::string>{"boot-args=x"}
                                                    : std::vector<std::string>{});
    nvram.on_change = [this](u32 index, u8 value) {
      require(index < devices::Nvram::size, "a byte of the NVRAM is outside of it");
      saw(value);
    };
    for (unsigned n = in.below(32); n > 0; --n) {
      const u32 at = (in.u16() % devices::Nvram::size) * devices::Nvram::stride;
      nvram.write(at, 1, in.u8());
      saw(nvram.read(at, 1));
    }
    const auto value = in.take(in.u8());
    devices::set_nvram_variable(nvram.contents, in.flag() ? "boot-args" : "auto-boot?",
                                {reinterpret_cast<const char*>(value.data()), value.size()});
    for (const u8 byte : nvram.contents) saw(byte);
  }

  void step(Bytes& in) {
    const u8 how = in.u8();
    if (how & 0x80) return access(how, in);
    switch (how >> 3 & 15) {
      case 0:
      case 1: return some_time(in.u8());
      case 2: return config(in.u8() & 31, in.u8() & 0xfc, in.u32());
      case 3: return touch_page(in);
      case 4: return cuda_send(in.take(how & 7));
      case 5: return cuda_send(in.take(in.u8()));
      case 6: return cuda_receive((how & 7u) * 2);
      case 7:
      case 8:
      case 9: return network(in.u8(), in);
      case 10:
      case 11: return person(in.u8(), in);
      case 12: return (how & 7) == 0 ? set_variable(in) : assign_addresses();
      case 13: saw(core_.cpu.interrupt_waiting()); return;
      case 14: core_.cpu.set_msr(how & 1 ? ppc::msr::ee : 0); return;
      default: saw(core_.cpu.instructions()); return;
    }
  }

  void finish() {
    look(true);
    assign_addresses();
    for (const u32 mask : {mac_io + 0x14, mac_io + 0x24}) write(mask, 4, 0);
    core_.cpu.set_msr(ppc::msr::ee);
    core_.cpu.take_interrupt();  // the decrementer's, which nothing masks
    core_.cpu.set_msr(ppc::msr::ee);
    require(!core_.cpu.interrupt_waiting(), "an interrupt comes that is masked");
    pass(100'000);
    require(media_.disk.now().size() == media_.disk.content().size(), "the disk has another size");
    require(media_.cd.now() == media_.cd.content(), "the CD has been written");
  }

  const Media& media_;
  const MachineOptions options_;
  Core core_{ppc::cpu_750, ram_bytes, VirtualClock::Kind::instructions, BeigeG3::timebase_hertz,
             [](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu); }};
  RunLoop loop_{core_, 0};
  Serial serial_a_, serial_b_;
  BeigeG3 board_{options_, core_, loop_, serial_a_, serial_b_};
  Echo cable_;
  devices::Ne2000 ne2000_{cable_, {2, 0, 0, 0, 0, 1}};
  devices::PciCard card_{ne2000_};
  unsigned turns_left_ = most_turns;
  u64 seen_ = 0;
};

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quince::fuzz;
  static Media media;
  Bytes in(data, size);
  const unsigned how = in.u8();
  const bool again = how % 16 == 0, with_disk = how / 16 % 4 == 0;  // seldom: both take time
  const auto run = [&in, with_disk] {
    media.disk.rewind();
    return World(media, with_disk).play(in);
  };
  const auto seen = run();
  if (again) require(run() == seen, "a second run is different");
  return 0;
}
