// The FPSCR for mffs without a call to C++. What FloatStatus has noted is worked into CpuState::fpscr; the
// sticky flags stay in MXCSR as well, which does no harm.
//
// The last arithmetic operation decides FPRF, FR and FI. It is done again with the host rounding down, up and
// to nearest: the three results tell whether it was exact and which way it was rounded. That is for nearest
// rounding and results that are normal numbers; whatever else there is goes the slow way, as do conversions.
#include <cassert>

#include "guest-ppc/fpu/fpu.h"
#include "jit-x86/host.h"
#include "jit-x86/thunks.h"
#include "translator/float_status.h"

namespace quince::jit {

namespace {

using translator::FloatStatus;
using Id = x86::Inst::Id;
namespace fpscr = fpu::fpscr;

// What FloatStatus::arith consists of.
constexpr u32 number_mask = 15, is_product = 6, is_double = 0x10;
static_assert(static_cast<u32>(fpu::Precision::double_) == 1);

class FpscrReader {
 public:
  FpscrReader(x86::Assembler& assembler, asmjit::Label slow) : a(assembler), slow_(slow) {}

  void run() {
    a.vstmxcsr(status(offsetof(FloatStatus, mxcsr)));
    a.test(x86::byte_ptr(x86::rbp, StateOffsets::fpscr), fpscr::rn);
    a.jnz(slow_);
    a.cmp(byte(offsetof(FloatStatus, convert)), FloatStatus::no_convert);
    a.jne(slow_);
    a.movzx(x86::eax, byte(offsetof(FloatStatus, arith)));
    static_assert(FloatStatus::no_arith == 0);
    a.test(x86::eax, x86::eax);
    a.jz(arith_done_);
    a.and_(x86::eax, number_mask);
    a.shl(x86::eax, log2_of_way);
    a.lea(x86::rcx, x86::ptr(ways_));
    a.add(x86::rax, x86::rcx);
    a.jmp(x86::rax);
    ways();
    double_result();
    single_result();
    merge_status();
    compare();
    sticky_flags();
    finish();
  }

 private:
  static constexpr u32 log2_of_way = 7;
  static constexpr std::size_t bytes_of_way = std::size_t{1} << log2_of_way;

  static x86::Mem status(std::size_t member) {
    return x86::dword_ptr(x86::rbp,
                          in_area(offsetof(translator::Area, float_status)) + static_cast<i32>(member));
  }
  static x86::Mem byte(std::size_t member) {
    x86::Mem memory = status(member);
    memory.setSize(1);
    return memory;
  }
  static x86::Mem operand(unsigned n) {
    x86::Mem memory = status(offsetof(FloatStatus, operand) + 8 * n);
    memory.setSize(8);
    return memory;
  }
  static x86::Mem constant(unsigned index, i32 offset = 0) {
    const i32 at = in_area(offsetof(translator::Area, backend)) + static_cast<i32>(8 * index) + offset;
    return x86::dword_ptr(x86::rbp, at);
  }
  static x86::Mem high_word() {
    x86::Mem memory = constant(Constant::converted_high);
    memory.setSize(8);
    return memory;
  }
  static x86::Mem guest_fpscr() { return x86::dword_ptr(x86::rbp, StateOffsets::fpscr); }

  // One way per operation, all of the same length: to rax the nearest, to rcx and rdx rounded down and up.
  void ways() {
    a.align(asmjit::AlignMode::kCode, 64);
    a.bind(ways_);
    for (const Id instruction :
         {Id::kIdVaddsd, Id::kIdVsubsd, Id::kIdVmulsd, Id::kIdVdivsd, Id::kIdVfmadd231sd, Id::kIdVfmsub231sd,
          Id::kIdVfnmsub231sd, Id::kIdVfnmadd231sd}) {
      const std::size_t start = a.offset();
      compute(instruction);
      a.vmovq(x86::rax, x86::xmm0);
      a.vldmxcsr(constant(Constant::directed_mxcsr));
      compute(instruction);
      a.vmovq(x86::rcx, x86::xmm0);
      a.vldmxcsr(constant(Constant::directed_mxcsr, 4));
      compute(instruction);
      a.vmovq(x86::rdx, x86::xmm0);
      a.jmp(computed_);
      assert(a.offset() - start <= bytes_of_way);
      while (a.offset() - start < bytes_of_way) a.int3();
    }
    static_assert((translator::round_to_single & number_mask) == 8);
    a.mov(x86::rcx, operand(0));
    a.jmp(round_);
    a.bind(computed_);
    a.vldmxcsr(status(offsetof(FloatStatus, mxcsr)));
    a.test(byte(offsetof(FloatStatus, arith)), is_double);
    a.jz(single_);
  }

