#include "guest-ppc/interpreter.h"

#include <algorithm>

#include "guest-ppc/decoder.h"
#include "guest-ppc/effects.h"
#include "guest-ppc/insn.h"
#include "guest-ppc/interpreter_handlers.h"

namespace quince::ppc {

namespace {

// --- Handlers that are no instruction ---

// After the last instruction of a block that is not a branch.
void end_of_block(Interpreter& interpreter, const Decoded* at) { interpreter.cpu.state.pc = at->pc; }

void illegal_instruction(Interpreter& interpreter, const Decoded* at) {
  interpreter.position = at;
  throw GuestException{Vector::program, program_cause::illegal};
}

void breakpoint(Interpreter& interpreter, const Decoded* at) {
  interpreter.position = at;
  throw GuestException{Vector::debugger};
}

// For each row its handler, where its special ones begin, and what it does to a block.
struct Row {
  Decoded::Handler run = illegal_instruction;
  u8 special = 0xff;  // index into special_handlers, 0xff: none
  bool ends = true;   // the block; by_spr: if the SPR's row says so
  bool by_spr = false;
  bool unmasks = false, checkpoint = true;  // as in Block, of one that the instruction ends
};

std::array<Row, op_count> make_rows() {
  std::array<Row, op_count> rows;
  for (std::size_t n = 1; n < op_count; ++n) {
    const auto op = static_cast<Op>(n);
    const InsnInfo& insn = info(op);
    Row& row = rows[n];
    row.run = integer_handlers[n] ? integer_handlers[n] : float_handlers[n];
    if (!row.run) row.run = vector_handlers[n];
    row.by_spr = insn.has(flag::by_spr);
    row.ends = (insn.flags & (flag::branch | flag::ends_block)) != 0;
    row.unmasks = op == Op::mtmsr || op == Op::rfi;
    row.checkpoint = op != Op::b && op != Op::bc;
  }
  for (std::size_t n = special_handlers.size(); n-- > 0;) {
    rows[static_cast<std::size_t>(special_handlers[n].op)].special = static_cast<u8>(n);
  }
  return rows;
}
const std::array<Row, op_count> rows = make_rows();

Decoded::Handler handler_for(Op op, u32 word) {
  const Row& row = rows[static_cast<std::size_t>(op)];
  for (std::size_t n = row.special; n < special_handlers.size() && special_handlers[n].op == op; ++n) {
    if ((word & special_handlers[n].mask) == special_handlers[n].value) return special_handlers[n].run;
  }
  return row.run;
}

bool ends_block(Op op, u32 word) {
  const Row& row = rows[static_cast<std::size_t>(op)];
  if (!row.by_spr) return row.ends;
  return (effects(word).flags & (flag::branch | flag::ends_block)) != 0;
}

u64 block_key(u32 pc, u32 physical) { return u64{physical & ~page_mask} << 32 | pc; }

}  // namespace

Interpreter::Interpreter(Cpu& processor, ExceptionHandling handling, bool attach)
    : cpu(processor), handling_(handling), attached_(attach), cache_(attach ? cache_lines : 0) {
  if (attached_) cpu.set_hooks(this);
}

Interpreter::~Interpreter() {
  if (attached_) cpu.set_hooks(nullptr);
}

u32 Interpreter::uncounted_instructions() const {
  return position && current_ ? static_cast<u32>(position - current_->code) : 0;
}

// --- The run loop ---

Stop Interpreter::run() {
  cpu.align_pc();
  stopped_ = false;
  for (;;) {
    try {
      if (handling_ == ExceptionHandling::deliver) cpu.take_interrupt();
      for (;;) {
        if (const auto stop = traced() ? execute_traced() : execute()) return *stop;
      }
    } catch (const GuestException& exception) {
      if (handle(exception)) return stop_;
    }
  }
}

inline const Interpreter::Block* Interpreter::find(u32 pc) {
  const CacheLine& cached = line(pc);
  if (cached.pc == pc && cached.tag == cpu.tlb.exec_tag()[pc / page_size]) [[likely]]
    return cached.block;
  return find_slow(pc);
}

// True: the block ended at a checkpoint.
inline bool Interpreter::execute(const Block& block) {
  current_ = &block;
  block.code->run(*this, block.code);
  position = nullptr;
  cpu.retired += block.length;
  return block.checkpoint || cpu.state.pc <= block.pc + 4 * (block.length - 1);
}

// About 15 host instructions a block on top of its own.
std::optional<Stop> Interpreter::execute() {
  CpuState& state = cpu.state;
  for (;;) {
    const Block* block = find(state.pc);
    if (execute(*block)) {
      if (cpu.retired >= cpu.limit) [[unlikely]] {
        return stopped_ ? stop_ : Stop{};
      }
      // mtmsr or rfi may just have enabled an interrupt that was waiting.
      if (block->unmasks && handling_ == ExceptionHandling::deliver) {
        cpu.take_unmasked();
        if (traced()) [[unlikely]]
          return std::nullopt;
      }
    }
  }
}

// Single-step and branch tracing (PEM 6.4.11): one instruction at a time, then the trace exception, unless
// the instruction was rfi or itself raised an exception, which turns tracing off.
std::optional<Stop> Interpreter::execute_traced() {
  CpuState& state = cpu.state;
  while (traced()) {
    if (cpu.debug.stops_at(state.pc)) throw GuestException{Vector::debugger};
    const bool every = state.msr & msr::se;
    const Op op = execute_single();
    const bool wanted = every || info(op).has(flag::branch);
    if (wanted && op != Op::rfi && traced()) cpu.deliver({Vector::trace}, state.pc);
    if (cpu.retired >= cpu.limit) return Stop{};
    cpu.take_interrupt();
  }
  return std::nullopt;
}

// The instruction at state.pc as a block of its own.
Op Interpreter::execute_single() {
  const u32 pc = cpu.state.pc;
  single_[0] = decode_one(pc);
  single_[1] = {end_of_block, 0, pc + 4};
  current_ = &single_block_;
  single_[0].run(*this, single_.data());
  position = nullptr;
  ++cpu.retired;
  return decode(single_[0].word, cpu.model.isa);
}

Stop Interpreter::step() {
  cpu.align_pc();
  stopped_ = false;
  try {
    const bool traced_before = traced();
    const bool every = cpu.state.msr & msr::se;
    const Op op = execute_single();
    const bool wanted = traced_before && (every || info(op).has(flag::branch));
    if (wanted && op != Op::rfi && traced()) cpu.deliver({Vector::trace}, cpu.state.pc);
    return stopped_ ? stop_ : Stop{};
  } catch (const GuestException& exception) {
    handle(exception);
    return stop_;
  }
}

// An exception in the middle of a block. True: run() returns.
bool Interpreter::handle(const GuestException& thrown) {
  GuestException exception = thrown;
  if (position) {
    cpu.retired += uncounted_instructions();
    cpu.state.pc = position->pc;
    if (exception.vector == Vector::alignment) exception.dsisr = alignment_dsisr(Insn(position->word));
    position = nullptr;
  }
  if (handling_ == ExceptionHandling::stop || exception.vector == Vector::debugger) {
    stop_ = {true, exception};
    return true;
  }
  cpu.deliver_fault(exception, cpu.state.pc);
  stop_ = {};
  return cpu.retired >= cpu.limit;
}

void Interpreter::system_call(u32 next_pc) {
  const GuestException exception{Vector::system_call};
  if (handling_ == ExceptionHandling::deliver) return cpu.deliver(exception, next_pc);
  cpu.state.pc = next_pc;
  stop_ = {true, exception};
  stopped_ = true;
  cpu.request_attention();
}

std::optional<Stop> Interpreter::trace() {
  while (traced()) {
    try {
      return execute_traced();
    } catch (const GuestException& exception) {
      if (handle(exception)) return stop_;
    }
  }
  return std::nullopt;
}

std::optional<Stop> Interpreter::execute_once(u32 most_insns) {
  const u32 pc = cpu.state.pc;
  const bool may_keep = most_insns == max_block_length && cpu.debug.breakpoints.empty();
  Once& once = may_keep ? once_[pc / 4 % once_.size()] : not_kept_;
  Block& block = once.block;
  try {
    const u32 tag = cpu.tlb.exec_tag()[pc / page_size];
    const u8* page = cpu.code_page(tag ? tag - 1 : cpu.fetch(pc).physical);
    if (!page) throw GuestException{Vector::machine_check};
    if (!may_keep || !is_still(once, pc, page)) {
      block = {pc, 0, 0, false, false, once.code.data()};
      decode_path(block, page, once.code.data(), most_insns, false);
    }
    if (!execute(block)) return std::nullopt;
    if (cpu.retired >= cpu.limit) return Stop{};
    if (block.unmasks && handling_ == ExceptionHandling::deliver) cpu.take_unmasked();
  } catch (const GuestException& exception) {
    if (handle(exception)) return stop_;
  }
  return std::nullopt;
}

bool Interpreter::is_still(const Once& once, u32 pc, const u8* page) {
  if (once.block.pc != pc) return false;
  for (u32 n = 0; n < once.block.length; ++n) {
    u32 word;
    std::memcpy(&word, page + (pc & page_mask) + 4 * n, 4);
    if (swap_bytes(word) != once.code[n].word) return false;
  }
  return true;
}

Decoded Interpreter::decode_one(u32 pc) {
  const Mapping mapping = cpu.fetch(pc);
  const u8* page = cpu.code_page(mapping.physical);
  if (!page) throw GuestException{Vector::machine_check};
  u32 word;
  std::memcpy(&word, page + (pc & page_mask), 4);
  word = swap_bytes(word);
  return {handler_for(decode(word, cpu.model.isa), word), word, pc};
}

// --- Decoded blocks ---

const Interpreter::Block* Interpreter::find_slow(u32 pc) {
  position = nullptr;
  if (flush_wanted_ || chunks_.size() > max_chunks) flush();
  invalid_.clear();
  const Mapping mapping = cpu.fetch(pc);
  const u32 physical = mapping.physical | (pc & page_mask);
  const u64 key = block_key(pc, physical);
  auto found = blocks_.find(key);
  // What can't be decoded leaves nothing behind.
  if (found == blocks_.end()) found = blocks_.emplace(key, decode_block(pc, physical)).first;
  line(pc) = {pc, mapping.physical + 1, found->second.get()};
  return found->second.get();
}

Decoded* Interpreter::reserve(std::size_t entries) {
  if (chunks_.empty() || chunk_used_ + entries > chunk_entries) {
    chunks_.push_back(std::make_unique<Decoded[]>(chunk_entries));
    chunk_used_ = 0;
  }
  return &chunks_.back()[chunk_used_];
}

std::unique_ptr<Interpreter::Block> Interpreter::decode_block(u32 pc, u32 physical) {
  const u8* page = cpu.code_page(physical & ~page_mask);
  if (!page) throw GuestException{Vector::machine_check};  // instructions can't come from a device
  Decoded* code = reserve(max_block_length + 1);
  auto block = std::make_unique<Block>(Block{pc, physical, 0, false, false, code});
  decode_path(*block, page, code, max_block_length, true);
  chunk_used_ += block->length + 1;
  ++statistics_.blocks_decoded;
  statistics_.instructions_decoded += block->length;
  blocks_of_page_[physical / page_size].push_back(block_key(pc, physical));
  cpu.watch_code(physical, 4 * block->length);
  return block;
}

// The block's instructions to `code`, which has room for one more. specialise: the handlers that are
// quickest, which takes longer to find.
void Interpreter::decode_path(Block& block, const u8* page, Decoded* code, u32 most_insns, bool specialise) {
  const u32 pc = block.pc;
  const u32 limit = std::min(most_insns, (page_size - (pc & page_mask)) / 4);
  for (bool ended = false; !ended && block.length < limit; ++block.length) {
    if (cpu.debug.stops_at(pc + 4 * block.length)) {
      if (block.length == 0) code[block.length++] = {breakpoint, 0, pc};
      break;
    }
    u32 word;
    std::memcpy(&word, page + (pc & page_mask) + 4 * block.length, 4);
    word = swap_bytes(word);
    const Op op = decode(word, cpu.model.isa);
    const Decoded::Handler handler =
        specialise ? handler_for(op, word) : rows[static_cast<std::size_t>(op)].run;
    code[block.length] = {handler, word, pc + 4 * block.length};
    ended = ends_block(op, word);
    if (!ended) continue;
    block.unmasks = rows[static_cast<std::size_t>(op)].unmasks;
    block.checkpoint = rows[static_cast<std::size_t>(op)].checkpoint;
  }
  code[block.length] = {end_of_block, 0, pc + 4 * block.length};
}

void Interpreter::invalidate_code(u32 physical, u32 bytes) {
  const auto page = blocks_of_page_.find(physical / page_size);
  if (page == blocks_of_page_.end()) return;
  ++statistics_.invalidations;
  std::erase_if(page->second, [&](u64 key) {
    const auto found = blocks_.find(key);
    const Block& block = *found->second;
    if (block.physical >= physical + bytes || block.physical + 4 * block.length <= physical) return false;
    if (line(block.pc).block == &block) line(block.pc) = {};
    invalid_.push_back(std::move(found->second));
    blocks_.erase(found);
    return true;
  });
}

void Interpreter::flush() {
  if (position) {  // called by an instruction that is executing: its block must stay for now
    flush_wanted_ = true;
    std::fill(cache_.begin(), cache_.end(), CacheLine{});
    return;
  }
  flush_wanted_ = false;
  std::fill(cache_.begin(), cache_.end(), CacheLine{});
  blocks_.clear();
  blocks_of_page_.clear();
  invalid_.clear();
  chunks_.clear();
  chunk_used_ = 0;
}

}  // namespace quince::ppc
