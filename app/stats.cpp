#include "app/stats.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <numeric>
#include <sstream>
#include <string_view>
#include <utility>

#include "translator/translator.h"

namespace quince::app {

namespace {

using ppc::u64;
using translator::TierStatistics;
using translator::Translator;

template <class T>
struct Counter {
  const char* name;
  T value;
};

template <class T, std::size_t n>
void write_each(std::ostream& out, const Counter<T> (&counters)[n]) {
  for (const auto& counter : counters) out << "  \"" << counter.name << "\": " << counter.value << ",\n";
}

// {"name": number, ...}, without those that are zero if `sparse`.
void write_object(std::ostream& out, const char* name, const auto& names, const auto& values, bool sparse) {
  out << "  \"" << name << "\": {";
  const char* separator = "";
  for (std::size_t n = 0; n < std::size(values); ++n) {
    if (sparse && values[n] == 0) continue;
    out << separator << '"' << names[n] << "\": " << values[n];
    separator = ", ";
  }
  out << '}';
}

void write_tier(std::ostream& out, const char* number, const TierStatistics& tier, double seconds) {
  out << "\"" << number << "\": {\"blocks_translated\": " << tier.blocks_translated
      << ", \"guest_instructions_translated\": " << tier.guest_instructions_translated
      << ", \"host_bytes_emitted\": " << tier.host_bytes_emitted << ", \"translate_seconds\": " << seconds
      << "}";
}

// In the order of translator::ExitReason.
constexpr std::array<const char*, translator::exit_reasons> exit_names = {
    "lookup", "link", "checkpoint", "recheck", "access", "fault", "raise"};

// Totals of all tiers first, then each of them.
void write_translator(std::ostream& out, const Translator* translator) {
  const translator::Statistics s = translator ? translator->statistics() : translator::Statistics{};
  const double seconds = translator ? translator->seconds(s.tier1.translate_ticks) : 0;
  write_each<double>(out, {{"translate_seconds", seconds}});
  write_each<u64>(out, {
                           {"blocks_translated", s.tier1.blocks_translated},
                           {"guest_instructions_translated", s.tier1.guest_instructions_translated},
                           {"host_bytes_emitted", s.tier1.host_bytes_emitted},
                       });
  out << "  \"tiers\": {";
  if (translator) write_tier(out, "1", s.tier1, seconds);
  out << "},\n";
  write_each<u64>(out, {
                           {"code_cache_bytes", translator ? translator->code_bytes() : 0},
                           {"code_cache_limit", translator ? translator->code_cache_bytes() : 0},
                           {"invalidations", s.invalidations},
                           {"blocks_invalidated", s.blocks_invalidated},
                           {"evictions", s.evictions},
                           {"blocks_evicted", s.blocks_evicted},
                           {"links", s.links},
                           {"lookups", s.lookups},
                       });
  write_object(out, "exits", exit_names, s.exits, false);
  out << ",\n";
}

// In the order of translator::Stage.
constexpr std::array<const char*, translator::stages> stage_names = {"decode", "lift", "passes", "emit",
                                                                     "link"};

// Seconds, and how often the guest's instructions were not left alone: see translator::Profile.
void write_profile(std::ostream& out, const Translator* translator, double processor_seconds) {
  const translator::Profile* profile = translator ? translator->profile() : nullptr;
  if (!profile) return;
  std::array<double, translator::stages> stages{};
  double translating = 0;
  for (std::size_t n = 0; n < stages.size(); ++n) {
    translating += stages[n] = translator->seconds(profile->stage_ticks[n]);
  }
  write_object(out, "translate_stages", stage_names, stages, false);
  const double helpers = translator->seconds(profile->helper_ticks);
  const double generated = translator->seconds(profile->generated_ticks) - helpers;
  const double all = processor_seconds - translator->seconds(profile->listener_ticks);
  const double interpreter = translator->seconds(profile->interpreter_ticks);
  const std::array names = {"translated_code", "helpers", "interpreter", "translating", "everything_else"};
  const std::array times = {generated, helpers, interpreter, translating,
                            std::max(0.0, all - generated - helpers - interpreter - translating)};
  out << ",\n";
  write_object(out, "activity", names, times, false);
  const auto& exits = translator->statistics().exits;
  const u64 left = std::accumulate(exits.begin(), exits.end(), u64{0});
  out << ",\n";
  write_each<u64>(out, {{"host_instructions_emitted", profile->host_instructions},
                        {"helper_calls", profile->helper_calls},
                        {"interpreted_instructions", profile->interpreted},
                        {"interventions", left + profile->helper_calls + profile->interpreted}});
}

void write_storage(std::ostream& out, const machine::StorageCounters& storage) {
  write_each<u64>(out, {
                           {"disk_bytes_read", storage.bytes_read},
                           {"disk_bytes_written", storage.bytes_written},
                           {"disk_flushes", storage.flushes},
                           {"disk_host_nanoseconds", storage.host_nanoseconds},
                           {"dma_bytes", storage.dma_bytes},
                           {"dma_host_nanoseconds", storage.dma_host_nanoseconds},
                       });
}

// By vector. Two share a slot of the counters; the performance monitor's interrupt never comes.
void write_exceptions(std::ostream& out, const ppc::Cpu& cpu) {
  const auto& counts = cpu.counters.exceptions;
  std::array<std::string, std::tuple_size_v<std::decay_t<decltype(counts)>>> names;
  for (std::size_t n = 0; n < names.size(); ++n) {
    constexpr std::size_t shared = static_cast<std::size_t>(ppc::Vector::vector_unavailable) / 0x100;
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "0x%zx", n == shared ? shared * 0x100 + 0x20 : n * 0x100);
    names[n] = text.data();
  }
  write_object(out, "exceptions", names, counts, true);
}

}  // namespace

