#include "app/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "app/words.h"

namespace quince::app {

namespace {

using ppc::u32;
using ppc::u64;
using ppc::Vector;

struct CategoryRow {
  const char* name;
  bool needs_jit, needs_machine;
};
constexpr std::array<CategoryRow, log_categories> categories = {{
    {"blocks", true, false},
    {"links", true, false},
    {"exceptions", false, false},
    {"mmu", false, true},
    {"mmio", false, true},
    {"devices", false, true},
    {"sandbox", false, false},
}};

std::vector<std::string> category_names() {
  std::vector<std::string> names;
  names.reserve(categories.size());
  for (const CategoryRow& row : categories) names.emplace_back(row.name);
  return names;
}

struct VectorName {
  Vector vector;
  const char* name;
};
constexpr VectorName vector_names[] = {
    {Vector::system_reset, "system reset"},
    {Vector::machine_check, "machine check"},
    {Vector::dsi, "DSI"},
    {Vector::isi, "ISI"},
    {Vector::external_interrupt, "external interrupt"},
    {Vector::alignment, "alignment"},
    {Vector::program, "program"},
    {Vector::fp_unavailable, "floating point unavailable"},
    {Vector::decrementer, "decrementer"},
    {Vector::system_call, "system call"},
    {Vector::trace, "trace"},
    {Vector::performance_monitor, "performance monitor"},
    {Vector::vector_unavailable, "AltiVec unavailable"},
    {Vector::instruction_breakpoint, "instruction breakpoint"},
    {Vector::system_management, "system management"},
    {Vector::vector_assist, "AltiVec assist"},
    {Vector::thermal, "thermal"},
};

const char* name_of(Vector vector) {
  for (const VectorName& row : vector_names) {
    if (row.vector == vector) return row.name;
  }
  return "unknown";
}

const char* name_of(ppc::Access access) {
  switch (access) {
    case ppc::Access::fetch: return "fetch";
    case ppc::Access::read: return "read";
    case ppc::Access::write: return "write";
  }
  __builtin_unreachable();
}

}  // namespace

void add_log_options(CLI::App& command, LogOptions& options) {
  command
      .add_option_function<std::vector<std::string>>(
          "--log",
          [&options](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              options.wanted[place_in(category_names(), name, "--log", "category")] = true;
            }
          },
          "Log what happens: " + joined(category_names()))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("CATEGORY[,...]");
  command.add_option("--log-file", options.file, "Write the log there and not on standard error")
      ->type_name("FILE");
  command.add_option("--log-limit", options.limit, "Lines of each category at most")
      ->check(CLI::PositiveNumber)
      ->type_name("LINES")
      ->capture_default_str();
}

// --- Lines ---

tl::expected<std::shared_ptr<Log>, std::string> Log::open(const LogOptions& options, LogUse use) {
  bool any = false;
  for (std::size_t n = 0; n < log_categories; ++n) {
    if (!options.wanted[n]) continue;
    any = true;
    const std::string what = std::string("--log ") + categories[n].name;
    if (categories[n].needs_jit && !use.translates) return tl::unexpected(what + " needs --engine jit");
    if (categories[n].needs_machine && !use.machine)
      return tl::unexpected(what + ": a program has no machine (quince run has)");
  }
  if (!any) {
    if (!options.file.empty())
      return tl::unexpected<std::string>("--log-file: nothing is logged (add --log)");
    return nullptr;
  }
  std::shared_ptr<Log> log(new Log(options));
  if (options.file.empty()) return log;
  log->options_.file = std::filesystem::absolute(options.file);  // a guest under `exec` may change the folder
  const int file = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return tl::unexpected("--log-file: " + options.file + ": " + std::strerror(errno));
  if (use.machine)
    log->kept_open_ = file;
  else
    close(file);
  return log;
}

Log::~Log() {
  if (kept_open_ >= 0) close(kept_open_);
}

// Under `exec` a guest closes descriptors as it likes, and its fork copies what is in memory: nothing is kept
// open or in memory between two lines there. A machine opens no files once it runs.
void Log::write(const std::string& text) const {
  const bool opens = !options_.file.empty() && kept_open_ < 0;
  const int file = opens             ? ::open(options_.file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)
                   : kept_open_ >= 0 ? kept_open_
                                     : STDERR_FILENO;
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, text.data(), text.size());
  if (opens) close(file);
}

void Log::sandbox(const std::string& description) {
  if (wants(LogCategory::sandbox)) put(LogCategory::sandbox, description.c_str());
}

