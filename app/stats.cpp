#include "app/stats.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <utility>

namespace quince::app {

StatsFile::StatsFile(std::string path) : path_(std::move(path)), started_(std::chrono::steady_clock::now()) {}

namespace {

void write_storage(std::ostream& out, const machine::StorageCounters& storage) {
  const struct {
    const char* name;
    ppc::u64 value;
  } counters[] = {
      {"disk_bytes_read", storage.bytes_read}, {"disk_bytes_written", storage.bytes_written},
      {"disk_flushes", storage.flushes},       {"disk_host_nanoseconds", storage.host_nanoseconds},
      {"dma_bytes", storage.dma_bytes},        {"dma_host_nanoseconds", storage.dma_host_nanoseconds},
  };
  for (const auto& counter : counters) out << "  \"" << counter.name << "\": " << counter.value << ",\n";
}

}  // namespace

bool StatsFile::write(const ppc::Cpu& cpu, const machine::StorageCounters* storage) const {
  if (path_.empty()) return true;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started_;
  std::ofstream out(path_);
  out << "{\n"
      << "  \"guest_instructions\": " << cpu.instructions() << ",\n"
      << "  \"wall_seconds\": " << wall.count() << ",\n"
      << "  \"cpu_seconds\": " << static_cast<double>(std::clock()) / CLOCKS_PER_SEC << ",\n"
      << "  \"tlb_fills\": " << cpu.tlb.fills() << ",\n"
      << "  \"window_switches\": " << cpu.tlb.window_switches() << ",\n"
      << "  \"mmio_accesses\": " << cpu.counters.mmio_accesses << ",\n";
  if (storage) write_storage(out, *storage);
  out << "  \"exceptions\": {";
  const char* separator = "";
  for (std::size_t n = 0; n < cpu.counters.exceptions.size(); ++n) {
    if (cpu.counters.exceptions[n] == 0) continue;
    out << separator << '"' << std::hex << "0x" << n * 0x100 << std::dec
        << "\": " << cpu.counters.exceptions[n];
    separator = ", ";
  }
  out << "}\n}\n";
  out.close();
  if (out.good()) return true;
  std::fprintf(stderr, "quince: %s: can't write the counters\n", path_.c_str());
  return false;
}

}  // namespace quince::app