  // To xmm0. FloatStatus has the operands in the order a, c, b.
  void compute(Id instruction) {
    switch (instruction) {
      case Id::kIdVaddsd:
      case Id::kIdVsubsd:
      case Id::kIdVdivsd:
        a.vmovsd(x86::xmm0, operand(0));
        a.emit(instruction, x86::xmm0, x86::xmm0, operand(2));
        return;
      case Id::kIdVmulsd:
        a.vmovsd(x86::xmm0, operand(0));
        a.emit(instruction, x86::xmm0, x86::xmm0, operand(1));
        return;
      default:
        a.vmovsd(x86::xmm0, operand(2));
        a.vmovsd(x86::xmm1, operand(0));
        a.emit(instruction, x86::xmm0, x86::xmm1, operand(1));
    }
  }

  // Twice the nearest minus the other two, in units of the last place: 0 if all three are the same, 1 if the
  // nearest is the one farther from zero, else -1.
  void double_result() {
    a.add(x86::rdx, x86::rcx);
    a.lea(x86::rcx, x86::ptr(x86::rax, x86::rax));
    a.sub(x86::rcx, x86::rdx);
    a.mov(x86::rdx, x86::rax);
    a.shr(x86::rdx, 52);
    a.and_(x86::edx, 0x7ff);
    a.dec(x86::edx);
    a.cmp(x86::edx, 0x7ff - 2);
    a.ja(slow_);
    // To eax: FR and FI, by the lowest two bits of the difference.
    constexpr u32 inexact = fpscr::fi >> 16, rounded_up = (fpscr::fr | fpscr::fi) >> 16;
    a.and_(x86::ecx, 3);
    a.shl(x86::ecx, 2);
    a.mov(x86::edx, inexact << 12 | rounded_up << 4);
    a.shrx(x86::edx, x86::edx, x86::ecx);
    a.and_(x86::edx, 15);
    a.shl(x86::edx, 16);
    a.shr(x86::rax, 63);
    a.jmp(merge_);
  }

