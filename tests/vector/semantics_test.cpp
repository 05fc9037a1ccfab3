// The semantics of vector instructions on an emitter whose values are texts: which registers and which fields
// of the instruction word go where.
#include <gtest/gtest.h>

#include <string>

#include "guest-ppc/semantics/vector.h"

namespace quince::ppc {
namespace {

std::string join(std::string_view name, const std::string& a, const std::string& b = "",
                 const std::string& c = "") {
  return std::string(name) + '(' + a + (b.empty() ? "" : ", " + b) + (c.empty() ? "" : ", " + c) + ')';
}

struct TextEmitter {
  using Vec = std::string;
  using Word = std::string;
  std::string log;

  Word gpr(unsigned n) { return "r" + std::to_string(n); }
  Word imm(u32 value) { return std::to_string(static_cast<i32>(value)); }
  Word add(const Word& a, const Word& b) { return a + "+" + b; }
  Word and_(const Word& a, const Word& b) { return "(" + a + ")&" + b; }
  Vec vr(unsigned n) { return "v" + std::to_string(n); }
  void set_vr(unsigned n, const Vec& value) { log += vr(n) + "=" + value + ";"; }

  template <vec::Op op>
  Vec vec1(const Vec& b) {
    return join(vec::info(op).name, b);
  }
  template <vec::Op op>
  Vec vec2(const Vec& a, const Vec& b) {
    return join(vec::info(op).name, a, b);
  }
  template <vec::Op op>
  Vec vec3(const Vec& a, const Vec& b, const Vec& c) {
    return join(vec::info(op).name, a, b, c);
  }
  template <vec::Op op>
  Vec vec_imm(const Vec& b, u32 value) {
    return join(vec::info(op).name, b, imm(value));
  }
  template <vec::Op op>
  Vec vec2_imm(const Vec& a, const Vec& b, u32 value) {
    return join(vec::info(op).name, a, b, imm(value));
  }
  template <vec::Op op>
  Vec vec_splat_imm(u32 value) {
    return join(vec::info(op).name, imm(value));
  }
  void set_cr6_from_mask(const Vec& v) { log += "cr6=" + v + ";"; }
  void set_cr6_bounds(const Vec& v) { log += "cr6=bounds " + v + ";"; }

  Vec load_vec(const Word& ea) { return join("load", ea); }
  void store_vec(const Word& ea, const Vec& v) { log += join("store", ea, v) + ";"; }
  Word load8(const Word& ea) { return join("load8", ea); }
  Word load16(const Word& ea) { return join("load16", ea); }
  Word load32(const Word& ea) { return join("load32", ea); }
  void store8(const Word& ea, const Word& value) { log += join("store8", ea, value) + ";"; }
  void store16(const Word& ea, const Word& value) { log += join("store16", ea, value) + ";"; }
  void store32(const Word& ea, const Word& value) { log += join("store32", ea, value) + ";"; }
  template <unsigned bytes>
  Vec insert_element(const Vec& old, const Word& value, const Word& ea) {
    return join("insert" + std::to_string(bytes), old, value, ea);
  }
  template <unsigned bytes>
  Word extract_element(const Vec& v, const Word& ea) {
    return join("extract" + std::to_string(bytes), v, ea);
  }
  Vec vec_lvsl(const Word& ea) { return join("lvsl", ea); }
  Vec vec_lvsr(const Word& ea) { return join("lvsr", ea); }
  Vec mfvscr() { return "vscr"; }
  void mtvscr(const Vec& v) { log += "vscr=" + v + ";"; }
};

// vD = 1, vA = 30, vB = 3, vC = 20; as immediates: UIMM = 30, SIMM = -2, SH = 4. Bit 21, the first of vC, is
// the record bit of compares.
constexpr Insn insn{4u << 26 | 1 << 21 | 30 << 16 | 3 << 11 | 20 << 6};
constexpr Insn without_record{insn.word() & ~0x400u};

using Function = void (*)(TextEmitter&, Insn);

std::string run(Function f, Insn i) {
  TextEmitter e;
  f(e, i);
  return e.log;
}

constexpr Function functions[] = {
#define QUINCE_VEC_OP(id, shape, effect) &sem::id<TextEmitter, Insn>,
#include "guest-ppc/vector/ops.inc"
};

std::string operands(vec::Shape shape) {
  switch (shape) {
    case vec::Shape::VB: return "(v3)";
    case vec::Shape::VA_VB: return "(v30, v3)";
    case vec::Shape::VA_VB_VC: return "(v30, v3, v20)";
    case vec::Shape::VB_UIMM: return "(v3, 30)";
    case vec::Shape::VA_VB_SH: return "(v30, v3, 4)";
    default: return "(-2)";
  }
}

TEST(VectorSemantics, OperandsComeFromTheirFields) {
  for (unsigned n = 0; n < vec::op_count; ++n) {
    const vec::OpInfo& op = vec::op_table[n];
    const std::string value = std::string(op.name) + operands(op.shape);
    if (!op.is_compare()) {
      EXPECT_EQ(run(functions[n], insn), "v1=" + value + ";");
      continue;
    }
    EXPECT_EQ(run(functions[n], without_record), "v1=" + value + ";");
    EXPECT_EQ(run(functions[n], insn),
              "v1=" + value + (op.is_bounds() ? ";cr6=bounds " : ";cr6=") + value + ";");
  }
}

TEST(VectorSemantics, LoadsAndStores) {
  // vD = 1, rA = 2, rB = 3, and rA = 0
  constexpr Insn i{31u << 26 | 1 << 21 | 2 << 16 | 3 << 11}, zero{31u << 26 | 1 << 21 | 3 << 11};
  EXPECT_EQ(run(sem::lvx, i), "v1=load((r2+r3)&-16);");
  EXPECT_EQ(run(sem::lvx, zero), "v1=load((r3)&-16);");
  EXPECT_EQ(run(sem::lvxl, i), "v1=load((r2+r3)&-16);");
  EXPECT_EQ(run(sem::stvx, i), "store((r2+r3)&-16, v1);");
  EXPECT_EQ(run(sem::stvxl, i), "store((r2+r3)&-16, v1);");
  EXPECT_EQ(run(sem::lvebx, i), "v1=insert1(v1, load8((r2+r3)&-1), (r2+r3)&-1);");
  EXPECT_EQ(run(sem::lvehx, i), "v1=insert2(v1, load16((r2+r3)&-2), (r2+r3)&-2);");
  EXPECT_EQ(run(sem::lvewx, i), "v1=insert4(v1, load32((r2+r3)&-4), (r2+r3)&-4);");
  EXPECT_EQ(run(sem::stvebx, i), "store8((r2+r3)&-1, extract1(v1, (r2+r3)&-1));");
  EXPECT_EQ(run(sem::stvehx, i), "store16((r2+r3)&-2, extract2(v1, (r2+r3)&-2));");
  EXPECT_EQ(run(sem::stvewx, i), "store32((r2+r3)&-4, extract4(v1, (r2+r3)&-4));");
  EXPECT_EQ(run(sem::lvsl, i), "v1=lvsl(r2+r3);");
  EXPECT_EQ(run(sem::lvsr, i), "v1=lvsr(r2+r3);");
}

TEST(VectorSemantics, StatusAndStreams) {
  EXPECT_EQ(run(sem::mfvscr, insn), "v1=vscr;");
  EXPECT_EQ(run(sem::mtvscr, insn), "vscr=v3;");
  EXPECT_EQ(run(sem::dst, insn) + run(sem::dstst, insn) + run(sem::dss, insn), "");
}

}  // namespace
}  // namespace quince::ppc
