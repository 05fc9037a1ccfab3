#include "app/stats.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <utility>

namespace quince::app {

StatsFile::StatsFile(std::string path) : path_(std::move(path)), started_(std::chrono::steady_clock::now()) {}

bool StatsFile::write(const ppc::Cpu& cpu) const {
  if (path_.empty()) return true;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started_;
  std::ofstream out(path_);
  out << "{\n"
      << "  \"guest_instructions\": " << cpu.instructions() << ",\n"
      << "  \"wall_seconds\": " << wall.count() << ",\n"
      << "  \"cpu_seconds\": " << static_cast<double>(std::clock()) / CLOCKS_PER_SEC << ",\n"
      << "  \"tlb_fills\": " << cpu.tlb.fills() << ",\n"
      << "  \"window_switches\": " << cpu.tlb.window_switches() << ",\n"
      << "  \"mmio_accesses\": " << cpu.counters.mmio_accesses << ",\n"
      << "  \"exceptions\": {";
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
