// A whole computer, from options to exit status.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "devices/adb_keyboard.h"
#include "devices/adb_mouse.h"
#include "devices/block_image.h"
#include "devices/display.h"
#include "machine/core.h"
#include "machine/error.h"
#include "machine/run_loop.h"

namespace quince::machine {

enum class BoardKind { beige_g3, bare };
enum class BootFrom { disk, cd, kernel, prompt };

struct DiskImage {
  std::string path;
  bool read_only = false;
  std::string overlay{};  // file that takes what the guest writes; empty: the image itself does
};

// A chip or card and where the processor finds it.
struct DeviceRow {
  std::string name, bus;
  u32 base = 0, size = 0;  // bytes of physical addresses; 0: none of its own
};

// What a board's disks and CD have cost the host, since the machine exists.
struct StorageCounters {
  u64 bytes_read = 0, bytes_written = 0, flushes = 0;
  u64 host_nanoseconds = 0;      // of processor time, on the threads of the images
  u64 dma_bytes = 0;             // between devices and memory
  u64 dma_host_nanoseconds = 0;  // of processor time, on the processor's thread
};

// The picture that the firmware sets up; most guests keep it.
struct ScreenMode {
  ppc::u16 width = 800, height = 600;  // 640 by 480 to 1920 by 1200
  ppc::u16 depth = 32;                 // bits per pixel: 8, 15 or 32
};

// Files that the user names while the machine runs. Errors are a line.
struct HostFiles {
  using Opened = tl::expected<std::unique_ptr<devices::BlockDevice>, std::string>;
  std::function<Opened(const std::string& path)> open_cd = [](const std::string& path) {
    return devices::open_cd(path);
  };
  // Replaces a file when it is complete. Null: whoever wants that does it.
  std::function<tl::expected<void, std::string>(const std::string& path, std::span<const char> content)> save;
};

// What somebody in front of the machine sees and touches. All of it belongs to the processor's thread;
// scheduler.post() leads there.
struct FrontPanel {
  // Null on boards that have none.
  devices::Display* screen = nullptr;
  devices::AdbKeyboard* keyboard = nullptr;
  devices::AdbMouse* mouse = nullptr;
  devices::Scheduler& scheduler;
  Core& core;
  RunLoop& loop;               // pause, go on, step, restart
  std::function<void()> quit;  // ends the machine with status 0
  // Puts this image into the CD drive, or opens the drive where `path` is empty; the error is a line.
  std::function<tl::expected<void, std::string>(const std::string& path)> change_cd;
  std::function<std::vector<DeviceRow>()> devices;
  std::function<StorageCounters()> storage;
  HostFiles files = {};
};

struct MachineOptions {
  BoardKind board = BoardKind::beige_g3;
  const ppc::CpuModel* cpu = &ppc::cpu_750;
  u64 ram_bytes = 256u << 20;
  MachineEngineFactory engine;

  std::string image;  // bare: the ELF file to run
  std::string kernel, initrd, append;
  std::vector<DiskImage> disks;  // at most most_disks
  std::string cd;                // empty: the drive is
  std::optional<BootFrom> boot;  // nothing: from what was given
  std::string firmware;          // empty: the OpenBIOS that is installed
  std::string nvram;             // file that keeps it; empty: fresh at each start

  ScreenMode screen;
  bool screen_console = false;   // the firmware talks to screen and keyboard, not to the serial line
  std::string serial = "stdio";  // as open_character_backend() takes it
  VirtualClock::Kind clock = VirtualClock::Kind::real;
  std::string until;           // stop with status 0 when the serial line has printed it
  double timeout_seconds = 0;  // of host time; 0: none

  static constexpr std::size_t most_disks = 3;

  HostFiles files;

  Witness* witness = nullptr;  // watches; null: nobody does

  // Called before the guest starts, with the device that a serial line of kind pty has become.
  std::function<void(const std::string& path)> on_terminal;
  // As CharacterOptions::on_monitor of the serial line.
  std::function<void(std::span<const ppc::u8> typed, bool begins)> on_monitor;
  // Called before the guest starts, and when it has stopped.
  std::function<void(FrontPanel&)> started, stopped;
  // Called once when the machine has stopped: for --stats.
  std::function<void(const Core&, const StorageCounters&)> finished;
};

// Runs until the guest powers off (0), options.until has been printed (0), the time-out (status::timeout), or
// a signal ends it (status::signal_base + its number). Errors: what can't be used, or how the guest has got
// stuck.
tl::expected<int, Error> run_machine(const MachineOptions& options);

}  // namespace quince::machine