  // A single is what rounding makes of the result toward zero if the bits cut off leave a trace in its lowest
  // bit.
  void single_result() {
    a.bind(single_);
    // A factor of more than 25 bits is a matter of the model of processor.
    asmjit::Label no_factor = a.newLabel();
    a.test(byte(offsetof(FloatStatus, arith)), is_product);
    a.jz(no_factor);
    x86::Mem factor = operand(1);
    factor.setSize(4);
    a.test(factor, 0x0fff'ffff);
    a.jnz(slow_);
    a.bind(no_factor);
    a.mov(x86::eax, 0);
    a.cmp(x86::rcx, x86::rdx);
    a.setne(x86::al);
    a.cmova(x86::rcx, x86::rdx);
    a.or_(x86::rcx, x86::rax);
    a.bind(round_);
    constexpr u64 least = 0x3810'0000'0000'0000, greatest = 0x47ef'ffff'e000'0000;
    a.lea(x86::rax, x86::ptr(x86::rcx, x86::rcx));
    a.mov(x86::rdx, 2 * least);
    a.sub(x86::rax, x86::rdx);
    a.mov(x86::rdx, 2 * (greatest - least));
    a.cmp(x86::rax, x86::rdx);
    a.jae(slow_);
    // Half of the last place, or what is left after the even value at or below it, is where rounding up
    // begins.
    a.mov(x86::eax, x86::ecx);
    a.shr(x86::eax, 29);
    a.and_(x86::eax, 1);
    a.mov(x86::edx, x86::ecx);
    a.and_(x86::edx, 0x1fff'ffff);
    a.add(x86::eax, x86::edx);
    a.neg(x86::edx);
    a.sbb(x86::edx, x86::edx);
    a.and_(x86::edx, fpscr::fi);
    a.cmp(x86::eax, 0x1000'0001);
    a.cmc();
    a.sbb(x86::eax, x86::eax);
    a.and_(x86::eax, fpscr::fr);
    a.or_(x86::edx, x86::eax);
    a.mov(x86::rax, x86::rcx);
    a.shr(x86::rax, 63);
  }

  // edx: FR and FI, eax: the result's sign.
  void merge_status() {
    a.bind(merge_);
    static_assert(fpscr::fl == 2 * fpscr::fg);
    a.add(x86::eax, 1);
    a.shl(x86::eax, 14);
    static_assert(fpscr::fg == 1 << 14);
    a.or_(x86::eax, x86::edx);
    a.mov(x86::edx, guest_fpscr());
    a.and_(x86::edx, ~(fpscr::fprf | fpscr::fr | fpscr::fi));
    a.or_(x86::eax, x86::edx);
    a.mov(guest_fpscr(), x86::eax);
  }

  void compare() {
    asmjit::Label none = a.newLabel();
    a.bind(arith_done_);
    a.mov(x86::eax, guest_fpscr());
    a.movsx(x86::ecx, byte(offsetof(FloatStatus, compare)));
    a.cmp(x86::ecx, static_cast<i8>(FloatStatus::no_compare));
    a.je(none);
    a.cmp(x86::ecx, 1);
    a.jg(slow_);  // arith is in place and will be worked in again
    constexpr u32 bits = fpscr::fl >> 12 | fpscr::fe >> 12 << 4 | fpscr::fg >> 12 << 8;
    a.shl(x86::ecx, 2);
    a.add(x86::ecx, 4);
    a.mov(x86::edx, bits);
    a.shrx(x86::edx, x86::edx, x86::ecx);
    a.and_(x86::edx, 15);
    a.shl(x86::edx, 12);
    a.and_(x86::eax, ~fpscr::fpcc);
    a.or_(x86::eax, x86::edx);
    a.bind(none);
  }

  void sticky_flags() {
    struct Flag {
      u32 host, distance;
    };
    constexpr u32 xx = 1u << 5;
    constexpr Flag others[] = {{1u << 2, 24}, {1u << 3, 25}, {1u << 4, 23}};  // to ZX, OX, UX
    static_assert(xx << 20 == fpscr::xx && 1u << 26 == fpscr::zx && 1u << 28 == fpscr::ox &&
                  1u << 27 == fpscr::ux);
    asmjit::Label known = a.newLabel(), more = a.newLabel(), all = a.newLabel();
    a.mov(x86::ecx, status(offsetof(FloatStatus, mxcsr)));
    a.mov(x86::edx, x86::ecx);
    a.and_(x86::edx, xx);
    a.shl(x86::edx, 20);
    a.test(x86::ecx, others[0].host | others[1].host | others[2].host);
    a.jnz(more);
    a.bind(all);
    a.andn(x86::ecx, x86::eax, x86::edx);
    a.jz(known);
    a.or_(x86::eax, x86::edx);
    a.or_(x86::eax, fpscr::fx);
    a.bind(known);
    a.jmp(finish_);
    a.bind(more);
    for (const Flag& flag : others) {
      a.mov(x86::ecx, status(offsetof(FloatStatus, mxcsr)));
      a.and_(x86::ecx, flag.host);
      a.shl(x86::ecx, flag.distance);
      a.or_(x86::edx, x86::ecx);
    }
    a.jmp(all);
  }

  void finish() {
    a.bind(finish_);
    a.mov(guest_fpscr(), x86::eax);
    a.mov(status(offsetof(FloatStatus, arith)), u32{FloatStatus::no_compare} << 16);
    a.or_(x86::rax, high_word());
    a.ret();
  }

  x86::Assembler& a;
  asmjit::Label slow_;
  asmjit::Label ways_ = a.newLabel(), computed_ = a.newLabel(), single_ = a.newLabel(), round_ = a.newLabel();
  asmjit::Label merge_ = a.newLabel(), arith_done_ = a.newLabel(), finish_ = a.newLabel();
};

}  // namespace

void emit_read_fpscr(x86::Assembler& assembler, asmjit::Label slow) { FpscrReader(assembler, slow).run(); }

}  // namespace quince::jit
