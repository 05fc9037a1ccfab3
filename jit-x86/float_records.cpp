// Which operations have to be noted for FPSCR, and how: all of those that something outside of the block may
// see, and of the others the operands that are overwritten before a fault could ask for them.
#include "jit-x86/lowering.h"
#include "translator/float_status.h"

namespace quince::jit {

using translator::FloatStatus;
using translator::IrKind;

namespace {

bool overwrites_status(IrOp op) {
  return op == IrOp::fp_arith || op == IrOp::fp_round_to_single || op == IrOp::set_fpscr;
}

bool is_arith(IrOp op) { return op == IrOp::fp_arith || op == IrOp::fp_round_to_single; }

bool writes_fpr(IrOp op) { return is_arith(op) || op == IrOp::fp_to_int32 || op == IrOp::set_fpr; }

bool is_float_effect(IrOp op) { return op == IrOp::fp_to_int32 || op == IrOp::fp_compare; }

// After it somebody may look at FPSCR without coming by a side point.
bool shows_fpscr(const Node& it) {
  return translator::info(it.op).kind == IrKind::exit || it.op == IrOp::get_fpscr ||
         (it.op == IrOp::call && it.aux != 0);
}

bool may_fault(IrOp op) { return translator::info(op).kind == IrKind::effect && !is_float_effect(op); }

}  // namespace

void Lowering::plan_float_records() {
  float_plan_.clear();
  next_plan_ = 0;
  float_record_ = 0;
  flags_of_compare_.at = ~0u;
  short_fprs_ = 0;
  if (!block_->has_floats) return;
  const auto& nodes = block_->nodes;
  for (NodeId n = 0; n < nodes.size(); ++n) {
    if (!is_arith(nodes[n].op)) continue;
    FloatPlan plan{n, true, 0};
    u32 overwritten = 1u << nodes[n].imm;
    for (NodeId x = static_cast<NodeId>(n + 1); x < nodes.size(); ++x) {
      const Node& later = nodes[x];
      if (overwrites_status(later.op)) {
        plan.seen = false;
        break;
      }
      if (shows_fpscr(later)) break;
      if (may_fault(later.op)) plan.saved |= overwritten_operands(nodes[n], overwritten);
      if (writes_fpr(later.op)) overwritten |= 1u << later.imm;
    }
    if (plan.seen) plan.saved = 7;
    float_plan_.push_back(plan);
  }
}

// Bit i: operand i (a, c, b) is one of these registers.
u8 Lowering::overwritten_operands(const Node& arith, u32 registers) const {
  u8 bits = 0;
  const NodeId operands[] = {arith.a, arith.b, arith.c};
  for (unsigned i = 0; i < 3; ++i) {
    if (operands[i] != no_node && (registers >> node(operands[i]).imm & 1)) bits |= static_cast<u8>(1 << i);
  }
  return bits;
}

void Lowering::save_operand(unsigned slot, NodeId value) {
  const i32 to = status(offsetof(FloatStatus, operand)) + static_cast<i32>(8 * slot);
  a.vmovsd(qword(to), fpr(value, x86::xmm0));
}

// operands: those that the operation reads, as bits.
void Lowering::record_arith(NodeId n, u8 arith, u8 operands) {
  const FloatPlan& plan = float_plan_[next_plan_++];
  const Node& it = node(n);
  const NodeId values[] = {it.a, it.b, it.c};
  translator::FloatRecord record{.arith = arith};
  for (unsigned i = 0; i < 3; ++i) {
    if (!(operands >> i & 1)) continue;
    record.fpr[i] = static_cast<u8>(node(values[i]).imm);
    if (plan.saved >> i & 1) save_operand(i, values[i]);
  }
  if (plan.seen) {
    a.mov(dword(status(offsetof(FloatStatus, arith))), u32{arith} | u32{FloatStatus::no_compare} << 16);
    float_record_ = 0;
    return;
  }
  record.saved = plan.saved & operands;
  float_records.push_back(record);
  float_record_ = static_cast<u16>(float_records.size());
}

// A conversion or a compare has been written to FloatStatus.
void Lowering::record_later(bool compare) {
  if (float_record_ == 0) return;
  translator::FloatRecord record = float_records[float_record_ - 1u];
  (compare ? record.compared : record.converted) = true;
  float_records.push_back(record);
  float_record_ = static_cast<u16>(float_records.size());
}

}  // namespace quince::jit