void Log::put(LogCategory category, const char* text) {
  u64& lines = lines_[static_cast<std::size_t>(category)];
  if (lines > options_.limit) return;
  const char* name = categories[static_cast<std::size_t>(category)].name;
  std::string line = std::to_string(cpu_ ? cpu_->instructions() : 0) + ' ' + name + ": ";
  if (++lines > options_.limit) {
    line += "no more than " + std::to_string(options_.limit) + " lines (--log-limit)";
  } else {
    line += text;
  }
  write(line + '\n');
}

template <class... Arguments>
void Log::line(LogCategory category, const char* format, Arguments... arguments) {
  std::array<char, 256> text;
  std::snprintf(text.data(), text.size(), format, arguments...);
  put(category, text.data());
}

// --- What happens ---

void Log::attach(ppc::Cpu& cpu) {
  cpu_ = &cpu;
  if (!wants(LogCategory::exceptions)) return;
  cpu.on_exception = [this](const ppc::GuestException& what, u32 pc) { exception(what, pc); };
}

void Log::exception(const ppc::GuestException& what, u32 pc) {
  constexpr auto category = LogCategory::exceptions;
  const ppc::CpuState& state = cpu_->state;
  const auto vector = static_cast<u32>(what.vector);
  const char* name = name_of(what.vector);
  switch (what.vector) {
    case Vector::dsi:
    case Vector::alignment:
      return line(category, "%03x %s, %08x of the instruction at %08x, DSISR %08x", vector, name, what.dar,
                  pc, what.dsisr);
    case Vector::isi:
    case Vector::program: return line(category, "%03x %s at %08x, SRR1 %08x", vector, name, pc, what.srr1);
    case Vector::system_call:
      return line(category, "%03x %s before %08x, r0 %u, r3 %08x, r4 %08x, r5 %08x", vector, name, pc,
                  state.gpr[0], state.gpr[3], state.gpr[4], state.gpr[5]);
    default: return line(category, "%03x %s at %08x", vector, name, pc);
  }
}

void Log::translated(u32 ea, ppc::Access access, const tl::expected<ppc::Mapping, ppc::GuestException>& to) {
  constexpr auto category = LogCategory::mmu;
  if (!to) return line(category, "%s %08x: %s", name_of(access), ea, name_of(to.error().vector));
  line(category, "%s %08x is %08x%s%s%s%s", name_of(access), ea, to->physical | (ea & ppc::page_mask),
       to->writable ? ", writable" : "", to->cache_inhibited ? ", cache-inhibited" : "",
       to->write_through ? ", write-through" : "", to->in_tlb ? "" : ", block or real");
}

void Log::forgot_translations() { put(LogCategory::mmu, "translations forgotten"); }

// The smallest that has the address: chips are within the windows of cards.
std::string Log::name_at(u32 physical) const {
  if (!devices_) return "";
  const auto rows = devices_();
  const machine::DeviceRow* best = nullptr;
  for (const machine::DeviceRow& row : rows) {
    if (physical - row.base < row.size && (!best || row.size < best->size)) best = &row;
  }
  return best ? best->name : "nobody";
}

void Log::accessed(u32 physical, unsigned bytes, u64 value, bool write) {
  line(LogCategory::mmio, "%s %08x %s %0*llx, %s", write ? "write" : "read", physical,
       write ? "is given" : "gives", static_cast<int>(2 * bytes), static_cast<unsigned long long>(value),
       name_at(physical).c_str());
}

void Log::happened(std::string_view device, const std::string& what) {
  put(LogCategory::devices, (std::string(device) + ", " + what).c_str());
}

// --- Generated code ---

class Log::Code final : public translator::CodeListener {
 public:
  explicit Code(Log& log) : log_(log) {}
  void added(u32 pc, u32 insns, std::span<const ppc::u8> code) override {
    if (!log_.wants(LogCategory::blocks)) return;
    log_.line(LogCategory::blocks, "%08x, %u instructions, %zu bytes of code", pc, insns, code.size());
  }
  void removed(u32 pc, std::span<const ppc::u8>) override {
    if (log_.wants(LogCategory::blocks)) log_.line(LogCategory::blocks, "%08x is given up", pc);
  }
  void linked(u32 from, u32 to) override {
    if (log_.wants(LogCategory::links)) log_.line(LogCategory::links, "%08x to %08x", from, to);
  }

 private:
  Log& log_;
};

std::unique_ptr<translator::CodeListener> Log::code_listener() {
  if (!wants(LogCategory::blocks) && !wants(LogCategory::links)) return nullptr;
  return std::make_unique<Code>(*this);
}

}  // namespace quince::app
