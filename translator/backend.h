// What the translator asks of a host: to turn a block of the intermediate representation into code, and to
// run it.
#pragma once

#include <vector>

#include "translator/ir.h"
#include "translator/runtime.h"

namespace quince::translator {

// Where in a block's code an exception can surface: after a call returns to `host_offset` (from the block's
// first byte), guest instruction number `insn` was executing. Ascending.
struct SidePoint {
  u32 host_offset;
  u16 insn;
  u16 float_record;  // 0, or 1 + index of what FloatStatus has to be told first
};

// The arithmetic that decides FPRF, FR and FI at a side point, where code has not written it to FloatStatus.
struct FloatRecord {
  u8 arith;        // as FloatStatus::arith
  u8 saved = 0;    // bit i: operand i is in FloatStatus; the others are still in their registers:
  u8 fpr[3] = {};  // of a, c, b
  bool converted = false, compared = false;  // a conversion, a compare came after it; they are in FloatStatus
};

// A load that may fault on the host, and where its block goes on if it does.
struct AccessPoint {
  u32 host_offset;
  u32 slow_offset;
};

// A jump out of a block to a guest address known when translating. Until it is linked it leads to a stub that
// returns ExitReason::link with this number.
struct LinkSite {
  u32 number;        // chosen by the caller of compile(): first_link + index
  u32 target;        // guest address
  u32 jump_offset;   // of the jump instruction, from the block's first byte
  u32 stub_offset;   // where the jump leads when it is not linked
  u32 guard_offset;  // of the guard's 32-bit tag, or 0: the target is in the block's own page and needs no
                     // guard
};

struct CompiledBlock {
  const u8* entry = nullptr;
  u32 bytes = 0;
  std::vector<SidePoint> side_points;
  std::vector<AccessPoint> access_points;  // ascending
  std::vector<FloatRecord> float_records;
  std::vector<LinkSite> links;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Code for the block, placed in the code cache; the entry is null if the current chunk has no room.
  virtual CompiledBlock compile(const Block& block, u32 first_link) = 0;

  // The code cache is a ring of chunks. Opening the next one gives up what it held: [first, last) of host
  // addresses, empty at first. No code of it may be reached any more.
  struct Range {
    const u8* first;
    const u8* last;
  };
  virtual Range open_next_chunk() = 0;

  // Makes a linked jump lead to `code` (with the target's exec tag in its guard), or back to its stub.
  virtual void patch_link(const u8* block_entry, const LinkSite& site, const u8* code, u32 tag) = 0;

  // Runs generated code from `code` until it exits.
  virtual ExitReason enter(ppc::Cpu& cpu, const u8* code) = 0;

  virtual u64 cache_bytes() const = 0;
};

}  // namespace quince::translator
