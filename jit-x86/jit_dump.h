// The file jit-PID.dump, from which `perf inject --jit` takes names and bytes of generated code. Its format
// is perf's: tools/perf/Documentation/jitdump-specification.txt in the sources of Linux.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "translator/code_listener.h"

namespace quince::jit {

class JitDump final : public translator::CodeListener {
 public:
  // A new file in the current folder, for this process. keeps_open: for a process that will not open files
  // later. The error is the name of the file and why it can't be made.
  static tl::expected<std::unique_ptr<JitDump>, std::string> create(bool keeps_open = false);
  ~JitDump() override;
  JitDump(const JitDump&) = delete;
  JitDump& operator=(const JitDump&) = delete;

  void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) override;
  void add(std::string_view name, std::span<const ppc::u8> code);

 private:
  explicit JitDump(std::string path) : path_(std::move(path)) {}
  bool begin(bool keeps_open);

  std::string path_;  // absolute: the guest may change the folder
  int kept_open_ = -1;
  void* marker_ = nullptr;
  ppc::u64 next_index_ = 0;
};

}  // namespace quince::jit
