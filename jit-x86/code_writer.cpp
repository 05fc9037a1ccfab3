// Encodings by the Intel 64 manual, volume 2, chapter 2 (ModR/M, SIB, REX) and the instructions' own pages.
#include "jit-x86/code_writer.h"

#include <cassert>
#include <cstring>

namespace quince::jit {

namespace {

constexpr unsigned in_sib = 4, no_index = 4;
constexpr unsigned no_base = 0x25;  // a SIB byte with neither base nor index

bool fits_byte(i64 value) { return value >= -128 && value <= 127; }

// spl, bpl, sil and dil are only there with a REX; without it the numbers mean ah to bh.
bool needs_rex(const x86::Gp& r) { return r.size() == 1 && r.id() >= 4; }

// Up to 16 bytes of an instruction on their way to the buffer.
class Bytes {
 public:
  explicit Bytes(u8* at) : at_(at) {}
  void byte(unsigned value) { *at_++ = static_cast<u8>(value); }
  void word(u32 value) { std::memcpy(at_, &value, 4), at_ += 4; }
  u8* end() const { return at_; }

 private:
  u8* at_;
};

}  // namespace

[[gnu::always_inline]] inline void CodeWriter::encode(Opcode opcode, unsigned size, unsigned reg,
                                                      bool byte_register, unsigned rm) {
  Bytes out(_bufferPtr);
  if (size == 2) out.byte(0x66);
  const unsigned rex = (size == 8) << 3 | (reg >> 3) << 2 | rm >> 3;
  if (rex != 0 || byte_register) out.byte(0x40 | rex);
  if (opcode.map != Map::one_byte) out.byte(0x0f);
  if (opcode.map == Map::of_0f38) out.byte(0x38);
  out.byte(opcode.byte);
  out.byte(0xc0 | (reg & 7) << 3 | (rm & 7));
  _bufferPtr = out.end();
}

[[gnu::always_inline]] inline void CodeWriter::encode(Opcode opcode, unsigned size, unsigned reg,
                                                      bool byte_register, const Mem& rm) {
  if (!rm.hasBaseReg()) return encode_absolute(opcode, size, reg, byte_register, rm);
  Bytes out(_bufferPtr);
  const unsigned base = rm.baseId();
  const bool has_index = rm.hasIndex();
  const unsigned index = has_index ? rm.indexId() : no_index;
  if (rm.segmentId() == x86::SReg::kIdGs) out.byte(0x65);
  if (rm.baseType() == asmjit::RegType::kX86_Gpd) out.byte(0x67);
  if (size == 2) out.byte(0x66);
  const unsigned rex = (size == 8) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
  if (rex != 0 || byte_register) out.byte(0x40 | rex);
  if (opcode.map != Map::one_byte) out.byte(0x0f);
  if (opcode.map == Map::of_0f38) out.byte(0x38);
  out.byte(opcode.byte);

  const i32 displacement = rm.offsetLo32();
  const bool always_displaced = (base & 7) == x86::Gp::kIdBp;
  const unsigned mod = displacement == 0 && !always_displaced ? 0 : fits_byte(displacement) ? 1 : 2;
  const bool sib = has_index || (base & 7) == in_sib;
  out.byte(mod << 6 | (reg & 7) << 3 | (sib ? in_sib : base & 7));
  if (sib) out.byte(rm.shift() << 6 | (index & 7) << 3 | (base & 7));
  if (mod == 1) out.byte(static_cast<u8>(displacement));
  if (mod == 2) out.word(static_cast<u32>(displacement));
  _bufferPtr = out.end();
}

// An address of 32 bits: without the prefix it would be sign extended.
void CodeWriter::encode_absolute(Opcode opcode, unsigned size, unsigned reg, bool byte_register,
                                 const Mem& rm) {
  assert(!rm.hasIndex());
  Bytes out(_bufferPtr);
  if (rm.segmentId() == x86::SReg::kIdGs) out.byte(0x65);
  if (rm.offsetLo32() < 0) out.byte(0x67);
  if (size == 2) out.byte(0x66);
  const unsigned rex = (size == 8) << 3 | (reg >> 3) << 2;
  if (rex != 0 || byte_register) out.byte(0x40 | rex);
  if (opcode.map != Map::one_byte) out.byte(0x0f);
  if (opcode.map == Map::of_0f38) out.byte(0x38);
  out.byte(opcode.byte);
  out.byte((reg & 7) << 3 | in_sib);
  out.byte(no_base);
  out.word(static_cast<u32>(rm.offsetLo32()));
  _bufferPtr = out.end();
}

void CodeWriter::registers(Opcode opcode, const Gp& reg, const Gp& rm) {
  const unsigned size = rm.size();
  if (size == 1) --opcode.byte;
  encode(opcode, size == 1 ? 1 : reg.size(), reg.id(), needs_rex(reg) || needs_rex(rm), rm.id());
}

void CodeWriter::memory(Opcode opcode, const Gp& reg, const Mem& rm) {
  if (reg.size() == 1) --opcode.byte;
  encode(opcode, reg.size(), reg.id(), needs_rex(reg), rm);
}

void CodeWriter::extended(Opcode of_bytes, const Gp& to, const Gp& from) {
  if (from.size() == 2) ++of_bytes.byte;
  encode(of_bytes, to.size(), to.id(), needs_rex(from), from.id());
}

void CodeWriter::extended(Opcode of_bytes, const Gp& to, const Mem& from) {
  if (from.size() == 2) ++of_bytes.byte;
  encode(of_bytes, to.size(), to.id(), false, from);
}

void CodeWriter::mov(const Gp& to, const Imm& value) {
  if (to.size() != 4) {
    Base::mov(to, value);
    return;
  }
  const unsigned id = to.id();
  const u64 number = value.valueAs<u32>();
  if (id < 8) {
    put((0xb8 | id) | number << 8, 5);
  } else {
    put(0x41 | u64{0xb8 | (id & 7)} << 8 | number << 16, 6);
  }
}

void CodeWriter::mov(const Mem& to, const Imm& value) {
  const unsigned size = to.size();
  assert(size != 2);
  encode({static_cast<u8>(size == 1 ? 0xc6 : 0xc7)}, size, 0, false, to);
  put(value.valueAs<u32>(), size == 1 ? 1 : 4);
}

void CodeWriter::test(const Gp& a, const Imm& b) {
  const bool is_byte = a.size() == 1, is_ax = a.id() == Gp::kIdAx;
  assert(a.size() == 1 || a.size() == 4);
  if (is_ax) {
    put(is_byte ? 0xa8 : 0xa9, 1);
  } else {
    encode({static_cast<u8>(is_byte ? 0xf6 : 0xf7)}, a.size(), 0, needs_rex(a), a.id());
  }
  put(b.valueAs<u32>(), is_byte ? 1 : 4);
}

void CodeWriter::set(x86::CondCode code, const Gp& to) {
  encode({static_cast<u8>(0x90 | static_cast<u8>(code)), Map::of_0f}, 1, 0, needs_rex(to), to.id());
}

void CodeWriter::set(x86::CondCode code, const Mem& to) {
  encode({static_cast<u8>(0x90 | static_cast<u8>(code)), Map::of_0f}, 1, 0, false, to);
}

void CodeWriter::with_constant(unsigned digit, const Gp& to, i64 value) {
  const unsigned size = to.size();
  assert(size != 2);
  // As a word's sign extension, where a caller has given it as an unsigned number.
  if (size == 4) value = static_cast<i32>(value);
  if (size != 1 && fits_byte(value)) {
    encode({0x83}, size, digit, false, to.id());
    return put(static_cast<u8>(value), 1);
  }
  if (to.id() == Gp::kIdAx) {
    const unsigned opcode = 8 * digit + (size == 1 ? 4 : 5);
    size == 8 ? put(0x48 | opcode << 8, 2) : put(opcode, 1);
  } else {
    encode({static_cast<u8>(size == 1 ? 0x80 : 0x81)}, size, digit, needs_rex(to), to.id());
  }
  put(static_cast<u32>(value), size == 1 ? 1 : 4);
}

void CodeWriter::with_constant(unsigned digit, const Mem& to, i64 value) {
  const unsigned size = to.size();
  assert(size == 1 || size == 4 || size == 8);
  if (size == 4) value = static_cast<i32>(value);
  const bool as_byte = size == 1 || fits_byte(value);
  const u8 opcode = size == 1 ? 0x80 : as_byte ? 0x83 : 0x81;
  encode({opcode}, size, digit, false, to);
  put(static_cast<u32>(value), as_byte ? 1 : 4);
}

void CodeWriter::shift(unsigned digit, const Gp& to, unsigned places) {
  assert(to.size() == 4 || to.size() == 8);
  encode({static_cast<u8>(places == 1 ? 0xd1 : 0xc1)}, to.size(), digit, false, to.id());
  if (places != 1) put(places, 1);
}

void CodeWriter::move_state(u8 opcode, const Gp& reg, i32 at) {
  const unsigned id = reg.id(), rex = (reg.size() == 8) << 3 | (id >> 3) << 2;
  const bool is_short = fits_byte(at);
  const unsigned mod_rm = (is_short ? 0x45u : 0x85u) | (id & 7) << 3;
  const u64 bytes = opcode | mod_rm << 8 | u64{static_cast<u32>(at)} << 16;
  const unsigned count = is_short ? 3 : 6;
  rex == 0 ? put(bytes, count) : put(0x40 | rex | bytes << 8, count + 1);
}

void CodeWriter::shift_by(asmjit::InstId id, const Gp& to, unsigned places) {
  assert(id == x86::Inst::kIdShl || id == x86::Inst::kIdShr || id == x86::Inst::kIdSar);
  shift(id == x86::Inst::kIdShl ? 4 : id == x86::Inst::kIdShr ? 5 : 7, to, places);
}

void CodeWriter::compute(asmjit::InstId id, const Gp& to, const asmjit::Operand& from) {
  const auto by_digit = [&](unsigned digit) {
    const auto opcode = static_cast<u8>(8 * digit);
    if (from.isReg()) return registers({static_cast<u8>(opcode + 1)}, from.as<Gp>(), to);
    if (from.isMem()) return memory({static_cast<u8>(opcode + 3)}, to, from.as<Mem>());
    with_constant(digit, to, from.as<Imm>().valueAs<i64>());
  };
  switch (id) {
    case x86::Inst::kIdAdd: return by_digit(0);
    case x86::Inst::kIdOr: return by_digit(1);
    case x86::Inst::kIdAdc: return by_digit(2);
    case x86::Inst::kIdSbb: return by_digit(3);
    case x86::Inst::kIdAnd: return by_digit(4);
    case x86::Inst::kIdSub: return by_digit(5);
    case x86::Inst::kIdXor: return by_digit(6);
    case x86::Inst::kIdCmp: return by_digit(7);
    default: Base::emit(id, to, from);
  }
}

}  // namespace quince::jit
