// The file /tmp/perf-PID.map, from which the host's `perf` takes the names of generated code.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "translator/code_listener.h"

namespace quince::jit {

class PerfMap final : public translator::CodeListener {
 public:
  // An empty map for this process, in place of what another process of the same number has left. keeps_open:
  // for a process that will not open files later. The error is the name of the file and why it can't be made.
  static tl::expected<std::unique_ptr<PerfMap>, std::string> create(bool keeps_open = false);

  ~PerfMap() override;
  PerfMap(const PerfMap&) = delete;
  PerfMap& operator=(const PerfMap&) = delete;

  // As guest_PC, eight hexadecimal digits.
  void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) override;
  void add(std::string_view name, std::span<const ppc::u8> code);

 private:
  explicit PerfMap(std::string path) : path_(std::move(path)) {}

  std::string path_;
  int kept_open_ = -1;
};

}  // namespace quince::jit
