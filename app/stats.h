// --stats FILE: what a run cost, as JSON.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "guest-ppc/engine.h"
#include "machine/machine.h"

namespace quince::app {

// Time since the program started, and all counters, as a JSON object.
// storage: of a machine; a program under exec has none.
void write_statistics(std::ostream& out, double wall_seconds, const ppc::Cpu& cpu, const ppc::Engine& engine,
                      const machine::StorageCounters* storage);

class StatsFile {
 public:
  // Time counts from here. An empty path writes nothing.
  explicit StatsFile(const std::string& path);
  ~StatsFile();
  StatsFile(const StatsFile&) = delete;
  StatsFile& operator=(const StatsFile&) = delete;
  const std::string& path() const { return path_; }  // absolute, or empty

  // For who can't make files later: it exists from now on, and with keep_open() it is open, too.
  void create() const;
  void keep_open();
  // False, and a line on stderr, if the file can't be written.
  bool write(const ppc::Cpu& cpu, const ppc::Engine& engine,
             const machine::StorageCounters* storage = nullptr) const;

 private:
  std::string path_;
  int file_ = -1;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace quince::app
