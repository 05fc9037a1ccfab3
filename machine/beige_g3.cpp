#include "machine/beige_g3.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <tuple>

#include "devices/block_image.h"
#include "machine/firmware.h"
#include "machine/kernel_loader.h"

namespace quince::machine {

namespace {

using namespace devices;  // a board is made of little else

constexpr u32 processor_hertz = 266'000'000, bus_hertz = 66'000'000;

// --- Addresses ---

constexpr u32 fw_cfg_base = 0xf000'0510;
constexpr u32 io_space_base = 0xfe00'0000, io_space_bytes = 0x20'0000;

// --- Interrupts: inputs of Heathrow ---

namespace irq {
constexpr unsigned ata_0_dma = 0x02, ata_1_dma = 0x03, mesh = 0x0c, ata_0 = 0x0d, ata_1 = 0x0e, escc_a = 0x0f,
                   escc_b = 0x10, via = 0x12, pci_first = 0x15;
std::string name(unsigned line) {
  switch (line) {
    case ata_0_dma: return "ata-0 DMA";
    case ata_1_dma: return "ata-1 DMA";
    case mesh: return "MESH";
    case ata_0: return "ata-0";
    case ata_1: return "ata-1";
    case escc_a: return "serial A";
    case escc_b: return "serial B";
    case via: return "VIA";
    default: return "PCI " + std::to_string(line - pci_first);
  }
}
}  // namespace irq

std::string hexadecimal(std::span<const u8> bytes) {
  std::string text;
  for (const u8 byte : bytes) {
    std::array<char, 4> digits;
    std::snprintf(digits.data(), digits.size(), " %02x", byte);
    text += digits.data();
  }
  return text;
}

struct Wire {
  IrqLine& from;
  unsigned to;
};

// --- DMA channels ---

// The firmware's device tree puts the second ATA cell's channel at 13; the chip has it at 12.
constexpr unsigned ata_0_channel = 11, ata_1_channel = 13, ata_1_channel_of_chip = 12;

// --- PCI ---

constexpr unsigned grackle_slot = 0, vga_slot = 1, ne2000_slot = 2, mac_io_slot = 16;

// INTA of a slot. The four lines rotate from slot to slot.
constexpr unsigned pci_irq(unsigned slot) { return irq::pci_first + slot % 4; }

constexpr MacAddress mac_address{0x02, 0x00, 0x47, 0x33, 0x00, 0x01};  // locally administered

// --- Firmware configuration ---

constexpr u16 machine_id_heathrow = 2;
constexpr u16 via_with_cuda = 0;

u16 boot_letter(const MachineOptions& options) {
  if (!options.kernel.empty() && options.boot.value_or(BootFrom::kernel) == BootFrom::kernel) return 'm';
  const bool only_cd = options.disks.empty() && !options.cd.empty();
  return options.boot == BootFrom::cd || (!options.boot && only_cd) ? 'd' : 'c';
}

// The clock at power-on. A repeatable run must not see when it takes place: for it, it is always the year
// 2000.
u32 seconds_since_1904(VirtualClock::Kind clock) {
  constexpr u32 year_2000 = 946'684'800;
  const bool real = clock == VirtualClock::Kind::real;
  return Cuda::unix_epoch + (real ? static_cast<u32>(std::time(nullptr)) : year_2000);
}

}  // namespace

BeigeG3::BeigeG3(const MachineOptions& options, Core& core, RunLoop& loop, CharacterBackend& serial_a,
                 CharacterBackend& serial_b)
    : options_(options),
      core_(core),
      rom_(rom_bytes),
      grackle_(pci_),
      vga_(core.scheduler),
      ne2000_(network_, mac_address),
      via_(core.scheduler),
      cuda_(core.scheduler, via_, adb_, seconds_since_1904(options.clock)),
      escc_(serial_a, serial_b),
      dbdma_(core.scheduler, core.bus),
      ata_0_(core.scheduler, dbdma_.channel(ata_0_channel)),
      ata_1_(core.scheduler, dbdma_.channel(ata_1_channel)) {
  adb_.add(keyboard);
  adb_.add(mouse);
  cuda_.on_power_off = [&loop] { loop.stop(0); };
  cuda_.on_restart = [&loop] { loop.request_restart(); };
  loop.on_restart = [this] { std::ignore = reset(); };
  wire_processor_bus();
  wire_mac_io();
  wire_pci();
  wire_interrupts();
}

std::vector<BeigeG3::Place> BeigeG3::on_processor_bus() {
  return {
      {"Grackle, configuration address", Grackle::config_address_base, Grackle::window_bytes,
       grackle_.config_address()},
      {"Grackle, configuration data", Grackle::config_data_base, Grackle::window_bytes,
       grackle_.config_data()},
      {"firmware configuration", fw_cfg_base, FwCfg::window_bytes, fw_cfg_},
      {"PCI I/O space", io_space_base, io_space_bytes, io_space_},
  };
}

std::vector<BeigeG3::Place> BeigeG3::in_mac_io() {
  return {
      {"DBDMA", 0x0'8000, Dbdma::window_bytes, dbdma_},
      {"MESH (SCSI)", 0x1'0000, Mesh::window_bytes, mesh_},
      {"ESCC (serial), legacy addresses", 0x1'2000, Escc::window_bytes, escc_.legacy_window()},
      {"ESCC (serial)", 0x1'3000, Escc::window_bytes, escc_.window()},
      {"VIA, CUDA, ADB", 0x1'6000, Via::window_bytes, via_},
      {"ATA 0", 0x2'0000, MacIoAta::window_bytes, ata_0_},
      {"ATA 1", 0x2'1000, MacIoAta::window_bytes, ata_1_},
      {"NVRAM", 0x6'0000, Nvram::window_bytes, nvram_},
  };
}

std::vector<BeigeG3::Card> BeigeG3::on_pci() {
  return {{"Grackle", grackle_slot, grackle_},
          {"VGA", vga_slot, vga_},
          {"NE2000", ne2000_slot, ne2000_},
          {"Heathrow", mac_io_slot, mac_io_}};
}

void BeigeG3::wire_processor_bus() {
  core_.bus.set_rom(rom_base, rom_.bytes());
  for (const Place& place : on_processor_bus()) core_.bus.add_fixed(place.address, place.bytes, place.chip);
}

void BeigeG3::wire_mac_io() {
  for (const Place& place : in_mac_io()) mac_io_.attach(place.address, place.bytes, place.chip);
  dbdma_.alias(ata_1_channel_of_chip, ata_1_channel);
}

void BeigeG3::wire_pci() {
  for (const Card& card : on_pci()) pci_.add(card.slot, card.device);
  pci_.on_windows_changed([this] { update_pci_windows(); });
  vga_.watch_page = [this](const MmioDevice& window, u32 offset) { core_.bus.ask_again(window, offset); };
}

void BeigeG3::wire_interrupts() {
  const Wire wires[] = {
      {dbdma_.channel(ata_0_channel).interrupt, irq::ata_0_dma},
      {dbdma_.channel(ata_1_channel).interrupt, irq::ata_1_dma},
      {mesh_.interrupt, irq::mesh},
      {ata_0_.interrupt, irq::ata_0},
      {ata_1_.interrupt, irq::ata_1},
      {escc_.interrupt(Escc::port_a), irq::escc_a},
      {escc_.interrupt(Escc::port_b), irq::escc_b},
      {via_.interrupt, irq::via},
  };
  HeathrowPic& pic = mac_io_.interrupts;
  for (const Wire& wire : wires) {
    wire.from.connect([&pic, to = wire.to](bool asserted) { pic.set_source(to, asserted); });
  }
  for (unsigned slot = 0; slot < PciBus::slots; ++slot) {
    PciDevice* device = pci_.device(slot);
    if (!device) continue;
    device->interrupt.connect([&pic, to = pci_irq(slot)](bool asserted) { pic.set_source(to, asserted); });
  }
  pic.output.connect([this](bool asserted) { core_.cpu.set_external_interrupt(asserted); });
}

void BeigeG3::update_pci_windows() {
  std::vector<PhysicalBus::Window> memory;
  io_space_.ports.clear();
  for (const PciWindow& window : pci_.windows()) {
    if (window.space == PciSpace::io)
      io_space_.ports.add(window.base, window.size, *window.target);
    else
      memory.push_back({window.base, window.size, window.target});
  }
  core_.bus.set_movable(std::move(memory));
}

void BeigeG3::describe_to_firmware() {
  namespace key = fw_cfg_key;
  fw_cfg_.set_bytes(key::signature, {'Q', 'E', 'M', 'U'});
  fw_cfg_.set_u32(key::interface_id, 1);
  fw_cfg_.set_bytes(key::uuid, std::vector<u8>(16));
  fw_cfg_.set_u64(key::ram_size, core_.bus.ram().size());
  fw_cfg_.set_u16(key::no_graphic, options_.screen_console ? 0 : 1);
  fw_cfg_.set_u16(key::cpus, 1);
  fw_cfg_.set_u16(key::machine_id, machine_id_heathrow);
  fw_cfg_.set_u16(key::boot_device, boot_letter(options_));
  fw_cfg_.set_u16(key::boot_menu, 0);
  fw_cfg_.set_u16(key::max_cpus, 1);
  fw_cfg_.set_u16(key::width, options_.screen.width);
  fw_cfg_.set_u16(key::height, options_.screen.height);
  fw_cfg_.set_u16(key::depth, options_.screen.depth);
  fw_cfg_.set_u32(key::timebase_frequency, timebase_hertz);
  fw_cfg_.set_u32(key::clock_frequency, processor_hertz);
  fw_cfg_.set_u32(key::is_kvm, 0);
  fw_cfg_.set_u32(key::nvram_address, 0);
  fw_cfg_.set_u32(key::bus_frequency, bus_hertz);
  fw_cfg_.set_u16(key::via_config, via_with_cuda);
}

tl::expected<void, Error> BeigeG3::load() {
  if (auto loaded = load_firmware(options_.firmware, rom_.bytes()); !loaded) return loaded;
  if (auto loaded = load_nvram(); !loaded) return loaded;
  if (auto inserted = insert_media(); !inserted) return inserted;
  if (options_.witness && options_.witness->sees_devices()) report_to(*options_.witness);
  describe_to_firmware();
  if (boot_letter(options_) != 'm') return {};
  auto files = KernelFiles::open(options_.kernel, options_.initrd);
  if (!files) return tl::unexpected(files.error());
  kernel_files_.emplace(std::move(*files));
  return {};
}

tl::expected<void, Error> BeigeG3::load_nvram() {
  nvram_.contents = fresh_nvram({});
  if (!options_.nvram.empty()) {
    auto file = NvramFile::open(options_.nvram, nvram_.contents);
    if (!file) return tl::unexpected(file.error());
    nvram_file_.emplace(std::move(*file));
    nvram_.contents = nvram_file_->contents();
    nvram_.on_change = [this](u32 index, u8 value) { nvram_file_->store(index, value); };
  }
  if (options_.boot == BootFrom::prompt) set_nvram_variable(nvram_.contents, "auto-boot?", "false");
  return {};
}

// Disks are master and slave of the first cell, then slave of the second, whose master is the CD drive.
tl::expected<void, Error> BeigeG3::insert_media() {
  const struct {
    MacIoAta& cell;
    unsigned position;
  } places[MachineOptions::most_disks] = {{ata_0_, 0}, {ata_0_, 1}, {ata_1_, 1}};
  for (const DiskImage& image : options_.disks) {
    auto medium = open_disk({.path = image.path, .read_only = image.read_only, .overlay = image.overlay});
    if (!medium) return tl::unexpected(Error{status::unusable_image, medium.error()});
    const std::size_t n = disks_.size();
    disks_.push_back(
        std::make_unique<AtaDisk>(core_.scheduler, std::move(*medium), "QUINCE-DISK-" + std::to_string(n)));
    places[n].cell.attach(places[n].position, *disks_.back());
  }
  std::unique_ptr<BlockDevice> disc;
  if (!options_.cd.empty()) {
    auto medium = open_cd(options_.cd);
    if (!medium) return tl::unexpected(Error{status::unusable_image, medium.error()});
    disc = std::move(*medium);
  }
  cdrom_ = std::make_unique<AtapiCdrom>(core_.scheduler, std::move(disc), "QUINCE-CD-0");
  ata_1_.attach(0, *cdrom_);
  return {};
}

void BeigeG3::report_to(Witness& witness) {
  mac_io_.interrupts.on_source_changed = [&witness](unsigned line, bool asserted) {
    witness.happened("interrupt", irq::name(line) + (asserted ? " raised" : " lowered"));
  };
  cuda_.on_packet = [&witness](std::span<const u8> packet, std::span<const u8> answer) {
    witness.happened(
        "CUDA", "packet" + hexadecimal(packet) + (answer.empty() ? "" : ", answer") + hexadecimal(answer));
  };
  const auto watch = [&witness](devices::AtaDrive& drive, const std::string& name) {
    drive.on_command = [&witness, name](u8 code, const devices::TaskFile& file) {
      const u8 registers[] = {file.features.current, file.sector_count.current, file.lba_low.current,
                              file.lba_mid.current,  file.lba_high.current,     file.device};
      witness.happened(name, "command" + hexadecimal({&code, 1}) + ", registers" + hexadecimal(registers));
    };
  };
  for (std::size_t n = 0; n < disks_.size(); ++n) watch(*disks_[n], "disk " + std::to_string(n));
  watch(*cdrom_, "CD");
  cdrom_->on_packet = [&witness](std::span<const u8> packet) {
    witness.happened("CD", "packet" + hexadecimal(packet));
  };
}

tl::expected<void, Error> BeigeG3::preload() {
  const auto kernel = preload_kernel(*kernel_files_, options_.append, core_.bus.ram());
  if (!kernel) return tl::unexpected(kernel.error());
  fw_cfg_.set_u32(fw_cfg_key::kernel_address, kernel->kernel_address);
  fw_cfg_.set_u32(fw_cfg_key::kernel_size, kernel->kernel_size);
  fw_cfg_.set_u32(fw_cfg_key::command_line_address, kernel->command_line_address);
  fw_cfg_.set_u32(fw_cfg_key::initrd_address, kernel->initrd_address);
  fw_cfg_.set_u32(fw_cfg_key::initrd_size, kernel->initrd_size);
  return {};
}

void BeigeG3::press_eject() { cdrom_->press_eject(); }

void BeigeG3::insert_cd(std::unique_ptr<devices::BlockDevice> medium) { cdrom_->insert(std::move(medium)); }

std::vector<DeviceRow> BeigeG3::devices() {
  std::vector<DeviceRow> rows = {{"RAM", "processor", 0, static_cast<u32>(core_.bus.ram().size())},
                                 {"ROM", "processor", rom_base, rom_bytes}};
  for (const Place& place : on_processor_bus())
    rows.push_back({place.name, "processor", place.address, place.bytes});
  u32 mac_io = 0;
  for (const Card& card : on_pci()) {
    const std::string bus = "PCI " + std::to_string(card.slot);
    std::vector<DeviceRow> windows;
    for (const PciWindow& window : card.device.windows()) {
      if (window.space == PciSpace::memory) windows.push_back({card.name, bus, window.base, window.size});
    }
    if (&card.device == &mac_io_ && !windows.empty()) mac_io = windows.front().base;
    if (windows.empty()) windows.push_back({card.name, bus});
    rows.insert(rows.end(), windows.begin(), windows.end());
  }
  for (const Place& place : in_mac_io()) {
    rows.push_back({place.name, "Heathrow", mac_io ? mac_io + place.address : 0, mac_io ? place.bytes : 0});
  }
  return rows;
}

StorageCounters BeigeG3::storage() const {
  StorageCounters sum{.dma_bytes = dbdma_.counters().bytes,
                      .dma_host_nanoseconds = dbdma_.counters().host_nanoseconds};
  const auto add = [&sum](const BlockDevice& medium) {
    const BlockDevice::Counters counters = medium.counters();
    sum.bytes_read += counters.bytes_read;
    sum.bytes_written += counters.bytes_written;
    sum.flushes += counters.flushes;
    sum.host_nanoseconds += counters.host_nanoseconds;
  };
  for (const auto& disk : disks_) add(disk->medium());
  if (const BlockDevice* disc = cdrom_->medium()) add(*disc);
  return sum;
}

tl::expected<void, Error> BeigeG3::reset() {
  core_.bus.clear_ram();
  tl::expected<void, Error> loaded;
  if (kernel_files_) loaded = preload();
  if (!loaded) fw_cfg_.set_u32(fw_cfg_key::kernel_size, 0);
  for (unsigned slot = 0; slot < PciBus::slots; ++slot) {
    if (PciDevice* device = pci_.device(slot)) device->reset();
  }
  via_.reset();
  cuda_.reset();
  adb_.reset();
  escc_.reset();
  mesh_.reset();
  dbdma_.reset();
  ata_0_.reset();
  ata_1_.reset();
  core_.cpu.reset();
  core_.engine->flush();
  return loaded;
}

}  // namespace quince::machine
