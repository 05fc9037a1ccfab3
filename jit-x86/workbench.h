// Translates pieces of guest code without running them, and keeps what it made for a look: for `quince
// translate` and for tests.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "jit-x86/x86_backend.h"
#include "translator/statistics.h"

namespace quince::jit {

// What the code is translated for: a program under `quince exec`, whose memory is flat, or software of a
// machine, which goes through the software TLB and may execute privileged instructions.
enum class Setting : u8 { process, machine };

class Workbench {
 public:
  // The error as of X86Backend::create().
  static tl::expected<std::unique_ptr<Workbench>, std::string> create(const CpuModel& model, Setting setting,
                                                                      translator::JitParts off = {});
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // One block from pc, which is in the page that has these bytes; it ends before `end` at the latest.
  // The results hold until the next call. Afterwards block() is never empty.
  void translate(u32 pc, u32 end, std::span<const u8, page_size> page);
  const Block& block() const { return block_; }
  const translator::CompiledBlock& code() const { return code_; }
  const std::vector<CodeOrigin>& origins() const { return origins_; }
  const Thunks& thunks() const { return backend_->thunks(); }

  // Processor time of all calls so far, in seconds.
  struct Seconds {
    double lift, passes, compile;
  };
  Seconds seconds() const;

 private:
  struct World;
  Workbench(const CpuModel& model, Setting setting);

  std::unique_ptr<World> world_;
  std::unique_ptr<X86Backend> backend_;
  Block block_;
  translator::CompiledBlock code_;
  std::vector<CodeOrigin> origins_;
  translator::TickClock clock_;
  std::array<u64, 3> ticks_{};  // as Seconds
};

}  // namespace quince::jit
