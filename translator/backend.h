// What the translator asks of a host: to turn a block of the intermediate representation into code, and to
// run it.
#pragma once

#include <array>
#include <span>

#include "translator/ir.h"
#include "translator/runtime.h"

namespace quince::translator {

// Where in a block's code an exception can surface: after a call returns to `host_offset` (from the block's
// first byte), or when the host's instruction that begins one byte before faults, guest instruction number
// `insn` was executing. Ascending.
struct SidePoint {
  u32 host_offset;
  u8 insn;
  u8 carry;   // of a faulting access: 1 if the host's carry flag has CA, 2 if its complement, else 0
  bool lent;  // registers are where CompiledBlock::loans says
  std::array<u8, 2> owed;  // 0, or 1 + index into CompiledBlock::owed of a field that is still owed
  u16 float_record;        // 0, or 1 + index of what FloatStatus has to be told first
};

// The arithmetic that decides FPRF, FR and FI at a side point, where code has not written it to FloatStatus.
struct FloatRecord {
  u8 arith;        // as FloatStatus::arith
  u8 saved = 0;    // bit i: operand i is in FloatStatus; the others are still in their registers:
  u8 fpr[3] = {};  // of a, c, b
  bool converted = false, compared = false;  // a conversion, a compare came after it; they are in FloatStatus
};

// A jump out of a block to a guest address known when translating. Until it is linked, or where its guard
// fails, it is a call that returns ExitReason::link with its return address. Offsets are from the block's
// first byte.
struct LinkSite {
  u32 target;        // guest address
  u32 after_jump;    // behind the jump instruction
  u32 after_stub;    // behind the call for a guard that fails
  u32 guard_offset;  // of the guard's 32-bit tag, or 0: the target is in the block's own page and needs no
                     // guard
  bool calls;        // a subroutine of the guest: the host calls it, too
};

// While a loop runs, guest register `borrower` is in the host register of `lender`, which the loop does not
// use and whose value is in Area::lent. If both are the same, the host register has something that the guest
// does not know.
struct Loan {
  static constexpr u8 ctr = 32;  // as the borrower
  u8 lender;
  u8 borrower;
};

// A CR field that is not yet in memory: the comparison of two registers that still hold what has been
// compared.
struct OwedField {
  static constexpr u8 constant = 32;  // as `right`: number
  u8 field;
  bool is_signed;
  u8 left, right;
  u32 number;
};

// The jumps to a loop's next round that are no links. Offsets are from the block's first byte.
struct LoopJumps {
  u32 after_back =
      0;  // behind the conditional jump from the end to the beginning, or 0: the block is no loop
  u32 after_first = 0;  // behind the one that leaves after a first round that is apart, or 0
};

// The tables hold until the next block is compiled.
struct CompiledBlock {
  const u8* entry = nullptr;
  u32 bytes = 0;
  std::span<const SidePoint> side_points;
  std::span<const FloatRecord> float_records;
  std::span<const LinkSite> links;
  LoopJumps loop{};
  std::span<const Loan> loans{};
  std::span<const OwedField> owed{};
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Code for the block, placed in the code cache; the entry is null if the current chunk has no room.
  virtual CompiledBlock compile(const Block& block) = 0;

  // The code cache is a ring of chunks. Opening the next one gives up what it held: [first, last) of host
  // addresses, empty at first. No code of it may be reached any more.
  struct Range {
    const u8* first;
    const u8* last;
  };
  virtual Range open_next_chunk() = 0;

  // Makes a linked jump lead to `code` (with the target's exec tag in its guard), or what it was at first.
  virtual void patch_link(const u8* block_entry, const LinkSite& site, const u8* code, u32 tag) = 0;

  // Makes a loop leave generated code in front of its next round, for good.
  virtual void open_loop(const u8* block_entry, const LoopJumps& loop) = 0;

  // Runs generated code from `code` until it exits.
  virtual ExitReason enter(ppc::Cpu& cpu, const u8* code) = 0;

  virtual u64 cache_bytes() const = 0;
};

}  // namespace quince::translator
