// The board of the Power Macintosh G3 of 1997 (beige): which chip sits at which address and which line goes
// where.
#pragma once

#include <optional>
#include <tl/expected.hpp>

#include "devices/adb.h"
#include "devices/adb_keyboard.h"
#include "devices/adb_mouse.h"
#include "devices/ata.h"
#include "devices/ata_disk.h"
#include "devices/atapi_cdrom.h"
#include "devices/cuda.h"
#include "devices/dbdma.h"
#include "devices/escc.h"
#include "devices/fw_cfg.h"
#include "devices/grackle.h"
#include "devices/mac_io.h"
#include "devices/mesh.h"
#include "devices/ne2000.h"
#include "devices/nvram.h"
#include "devices/vga.h"
#include "devices/via.h"
#include "machine/io_space.h"
#include "machine/kernel_loader.h"
#include "machine/machine.h"
#include "machine/nvram_file.h"
#include "machine/run_loop.h"

namespace quince::machine {

class BeigeG3 {
 public:
  static constexpr u64 timebase_hertz = 16'600'000;
  static constexpr u64 least_ram = 32u << 20, most_ram = u64{2047} << 20;

  BeigeG3(const MachineOptions& options, Core& core, RunLoop& loop, devices::CharacterBackend& serial_a,
          devices::CharacterBackend& serial_b);

  // Once, before the first reset: reads firmware and NVRAM, opens kernel, disks and CD.
  tl::expected<void, Error> load();
  // Power-on and restart. A kernel is preloaded each time; with one that can't be, the machine is on all the
  // same, and the firmware has nothing to start.
  tl::expected<void, Error> reset();

  devices::AdbKeyboard keyboard;
  devices::AdbMouse mouse;
  devices::Display& screen() { return vga_; }
  StorageCounters storage() const;
  void press_eject();
  void insert_cd(std::unique_ptr<devices::BlockDevice> medium);  // in the place of what is there
  std::vector<DeviceRow> devices();

 private:
  struct Place {
    const char* name;
    u32 address;  // on the bus, or within mac-io
    u32 bytes;
    devices::MmioDevice& chip;
  };
  struct Card {
    const char* name;
    unsigned slot;
    devices::PciDevice& device;
  };
  std::vector<Place> on_processor_bus();
  std::vector<Place> in_mac_io();
  std::vector<Card> on_pci();
  void wire_processor_bus();
  void wire_mac_io();
  void wire_pci();
  void wire_interrupts();
  void update_pci_windows();
  void report_to(Witness& witness);
  void describe_to_firmware();
  tl::expected<void, Error> load_nvram();
  tl::expected<void, Error> insert_media();
  tl::expected<void, Error> preload();

  const MachineOptions& options_;
  Core& core_;
  std::optional<KernelFiles> kernel_files_;
  HostMemory rom_;
  devices::PciBus pci_;
  devices::Grackle grackle_;
  devices::Vga vga_;
  devices::NullNetwork network_;
  devices::Ne2000 ne2000_;
  devices::MacIo mac_io_;
  IoSpace io_space_;
  devices::FwCfg fw_cfg_;
  devices::Via via_;
  devices::AdbBus adb_;
  devices::Cuda cuda_;
  devices::Escc escc_;
  devices::Mesh mesh_;
  devices::Dbdma dbdma_;
  devices::MacIoAta ata_0_, ata_1_;
  std::vector<std::unique_ptr<devices::AtaDisk>> disks_;
  std::unique_ptr<devices::AtapiCdrom> cdrom_;
  devices::Nvram nvram_;
  std::optional<NvramFile> nvram_file_;
};

}  // namespace quince::machine
