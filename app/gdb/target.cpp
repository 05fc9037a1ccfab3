#include "app/gdb/target.h"

#include <algorithm>

namespace quince::app::gdb {

namespace {

using machine::Register;
using Kind = Register::Kind;

// A feature that GDB knows by name, or that is ours and shows as it is.
struct Feature {
  const char* name;
  bool (*has)(Kind);
};
constexpr Feature features[] = {
    {"org.gnu.gdb.power.core",
     [](Kind kind) {
       return kind == Kind::gpr || kind == Kind::pc || kind == Kind::msr || kind == Kind::cr ||
              kind == Kind::lr || kind == Kind::ctr || kind == Kind::xer;
     }},
    {"org.gnu.gdb.power.fpu", [](Kind kind) { return kind == Kind::fpr || kind == Kind::fpscr; }},
    {"org.gnu.gdb.power.altivec",
     [](Kind kind) { return kind == Kind::vr || kind == Kind::vscr || kind == Kind::vrsave; }},
    {"quince.powerpc.oea", [](Kind kind) { return kind == Kind::sr || kind == Kind::spr; }},
};

const char* type(const Register& reg) {
  switch (reg.kind) {
    case Kind::fpr: return "ieee_double";
    case Kind::vr: return "vec128";
    case Kind::pc:
    case Kind::lr: return "code_ptr";
    default: return "uint32";
  }
}

const char* group(const Register& reg) {
  switch (reg.kind) {
    case Kind::fpr:
    case Kind::fpscr: return "float";
    case Kind::vr:
    case Kind::vscr:
    case Kind::vrsave: return "vector";
    case Kind::sr:
    case Kind::spr: return "system";
    default: return "general";
  }
}

constexpr const char* vector_types =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<union id=\"vec128\">"
    "<field name=\"uint128\" type=\"uint128\"/><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/></union>";

std::string describe(const std::vector<Register>& registers) {
  std::string xml =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
      "<target version=\"1.0\"><architecture>powerpc:common</architecture>";
  for (const Feature& feature : features) {
    const auto of_feature = [&feature](const Register& reg) { return feature.has(reg.kind); };
    if (std::none_of(registers.begin(), registers.end(), of_feature)) continue;
    xml += std::string("<feature name=\"") + feature.name + "\">";
    if (feature.has(Kind::vr)) xml += vector_types;
    for (std::size_t n = 0; n < registers.size(); ++n) {
      const Register& reg = registers[n];
      if (!of_feature(reg)) continue;
      xml += "<reg name=\"" + reg.name + "\" bitsize=\"" + std::to_string(reg.bits) + "\" regnum=\"" +
             std::to_string(n) + "\" type=\"" + type(reg) + "\" group=\"" + group(reg) + "\"/>";
    }
    xml += "</feature>";
  }
  return xml + "</target>";
}

}  // namespace

Target::Target(const machine::Debugger& debugger)
    : registers(debugger.registers()), description(describe(registers)) {
  const auto fpscr = std::find_if(registers.begin(), registers.end(),
                                  [](const Register& reg) { return reg.kind == Kind::fpscr; });
  general = static_cast<std::size_t>(fpscr - registers.begin()) + 1;
}

}  // namespace quince::app::gdb
