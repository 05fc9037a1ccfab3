// --log: a line on standard error, or in a file, for each thing of a category that happens.
#pragma once

#include <CLI/App.hpp>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "guest-ppc/cpu.h"
#include "machine/machine.h"
#include "machine/witness.h"
#include "translator/code_listener.h"

namespace quince::app {

enum class LogCategory : ppc::u8 { blocks, links, exceptions, mmu, mmio, devices, sandbox };
inline constexpr std::size_t log_categories = 7;

struct LogOptions {
  std::array<bool, log_categories> wanted{};
  std::string file;          // empty: standard error
  ppc::u64 limit = 100'000;  // lines of each category
};

// --log, --log-file, --log-limit
void add_log_options(CLI::App& command, LogOptions& options);

// Who asks for categories, since not everybody has all.
struct LogUse {
  bool translates;  // --engine jit
  bool machine;     // quince run
};

class Log final : public machine::Witness {
 public:
  // Null if nothing is to be logged. The error is a line about the option.
  static tl::expected<std::shared_ptr<Log>, std::string> open(const LogOptions& options, LogUse use);

  ~Log() override;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  const std::string& file() const { return options_.file; }  // absolute; empty: standard error

  // What keeps the guest in.
  void sandbox(const std::string& description);
  // What happens on this processor; its instructions are the time in each line. The log outlives it.
  void attach(ppc::Cpu& cpu);
  // Null if neither blocks nor links are wanted. The log outlives it.
  std::unique_ptr<translator::CodeListener> code_listener();
  // Names of what is at an address; empty: nobody knows.
  void set_devices(std::function<std::vector<machine::DeviceRow>()> devices) {
    devices_ = std::move(devices);
  }

  // --- machine::Witness ---
  bool sees_translations() const override { return wants(LogCategory::mmu); }
  bool sees_accesses() const override { return wants(LogCategory::mmio); }
  bool sees_devices() const override { return wants(LogCategory::devices); }
  void translated(ppc::u32 ea, ppc::Access access,
                  const tl::expected<ppc::Mapping, ppc::GuestException>& to) override;
  void forgot_translations() override;
  void accessed(ppc::u32 physical, unsigned bytes, ppc::u64 value, bool write) override;
  void happened(std::string_view device, const std::string& what) override;

 private:
  class Code;
  explicit Log(LogOptions options) : options_(std::move(options)) {}
  bool wants(LogCategory category) const { return options_.wanted[static_cast<std::size_t>(category)]; }
  template <class... Arguments>
  void line(LogCategory category, const char* format, Arguments... arguments);
  void put(LogCategory category, const char* text);
  void write(const std::string& line) const;
  void exception(const ppc::GuestException& exception, ppc::u32 return_address);
  std::string name_at(ppc::u32 physical) const;

  LogOptions options_;
  int kept_open_ = -1;
  std::array<ppc::u64, log_categories> lines_{};
  ppc::Cpu* cpu_ = nullptr;
  std::function<std::vector<machine::DeviceRow>()> devices_;
};

}  // namespace quince::app
