// asmjit's assembler with shorter ways for the instructions that generated code consists of: general
// registers, memory, constants. asmjit looks every instruction up in tables that know all of x86-64; these
// encode theirs straight away, to the same bytes. Everything else is the base's. Cost: about 5 ns an
// instruction, of asmjit's 15.
#pragma once

#include <cstring>

#include "jit-x86/host.h"

namespace quince::jit {

// Memory operands have a base register, or an address of 32 bits and no index. The buffer must have room for
// an instruction and 8 bytes.
class CodeWriter : public x86::Assembler {
  using Base = x86::Assembler;
  using Gp = x86::Gp;
  using Mem = x86::Mem;
  using Imm = asmjit::Imm;

 public:
  using Base::add, Base::and_, Base::cmp, Base::or_, Base::sub, Base::xor_;
  using Base::lea, Base::mov, Base::movbe, Base::movsx, Base::movsxd, Base::movzx, Base::test;
  using Base::sar, Base::set, Base::shl, Base::shr;

  void mov(const Gp& to, const Gp& from) { registers({0x89}, from, to); }
  void mov(const Gp& to, const Mem& from) { memory({0x8b}, to, from); }
  void mov(const Mem& to, const Gp& from) { memory({0x89}, from, to); }
  void mov(const Gp& to, const Imm& value);
  void mov(const Mem& to, const Imm& value);
  void movbe(const Gp& to, const Mem& from) { memory({0xf0, Map::of_0f38}, to, from); }
  void movbe(const Mem& to, const Gp& from) { memory({0xf1, Map::of_0f38}, from, to); }
  void movzx(const Gp& to, const Gp& from) { extended({0xb6, Map::of_0f}, to, from); }
  void movsx(const Gp& to, const Gp& from) { extended({0xbe, Map::of_0f}, to, from); }
  void movzx(const Gp& to, const Mem& from) { extended({0xb6, Map::of_0f}, to, from); }
  void movsx(const Gp& to, const Mem& from) { extended({0xbe, Map::of_0f}, to, from); }
  void movsxd(const Gp& to, const Gp& from) { registers({0x63}, to, from); }
  void movsxd(const Gp& to, const Mem& from) { memory({0x63}, to, from); }
  void lea(const Gp& to, const Mem& from) { memory({0x8d}, to, from); }
  void test(const Gp& a, const Gp& b) { registers({0x85}, b, a); }
  void test(const Gp& a, const Imm& b);
  void set(x86::CondCode code, const Gp& to);
  void set(x86::CondCode code, const Mem& to);

#define SUM(name, digit)                                                              \
  void name(const Gp& to, const Gp& from) { registers({8 * (digit) + 1}, from, to); } \
  void name(const Gp& to, const Mem& from) { memory({8 * (digit) + 3}, to, from); }   \
  void name(const Gp& to, i64 value) { with_constant(digit, to, value); }             \
  void name(const Mem& to, i64 value) { with_constant(digit, to, value); }
  SUM(add, 0)
  SUM(or_, 1)
  SUM(and_, 4)
  SUM(sub, 5)
  SUM(xor_, 6)
  SUM(cmp, 7)
#undef SUM
  // One of the instructions above, imul or another, and any operand.
  void compute(asmjit::InstId id, const Gp& to, const asmjit::Operand& from);

  using Base::emit;
  void shift_by(asmjit::InstId id, const Gp& to, unsigned places);
  void shl(const Gp& to, const Imm& places) { shift(4, to, places.valueAs<u8>()); }
  void shr(const Gp& to, const Imm& places) { shift(5, to, places.valueAs<u8>()); }
  void sar(const Gp& to, const Imm& places) { shift(7, to, places.valueAs<u8>()); }

  // mov from and to memory at rbp: most operands are guest state. Of 32 or 64 bits, as the register.
  void load_state(const Gp& to, i32 at) { move_state(0x8b, to, at); }
  void store_state(i32 at, const Gp& from) { move_state(0x89, from, at); }

  // The lowest bytes of the word, at most 8.
  void put(u64 bytes, unsigned count) {
    std::memcpy(_bufferPtr, &bytes, 8);
    _bufferPtr += count;
  }

 private:
  enum class Map : u8 { one_byte, of_0f, of_0f38 };
  struct Opcode {
    u8 byte;
    Map map = Map::one_byte;
  };
  // The operands' size decides about prefixes; a byte's opcode is one less.
  void registers(Opcode opcode, const Gp& reg, const Gp& rm);
  void memory(Opcode opcode, const Gp& reg, const Mem& rm);
  void extended(Opcode of_bytes, const Gp& to, const Gp& from);
  void extended(Opcode of_bytes, const Gp& to, const Mem& from);
  void with_constant(unsigned digit, const Gp& to, i64 value);
  void with_constant(unsigned digit, const Mem& to, i64 value);
  void shift(unsigned digit, const Gp& to, unsigned places);
  void move_state(u8 opcode, const Gp& reg, i32 at);

  // size in bytes: what decides about 0x66 and REX.W. byte_register: spl to dil, which need a REX. Numbers
  // one by one and in line, because small structures are packed and unpacked at each call.
  void encode(Opcode opcode, unsigned size, unsigned reg, bool byte_register, unsigned rm);
  void encode(Opcode opcode, unsigned size, unsigned reg, bool byte_register, const Mem& rm);
  void encode_absolute(Opcode opcode, unsigned size, unsigned reg, bool byte_register, const Mem& rm);
};

}  // namespace quince::jit
