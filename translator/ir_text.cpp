#include "translator/ir_text.h"

#include <array>
#include <cstdio>

namespace quince::translator {

namespace {

std::string value(NodeId n) { return "%" + std::to_string(n); }

std::string hexadecimal(u32 number) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), number < 10 ? "%u" : "0x%x", number);
  return text.data();
}

struct Register {
  IrOp get, set;
  const char* name;
  bool numbered;
};
constexpr Register registers[] = {
    {IrOp::get_gpr, IrOp::set_gpr, "r", true},    {IrOp::get_fpr, IrOp::set_fpr, "f", true},
    {IrOp::get_vr, IrOp::set_vr, "v", true},      {IrOp::get_lr, IrOp::set_lr, "lr", false},
    {IrOp::get_ctr, IrOp::set_ctr, "ctr", false}, {IrOp::get_ca, IrOp::set_ca, "ca", false},
};

std::string name(const Register& r, const Node& node) {
  return r.numbered ? r.name + std::to_string(node.imm) : r.name;
}

std::string operation(const Node& node) {
  std::string text = info(node.op).name;
  for (const NodeId operand : {node.a, node.b, node.c}) {
    if (operand != no_node) text += " " + value(operand);
  }
  if (node.imm != 0) text += " #" + hexadecimal(node.imm);
  if (node.aux != 0) text += " /" + hexadecimal(node.aux);
  return text;
}

}  // namespace

std::string to_text(const Block& block, NodeId n) {
  const Node& node = block.nodes[n];
  for (const Register& r : registers) {
    if (node.op == r.set) return name(r, node) + " = " + value(node.a);
    if (node.op == r.get) return value(n) + " = " + name(r, node);
  }
  if (node.op == IrOp::imm || node.op == IrOp::bit) return value(n) + " = " + hexadecimal(node.imm);
  const bool has_value = info(node.op).result != IrType::none;
  return has_value ? value(n) + " = " + operation(node) : operation(node);
}

}  // namespace quince::translator
