// The intermediate representation: a guest block as a straight list of nodes in which a node is named by its
// index. Values are static single assignments; guest registers are read and written through get and set
// nodes, so that the order of the list is the order of the guest's effects.
#pragma once

#include <array>
#include <cassert>
#include <vector>

#include "guest-ppc/cpu.h"
#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/insn.h"
#include "translator/parts.h"

namespace quince::translator {

using ppc::i32;
using ppc::i64;
using ppc::u16;
using ppc::u32;
using ppc::u64;
using ppc::u8;

enum class IrOp : u8 {
#define IR_OP(name, result, kind) name,
#include "translator/ir_ops.inc"
#undef IR_OP
};

enum class IrType : u8 { none, word, bit, fp, vec };
enum class IrKind : u8 { pure, get, set, effect, exit, mark };

struct IrOpInfo {
  const char* name;
  IrType result;
  IrKind kind;
};
inline constexpr auto ir_table = std::to_array<IrOpInfo>({
#define IR_OP(name, result, kind) {#name, IrType::result, IrKind::kind},
#include "translator/ir_ops.inc"
#undef IR_OP
});
constexpr const IrOpInfo& info(IrOp op) { return ir_table[static_cast<std::size_t>(op)]; }

// What an indirect branch most likely is.
enum class BranchHint : u8 { computed, subroutine_return, call };

using NodeId = u16;
inline constexpr NodeId no_node = 0xffff;

struct Node {
  IrOp op = IrOp::nop;
  u8 aux = 0;
  NodeId a = no_node, b = no_node, c = no_node;
  u32 imm = 0;
};

using Helper = void (*)(ppc::Cpu&, ppc::Insn);

// One guest instruction of a block.
struct GuestInsn {
  u32 pc;
  u32 word;
};

// Under which a translation is valid: it was made for these properties of the machine state.
struct Mode {
  bool problem = false;   // MSR[PR]
  bool fp = false;        // MSR[FP]
  bool vec = false;       // MSR[VEC]
  bool so = false;        // XER[SO], which compares copy
  bool fp_exact = false;  // FPSCR enables exceptions or has NI set
  u8 rounding = 0;        // FPSCR[RN], of no interest if fp_exact

  static constexpr u32 bits = 7;
  static constexpr u32 rounding_bit = 6;  // of key()
  // Bits 1 to `bits`: see exec_tag().
  u32 key() const {
    const u32 flags = problem << 1 | fp << 2 | vec << 3 | so << 4 | fp_exact << 5;
    return fp_exact ? flags : flags | u32{rounding} << rounding_bit;
  }
  static Mode of(const ppc::CpuState& state);
};

inline Mode Mode::of(const ppc::CpuState& state) {
  namespace fpscr = ppc::fpu::fpscr;
  constexpr u32 enables = fpscr::ve | fpscr::oe | fpscr::ue | fpscr::ze | fpscr::xe;
  return {
      .problem = (state.msr & ppc::msr::pr) != 0,
      .fp = (state.msr & ppc::msr::fp) != 0,
      .vec = (state.msr & ppc::msr::vec) != 0,
      .so = state.xer_so != 0,
      .fp_exact = (state.fpscr & (enables | fpscr::ni)) != 0,
      .rounding = static_cast<u8>(state.fpscr & fpscr::rn),
  };
}

// A block's nodes. Lifting stops long before it is full.
class NodeList {
 public:
  static constexpr std::size_t most = 2048;

  NodeId add(const Node& node) {
    assert(size_ < most);
    // Field by field: copying a node that has just been written in pieces costs more than all the rest.
    Node& made = nodes_[size_];
    made.op = node.op;
    made.aux = node.aux;
    made.a = node.a;
    made.b = node.b;
    made.c = node.c;
    made.imm = node.imm;
    return size_++;
  }
  void clear() { size_ = 0; }
  NodeId size() const { return size_; }
  Node& operator[](std::size_t n) { return nodes_[n]; }
  const Node& operator[](std::size_t n) const { return nodes_[n]; }
  const Node* begin() const { return nodes_.data(); }
  const Node* end() const { return nodes_.data() + size_; }

 private:
  NodeId size_ = 0;
  std::array<Node, most> nodes_;
};

// A piece of guest code from one entry: instructions in address order from `pc`, following the fall-through
// path.
struct Block {
  u32 pc = 0;
  u32 physical = 0;
  Mode mode;
  u8 alignment_traps = 7;  // as Cpu's
  JitParts off;            // to be made without
  bool unaligned = false;  // its loads and stores often are not aligned
  bool goes_round = true;  // if it is a loop: often enough to spend something on the way in and out
  u32* runs = nullptr;     // counts how often it is entered, if somebody wants to know
  std::vector<GuestInsn> insns;
  NodeList nodes;
  bool has_floats = false;  // loads or computes any
  std::vector<u16> uses;    // how often each node is an operand, once the passes have run
  std::vector<Helper> helpers;

  void clear() {
    insns.clear();
    nodes.clear();
    has_floats = false;
    helpers.clear();
  }
};

}  // namespace quince::translator