void write_statistics(std::ostream& out, double wall_seconds, const ppc::Cpu& cpu, const ppc::Engine& engine,
                      const machine::StorageCounters* storage) {
  const double processor = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  out << "{\n";
  write_each<u64>(out, {{"guest_instructions", cpu.instructions()}});
  write_each<double>(out, {{"wall_seconds", wall_seconds}, {"cpu_seconds", processor}});
  const auto* translator = dynamic_cast<const Translator*>(&engine);
  write_translator(out, translator);
  write_profile(out, translator, processor);
  write_each<u64>(out, {{"tlb_fills", cpu.tlb.fills()},
                        {"window_switches", cpu.tlb.window_switches()},
                        {"mmio_accesses", cpu.counters.mmio_accesses}});
  if (storage) write_storage(out, *storage);
  write_exceptions(out, cpu);
  out << "\n}\n";
}

StatsFile::StatsFile(const std::string& path)
    : path_(path.empty() ? "" : std::filesystem::absolute(path).string()),
      started_(std::chrono::steady_clock::now()) {}

StatsFile::~StatsFile() {
  if (file_ >= 0) close(file_);
}

static int open_for_writing(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
}

void StatsFile::create() const {
  if (path_.empty()) return;
  if (const int file = open_for_writing(path_); file >= 0) close(file);
}

void StatsFile::keep_open() {
  if (!path_.empty() && file_ < 0) file_ = open_for_writing(path_);
}

static bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool StatsFile::write(const ppc::Cpu& cpu, const ppc::Engine& engine,
                      const machine::StorageCounters* storage) const {
  if (path_.empty()) return true;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started_;
  std::ostringstream text;
  write_statistics(text, wall.count(), cpu, engine, storage);
  const int file = file_ >= 0 ? file_ : open_for_writing(path_);
  // Not every file has a length: /dev/stdout, say.
  const bool emptied = file >= 0 && (ftruncate(file, 0) == 0 || errno == EINVAL);
  const bool written = emptied && write_all(file, text.view());
  if (file >= 0 && file != file_) close(file);
  if (!written) std::fprintf(stderr, "quince: %s: can't write the counters\n", path_.c_str());
  return written;
}

}  // namespace quince::app
