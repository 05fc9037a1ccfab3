#include "tests/vector/recorded.h"

#include <array>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace quince::test {

namespace {

using ppc::u32;
using ppc::V128;
using ppc::vec::Op;
using ppc::vec::Shape;

std::string hex(const V128& v) {
  std::ostringstream out;
  for (unsigned i = 0; i < 4; ++i) out << std::hex << std::setfill('0') << std::setw(8) << v.element<u32>(i);
  return out.str();
}
std::string hex(u32 word) {
  std::ostringstream out;
  out << std::hex << std::setfill('0') << std::setw(8) << word;
  return out.str();
}

u32 to_word(const std::string& text) { return static_cast<u32>(std::stoul(text, nullptr, 16)); }
V128 to_register(const std::string& text) {
  if (text.size() != 32) throw std::runtime_error("no register: " + text);
  V128 v;
  for (unsigned i = 0; i < 4; ++i) v.set_element<u32>(i, to_word(text.substr(8 * i, 8)));
  return v;
}

Op op_named(const std::string& name) {
  for (unsigned i = 0; i < ppc::vec::op_count; ++i) {
    if (ppc::vec::op_table[i].name == name) return static_cast<Op>(i);
  }
  throw std::runtime_error("no instruction: " + name);
}

// "name=value" fields, in this order; absent is "".
std::string field(std::istringstream& in, const std::string& name) {
  const auto at = in.tellg();
  std::string text;
  if (in >> text && text.starts_with(name + '=')) return text.substr(name.size() + 1);
  in.clear();
  in.seekg(at);
  return {};
}
std::string required(std::istringstream& in, const std::string& name) {
  std::string value = field(in, name);
  if (value.empty()) throw std::runtime_error("missing " + name);
  return value;
}

}  // namespace

std::string to_line(const Recorded& r) {
  const ppc::vec::OpInfo& info = ppc::vec::info(r.op);
  const bool reads_a =
      info.shape == Shape::VA_VB || info.shape == Shape::VA_VB_VC || info.shape == Shape::VA_VB_SH;
  std::ostringstream out;
  out << info.name << (r.record ? "." : "") << " imm=" << r.imm << " vscr=" << hex(r.in.vscr);
  if (reads_a) out << " a=" << hex(r.in.a);
  if (info.shape != Shape::SIMM) out << " b=" << hex(r.in.b);
  if (info.shape == Shape::VA_VB_VC) out << " c=" << hex(r.in.c);
  out << " : d=" << hex(r.out.d) << " vscr=" << hex(r.out.vscr) << " cr6=" << r.out.cr6;
  return out.str();
}

Recorded from_line(const std::string& line) {
  std::istringstream in(line);
  Recorded r;
  std::string name, colon;
  in >> name;
  r.record = name.ends_with('.');
  if (r.record) name.pop_back();
  r.op = op_named(name);
  r.imm = static_cast<u32>(std::stoul(required(in, "imm")));
  r.in.vscr = to_word(required(in, "vscr"));
  for (const auto& [letter, reg] : {std::pair{"a", &r.in.a}, {"b", &r.in.b}, {"c", &r.in.c}}) {
    const std::string text = field(in, letter);
    if (!text.empty()) *reg = to_register(text);
  }
  if (!(in >> colon) || colon != ":") throw std::runtime_error("no result: " + line);
  r.out.d = to_register(required(in, "d"));
  r.out.vscr = to_word(required(in, "vscr"));
  r.out.cr6 = static_cast<u32>(std::stoul(required(in, "cr6")));
  return r;
}

}  // namespace quince::test
