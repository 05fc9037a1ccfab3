// The writer's encodings are those of asmjit, byte for byte, with operands of every kind.
#include "jit-x86/code_writer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace quince::jit {
namespace {

using asmjit::Imm;
using asmjit::imm;

class CodeWriterTest : public ::testing::Test {
 protected:
  CodeWriterTest() {
    holder_.init(asmjit::Environment::host());
    holder_.attach(&writer_);
    holder_.reserveBuffer(&holder_.textSection()->buffer(), 4096);
    writer_.setOffset(0);
  }

  // Calls the same function on the writer and on its base.
  template <class Emit>
  void compare(const char* what, Emit emit) {
    const std::string ours = bytes([&] { emit(writer_); });
    const std::string theirs = bytes([&] { emit(static_cast<x86::Assembler&>(writer_)); });
    ASSERT_EQ(ours, theirs) << what;
    ASSERT_FALSE(theirs.empty()) << what;
  }

  x86::Gp word() { return x86::gpd(random(16)); }
  x86::Gp wide() { return x86::gpq(random(16)); }
  x86::Gp half() { return x86::gpw(random(16)); }
  x86::Gp low() { return x86::gpb(random(16)); }
  Imm number() {
    const i32 numbers[] = {0, 1, -1, 127, 128, -128, -129, 0x7fff'ffff, static_cast<i32>(random(~0u))};
    return imm(numbers[random(9)]);
  }
  x86::Mem memory(u32 size) {
    const i32 displacements[] = {0, 1, -1, 127, 128, -128, -129, 0x12345678};
    const i32 displacement = displacements[random(8)];
    u32 index = random(16);
    if (index == x86::Gp::kIdSp) index = x86::Gp::kIdBx;
    x86::Mem m = x86::ptr(wide(), displacement);
    switch (random(5)) {
      case 0: m = x86::ptr(wide(), x86::gpq(index), random(4), displacement); break;
      case 1: m = x86::ptr(word(), displacement), m.setSegment(x86::gs); break;
      case 2: m = x86::ptr(word(), x86::gpd(index), 0, displacement), m.setSegment(x86::gs); break;
      case 3: m = x86::ptr(u64{random(~0u)}), m.setSegment(x86::gs); break;
      default: break;
    }
    m.setSize(size);
    return m;
  }
  u32 random(u32 limit) { return std::uniform_int_distribution<u32>(0, limit - 1)(random_); }

 private:
  template <class Emit>
  std::string bytes(Emit emit) {
    writer_.setOffset(0);
    emit();
    return {reinterpret_cast<const char*>(writer_.bufferData()), writer_.offset()};
  }

  asmjit::CodeHolder holder_;
  CodeWriter writer_;
  std::mt19937 random_{1};
};

TEST_F(CodeWriterTest, MovesAndExtensions) {
  for (int i = 0; i < 3000; ++i) {
    const x86::Gp w = word(), x = word(), q = wide(), p = wide(), h = half(), b = low();
    const x86::Mem m1 = memory(1), m2 = memory(2), m4 = memory(4), m8 = memory(8);
    const Imm n = number();
    compare("mov", [&](auto& a) {
      a.mov(w, x), a.mov(q, p), a.mov(w, m4), a.mov(m4, w), a.mov(q, m8), a.mov(m8, q);
    });
    compare("mov bytes", [&](auto& a) { a.mov(m1, b), a.mov(m1, n); });
    compare("mov constant", [&](auto& a) { a.mov(w, n), a.mov(m4, n), a.mov(m8, n); });
    compare("movbe",
            [&](auto& a) { a.movbe(w, m4), a.movbe(m4, w), a.movbe(h, m2), a.movbe(m2, h), a.movbe(q, m8); });
    compare("movzx", [&](auto& a) { a.movzx(w, b), a.movzx(w, h), a.movzx(w, m1), a.movzx(w, m2); });
    compare("movsx", [&](auto& a) { a.movsx(w, b), a.movsx(w, h), a.movsx(w, m1), a.movsx(w, m2); });
    compare("movsxd", [&](auto& a) { a.movsxd(q, w), a.movsxd(q, m4); });
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodeWriterTest, Sums) {
  for (int i = 0; i < 3000; ++i) {
    const x86::Gp w = word(), x = word(), q = wide(), p = wide();
    const x86::Mem m1 = memory(1), m4 = memory(4), m8 = memory(8);
    const Imm n = number();
    compare("add",
            [&](auto& a) { a.add(w, x), a.add(q, p), a.add(w, m4), a.add(q, m8), a.add(w, n), a.add(q, n); });
    compare("or", [&](auto& a) { a.or_(w, x), a.or_(w, m4), a.or_(w, n), a.or_(m4, n); });
    compare("and", [&](auto& a) { a.and_(w, x), a.and_(w, m4), a.and_(w, n), a.and_(m4, n); });
    compare("sub",
            [&](auto& a) { a.sub(w, x), a.sub(w, m4), a.sub(w, n), a.sub(m4, n), a.sub(q, n), a.sub(q, p); });
    compare("xor", [&](auto& a) { a.xor_(w, x), a.xor_(w, m4), a.xor_(w, n), a.xor_(m4, n), a.xor_(q, m8); });
    compare("cmp", [&](auto& a) {
      a.cmp(w, x), a.cmp(w, m4), a.cmp(w, n), a.cmp(m4, n), a.cmp(m8, n), a.cmp(q, n);
    });
    const x86::Gp b = low();
    const Imm small = imm(i % 128);
    compare("bytes",
            [&](auto& a) { a.cmp(m1, small), a.and_(b, small), a.add(b, small), a.xor_(b, x86::cl); });
    if (m8.hasBaseReg()) compare("lea", [&](auto& a) { a.lea(w, m8), a.lea(q, m8); });
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodeWriterTest, ShiftsTestsAndConditions) {
  for (int i = 0; i < 3000; ++i) {
    const x86::Gp w = word(), x = word(), q = wide(), p = wide(), b = low();
    const x86::Mem m1 = memory(1);
    const auto places = imm(random(31) + 1);
    const auto code = static_cast<x86::CondCode>(random(16));
    compare("shifts",
            [&](auto& a) { a.shl(w, places), a.shr(w, places), a.sar(w, places), a.shr(q, places); });
    compare("test", [&](auto& a) { a.test(w, x), a.test(q, p), a.test(b, imm(i % 128)), a.test(w, imm(i)); });
    compare("set", [&](auto& a) { a.set(code, b), a.set(code, m1); });
    if (HasFatalFailure()) return;
  }
}

TEST_F(CodeWriterTest, Compute) {
  using Id = x86::Inst::Id;
  const asmjit::InstId ids[] = {Id::kIdAdd, Id::kIdOr,  Id::kIdAdc, Id::kIdSbb, Id::kIdAnd,
                                Id::kIdSub, Id::kIdXor, Id::kIdCmp, Id::kIdImul};
  for (int i = 0; i < 3000; ++i) {
    const x86::Gp w = word();
    const asmjit::Operand operands[] = {word(), memory(4), number()};
    for (const asmjit::InstId id : ids) {
      for (const asmjit::Operand& from : operands) {
        if (id == Id::kIdImul && from.isImm()) continue;
        compare("compute", [&](auto& a) {
          if constexpr (requires { a.compute(id, w, from); }) {
            a.compute(id, w, from);
          } else {
            a.emit(id, w, from);
          }
        });
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace quince::jit
