// Rotates, shifts and everything that moves elements.
#include "jit-x86/vector_code.h"

namespace quince::jit {

using Id = x86::Inst::Id;

#define QUINCE_K(member) static_cast<u32>(offsetof(VectorConstants, member))

// --- Shifts by element ---

void VectorCode::shift_words(const Row& row) {
  mask(t1, QUINCE_K(words_1f), insn_.b);
  put(row.first, insn_.to, in_register(insn_.a, t0), t1);
}

// To the right by 32 - n: by 31 - n, then by one.
void VectorCode::rotate_words(const Row&) {
  mask(t2, QUINCE_K(words_1f), insn_.b);
  const x86::Xmm value = in_register(insn_.a, t0);
  a.vpsllvd(t1, value, t2);
  a.vpxor(t2, t2, constant(QUINCE_K(words_1f)));
  a.vpsrlvd(t0, value, t2);
  a.vpsrld(t0, t0, 1);
  a.vpor(insn_.to, t0, t1);
}

// The host shifts words by counts of their own, but not halves: the halves of each word one after the other.
void VectorCode::half_counts() {
  shift(Id::kIdVpsrld, t0, insn_.b, 16);
  mask(t1, QUINCE_K(words_0f), insn_.b);
  a.vpand(t0, t0, constant(QUINCE_K(words_0f)));
}

void VectorCode::shift_halves_left(const Row&) {
  half_counts();
  move(t2, insn_.a);
  a.vpsllvd(t1, t2, t1);
  a.vpand(t2, t2, constant(QUINCE_K(words_high_half)));
  a.vpsllvd(t0, t2, t0);
  a.vpblendw(insn_.to, t1, t0, 0xaa);
}

void VectorCode::shift_halves_right(const Row&) {
  half_counts();
  move(t2, insn_.a);
  a.vpsrlvd(t0, t2, t0);
  a.vpand(t2, t2, constant(QUINCE_K(words_low_half)));
  a.vpsrlvd(t1, t2, t1);
  a.vpblendw(insn_.to, t1, t0, 0xaa);
}

void VectorCode::shift_halves_right_signed(const Row&) {
  half_counts();
  move(t2, insn_.a);
  a.vpsravd(t0, t2, t0);
  a.vpslld(t2, t2, 16);
  a.vpsrad(t2, t2, 16);
  a.vpsravd(t1, t2, t1);
  a.vpblendw(insn_.to, t1, t0, 0xaa);
}

// A half twice in a word: shifted to the left, its upper half is the half rotated.
void VectorCode::rotate_halves(const Row&) {
  half_counts();
  move(t2, insn_.a);
  const auto rotate = [&](x86::Xmm count, u32 twice) {
    a.vpshuflw(insn_.to, t2, twice);
    a.vpshufhw(insn_.to, insn_.to, twice);
    a.vpsllvd(count, insn_.to, count);
  };
  rotate(t1, 0xa0);  // the low halves
  rotate(t0, 0xf5);
  a.vpsrld(t1, t1, 16);
  a.vpblendw(insn_.to, t1, t0, 0xaa);
}

// Bytes are multiplied by powers of two, those in even and in odd lanes as halves of 16 bits.
void VectorCode::byte_powers(u32 table) {
  mask(t0, QUINCE_K(bytes_07), insn_.b);
  a.vmovdqu(t1, constant(table));
  a.vpshufb(t0, t1, t0);
}

void VectorCode::shift_bytes_left(const Row&) {
  byte_powers(QUINCE_K(powers_up));
  a.vpand(t1, t0, constant(QUINCE_K(halves_00ff)));
  put(Id::kIdVpmullw, t1, t1, insn_.a);
  a.vpand(t1, t1, constant(QUINCE_K(halves_00ff)));
  a.vpsrlw(t0, t0, 8);
  mask(t2, QUINCE_K(halves_ff00), insn_.a);
  a.vpmullw(t0, t0, t2);
  a.vpor(insn_.to, t0, t1);
}

// By 7 - n to the left, then by 7 to the right.
void VectorCode::shift_bytes_right(const Row& row) {
  byte_powers(QUINCE_K(powers_down));
  shift(Id::kIdVpsllw, t2, insn_.a, 8);
  shift(row.first, t2, t2, 8);
  a.vpand(t1, t0, constant(QUINCE_K(halves_00ff)));
  a.vpmullw(t1, t1, t2);
  a.vpsrlw(t1, t1, 7);
  a.vpand(t1, t1, constant(QUINCE_K(halves_00ff)));
  a.vpsrlw(t0, t0, 8);
  shift(row.first, t2, insn_.a, 8);
  a.vpmullw(t0, t0, t2);
  a.vpaddw(t0, t0, t0);
  a.vpand(t0, t0, constant(QUINCE_K(halves_ff00)));
  a.vpor(insn_.to, t0, t1);
}

void VectorCode::rotate_bytes(const Row&) {
  byte_powers(QUINCE_K(powers_up));
  a.vpand(t1, t0, constant(QUINCE_K(halves_00ff)));
  mask(t2, QUINCE_K(halves_00ff), insn_.a);
  a.vpmullw(t1, t1, t2);
  a.vpsrlw(t2, t1, 8);
  a.vpor(t1, t1, t2);
  a.vpand(t1, t1, constant(QUINCE_K(halves_00ff)));
  a.vpsrlw(t0, t0, 8);
  shift(Id::kIdVpsrlw, t2, insn_.a, 8);
  a.vpmullw(t0, t0, t2);
  a.vpsllw(t2, t0, 8);
  a.vpor(t0, t0, t2);
  a.vpand(t0, t0, constant(QUINCE_K(halves_ff00)));
  a.vpor(insn_.to, t0, t1);
}

// --- Shifts of the whole register ---

// The bits that go from one half to the other move by 64 - n the other way: by 63 - n, then by one.
void VectorCode::shift_bits(const Row& row) {
  const bool left = row.first == Id::kIdVpsllq;
  mask(t2, QUINCE_K(low_7), insn_.b);
  shift(left ? Id::kIdVpslldq : Id::kIdVpsrldq, t1, insn_.a, 8);
  put(row.first, t0, in_register(insn_.a, t0), t2);
  a.vpxor(t2, t2, constant(QUINCE_K(low_63)));
  put(row.second, t1, t1, t2);
  shift(row.second, t1, t1, 1);
  a.vpor(insn_.to, t0, t1);
}

// The host's shuffle gives zero for an index with the upper bit set: below 0, or above 15 counted from 0x70.
void VectorCode::shift_octets(const Row& row) {
  shift(Id::kIdVpsrlw, t0, insn_.b, 3);
  a.vpand(t0, t0, constant(QUINCE_K(bytes_0f)));
  a.vpbroadcastb(t0, t0);
  const bool left = row.first == Id::kIdVpsubb;
  a.vmovdqu(t1, left ? constant(QUINCE_K(iota)) : constant(QUINCE_K(iota_70)));
  put(row.first, t1, t1, t0);
  a.vpshufb(insn_.to, in_register(insn_.a, t2), t1);
}

void VectorCode::shift_double(const Row&) {
  const u32 bytes = insn_.imm & 15;
  if (bytes == 0) return move(insn_.to, insn_.a);
  put(Id::kIdVpalignr, insn_.to, in_register(insn_.a, t0), insn_.b, 16 - bytes);
}

// --- Permutation ---

// Byte n of a:b is our byte ~n; bit 4 then tells a from b.
void VectorCode::permute(const Row&) {
  a.vpandn(t0, in_register(insn_.c, t0), constant(QUINCE_K(bytes_1f)));
  const bool one_source = insn_.a.isReg() && insn_.b.isReg() && insn_.a.id() == insn_.b.id();
  if (one_source) return a.vpshufb(insn_.to, insn_.a.as<x86::Xmm>(), t0), void();
  a.vpshufb(t1, in_register(insn_.a, t1), t0);
  a.vpshufb(t2, in_register(insn_.b, t2), t0);
  a.vpsllw(t0, t0, 3);
  a.vpblendvb(insn_.to, t2, t1, t0);
}

void VectorCode::splat_element(const Row& row) {
  const u32 bytes = row.constant, elements = 16 / bytes;
  const u32 lane = (elements - 1 - (insn_.imm & (elements - 1))) * bytes;
  if (insn_.b.isMem()) {
    x86::Mem element = insn_.b.as<x86::Mem>().cloneAdjusted(lane);
    element.setSize(bytes);
    a.emit(row.first, insn_.to, element);
  } else {
    if (lane != 0) a.vpsrldq(t0, insn_.b.as<x86::Xmm>(), lane);
    a.emit(row.first, insn_.to, lane != 0 ? t0 : insn_.b.as<x86::Xmm>());
  }
}

void VectorCode::splat_word(const Row&) {
  a.emit(Id::kIdVpshufd, insn_.to, insn_.b, asmjit::imm((3 - (insn_.imm & 3)) * 0x55));
}

void VectorCode::splat_immediate(const Row& row) {
  const u32 field = insn_.imm & 31;
  if (field == 0) return zero(insn_.to);
  if (field == 31) return ones(insn_.to);
  a.emit(row.first, insn_.to, constant(QUINCE_K(splat) + 4 * field, row.constant));
}

// --- Pack and unpack ---

void VectorCode::pack_modulo(const Row& row) {
  mask(t0, row.constant, insn_.a);
  mask(t1, row.constant, insn_.b);
  put(row.first, insn_.to, t1, t0);
}

void VectorCode::pack_unsigned(const Row& row) {
  put(Id::kIdVpor, t0, in_register(insn_.a, t0), insn_.b);
  a.vpand(t0, t0, constant(row.other_constant));
  note_saturation(t0);
  a.vmovdqu(t2, constant(row.constant));
  put(row.second, t0, t2, insn_.a);
  put(row.second, t1, t2, insn_.b);
  put(row.first, insn_.to, t1, t0);
}

void VectorCode::pack_signed_to_unsigned(const Row& row) {
  const x86::Xmm low = in_register(insn_.b, t1);
  put(Id::kIdVpor, t0, low, insn_.a);
  a.vpand(t0, t0, constant(row.other_constant));
  note_saturation(t0);
  put(row.first, insn_.to, low, insn_.a);
}

void VectorCode::pack_signed(const Row& row) {
  a.vmovdqu(t2, constant(row.constant));
  put(row.second, t0, t2, insn_.a);
  put(row.second, t1, t2, insn_.b);
  a.vpor(t0, t0, t1);
  a.vpand(t0, t0, constant(row.other_constant));
  note_saturation(t0);
  put(row.first, insn_.to, in_register(insn_.b, t1), insn_.a);
}

void VectorCode::pack_pixels(const Row&) {
  const auto pack = [&](x86::Xmm to, const asmjit::Operand& from) {
    shift(Id::kIdVpsrld, to, from, 9);
    a.vpand(to, to, constant(QUINCE_K(pixel_alpha_red)));
    shift(Id::kIdVpsrld, t2, from, 6);
    a.vpand(t2, t2, constant(QUINCE_K(pixel_green)));
    a.vpor(to, to, t2);
    shift(Id::kIdVpsrld, t2, from, 3);
    a.vpand(t2, t2, constant(QUINCE_K(words_1f)));
    a.vpor(to, to, t2);
  };
  pack(t0, insn_.a);
  pack(t1, insn_.b);
  a.vpackusdw(insn_.to, t1, t0);
}

void VectorCode::unpack_high(const Row& row) {
  const x86::Xmm from = in_register(insn_.b, t0);
  put(row.first, t0, from, from);
  shift(row.second, insn_.to, t0, row.constant);
}

void VectorCode::unpack_low(const Row& row) { a.emit(row.first, insn_.to, in_register(insn_.b, t0)); }

void VectorCode::unpack_pixels_high(const Row&) {
  const x86::Xmm from = in_register(insn_.b, t0);
  a.vpunpckhwd(t0, from, from);
  a.vpsrad(t0, t0, 16);
  widen_pixels();
}

void VectorCode::unpack_pixels_low(const Row&) {
  a.vpmovsxwd(t0, in_register(insn_.b, t0));
  widen_pixels();
}

void VectorCode::widen_pixels() {
  a.vpand(t1, t0, constant(QUINCE_K(wide_alpha_blue)));
  a.vpslld(t2, t0, 6);
  a.vpand(t2, t2, constant(QUINCE_K(wide_red)));
  a.vpor(t1, t1, t2);
  a.vpslld(t2, t0, 3);
  a.vpand(t2, t2, constant(QUINCE_K(wide_green)));
  a.vpor(insn_.to, t1, t2);
}

#undef QUINCE_K

}  // namespace quince::jit
