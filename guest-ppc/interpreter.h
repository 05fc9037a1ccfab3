// The reference engine: executes decoded basic blocks by calling one function per instruction.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "guest-ppc/engine.h"

namespace quince::ppc {

class Interpreter;

// One decoded instruction. Its handler executes it and then calls that of the next entry, so that
// straight-line code runs without returning; the handler of the last one returns.
struct Decoded {
  using Handler = void (*)(Interpreter&, const Decoded*);
  Handler run;
  u32 word;
  u32 pc;
};

class Interpreter final : public Engine {
 public:
  // attach: be the processor's engine; if not, another engine passes on what it hears and only calls trace().
  explicit Interpreter(Cpu& cpu, ExceptionHandling handling = ExceptionHandling::deliver, bool attach = true);
  ~Interpreter() override;
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  Stop run() override;
  Stop step() override;
  // While MSR[SE] or MSR[BE] is set, executes as run() does. Nothing: tracing is off (again).
  std::optional<Stop> trace();
  // Executes the block at state.pc as run() does, but hardly keeps anything of what it decodes: for an engine
  // whose translations are worth their time only where code runs often. Nothing: go on.
  // At most so many instructions of the block, at least one.
  std::optional<Stop> execute_once(u32 most_insns = max_block_length);
  void flush() override;
  void invalidate_code(u32 physical, u32 bytes) override;
  u32 uncounted_instructions() const override;
  void system_call(u32 next_pc) override;

  static constexpr u32 max_block_length = 64;

  struct Statistics {
    u64 blocks_decoded = 0;
    u64 instructions_decoded = 0;
    u64 invalidations = 0;
  };
  const Statistics& statistics() const { return statistics_; }

  // For the handlers.
  Cpu& cpu;
  const Decoded* position = nullptr;  // the instruction that may fault, or null between blocks

 private:
  struct Block {
    u32 pc;
    u32 physical;
    u32 length;       // instructions
    bool checkpoint;  // ends in an indirect branch or changes machine state
    bool unmasks;     // mtmsr, rfi: an interrupt that waited may be enabled now
    const Decoded* code;
  };
  struct CacheLine {
    u32 pc = 1;  // never an instruction address
    u32 tag = 0;
    const Block* block = nullptr;
  };
  static constexpr u32 cache_lines = 1u << 16;
  static constexpr std::size_t chunk_entries = 1u << 16;  // of Decoded
  static constexpr std::size_t max_chunks = 64;           // 64 MiB of decoded code, then start again

  // Nothing: tracing was turned on or off, go on with the other of the two.
  std::optional<Stop> execute();
  bool execute(const Block& block);
  std::optional<Stop> execute_traced();
  Op execute_single();
  bool traced() const { return (cpu.state.msr & (msr::se | msr::be)) != 0; }
  bool handle(const GuestException& exception);
  const Block* find(u32 pc);
  const Block* find_slow(u32 pc);
  Decoded decode_one(u32 pc);
  std::unique_ptr<Block> decode_block(u32 pc, u32 physical);
  void decode_path(Block& block, const u8* page, Decoded* code, u32 most_insns, bool specialise);
  Decoded* reserve(std::size_t entries);
  CacheLine& line(u32 pc) { return cache_[pc / 4 % cache_lines]; }

  ExceptionHandling handling_;
  bool attached_;
  const Block* current_ = nullptr;
  std::array<Decoded, 2> single_{};  // the instruction being traced, as a block
  Block single_block_{0, 0, 1, true, true, single_.data()};
  // What execute_once() has decoded last, good as long as the words are the same.
  struct Once {
    Block block{1, 0, 0, false, false, nullptr};
    std::array<Decoded, max_block_length + 1> code{};
  };
  std::array<Once, 128> once_{};
  Once not_kept_;
  static bool is_still(const Once& once, u32 pc, const u8* page);
  bool stopped_ = false;
  Stop stop_;
  bool flush_wanted_ = false;
  std::vector<CacheLine> cache_;
  std::unordered_map<u64, std::unique_ptr<Block>> blocks_;    // by physical page + 1 and pc
  std::unordered_map<u32, std::vector<u64>> blocks_of_page_;  // keys, by physical page
  std::vector<std::unique_ptr<Block>> invalid_;               // perhaps still executing
  std::vector<std::unique_ptr<Decoded[]>> chunks_;
  std::size_t chunk_used_ = 0;
  Statistics statistics_;
};

}  // namespace quince::ppc
