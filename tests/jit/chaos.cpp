#include "tests/jit/chaos.h"

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/spr_table.h"
#include "tests/differential/assembler.h"

namespace quince::jit_test {

using ppc::Op;
namespace as = differential::assembler;
namespace flag = ppc::flag;
namespace role = ppc::role;
namespace msr = ppc::msr;

namespace {

constexpr std::size_t code_words = places::code_bytes / 4;

u32 with_field(u32 word, unsigned shift, u32 value) { return (word & ~(31u << shift)) | value << shift; }

}  // namespace

Chaos::Chaos(const ppc::CpuModel& model, BoardKind board, u64 seed)
    : board_(board), random_(seed), ordered_(model, random_.bits64()) {
  for (const ppc::InsnInfo& row : ppc::instruction_table) {
    if (!model.isa.has(row.part) || row.op == Op::illegal) continue;
    all_.push_back(row.op);
    if (row.has(flag::branch | flag::priv) || row.op == Op::sc) {
      system_.push_back(row.op);
    } else {
      (row.has(flag::load | flag::store) ? memory_ : computing_).push_back(row.op);
    }
    const u64 roles = row.reads | row.writes;
    constexpr u64 condition =
        role::CR0 | role::CRFD | role::CRFS | role::CRBD | role::CRBA | role::CRBB | role::CR | role::CRM;
    constexpr u64 general =
        role::RA | role::RA0 | role::RB | role::RS | role::RD | role::CR0_if_Rc | role::OV_if_OE | role::CRFD;
    if ((roles & ~general) == 0 && (row.writes & (role::RA | role::RD | role::CRFD)))
      plain_.push_back(row.op);
    if (roles & role::CA) carrying_.push_back(row.op);
    if (roles & condition) conditional_.push_back(row.op);
  }
}

// --- Numbers ---

u32 Chaos::number() {
  switch (random_.below(6)) {
    case 0: return random_.below(4) - 2;
    case 1: return u32{1} << random_.below(32);
    case 2: return ~(random_.bits() >> random_.below(32));
    case 3: return 0x7fff'ffff + random_.below(3);
    case 4: return random_.bits() >> random_.below(32);
    default: return random_.bits();
  }
}

// Around the ends of pages often, and on pages of all kinds.
u32 Chaos::data_address() {
  u32 at = places::data - ppc::page_size + random_.below((places::data_pages + 2) * ppc::page_size);
  if (random_.one_in(2)) at = places::data_base + random_.below(ppc::page_size);
  if (random_.one_in(3)) at = ((at + ppc::page_size) & ~ppc::page_mask) - random_.below(140);
  if (!random_.one_in(3)) at &= ~3u;
  if (board_ == BoardKind::system) {
    if (random_.one_in(8)) at += places::data_alias - places::data;
    if (random_.one_in(12)) at = places::device + random_.below(ppc::page_size);
    if (random_.one_in(40)) at = random_.below(2 * ppc::page_size);
  }
  if (random_.one_in(30)) at = code_address();
  if (random_.one_in(60)) at = random_.bits();
  return at;
}

u32 Chaos::code_address() {
  const u32 base = board_ == BoardKind::system && random_.one_in(4) ? places::code_alias : places::code;
  u32 at = base + 4 * random_.below(code_words);
  if (random_.one_in(64)) at = base + places::code_bytes - 4 * random_.below(8);
  if (random_.one_in(200)) at = random_.bits();
  return at;
}

u32 Chaos::machine_state() {
  u32 value = msr::me | msr::ri;
  for (const u32 bit : {msr::fp, msr::vec}) value |= random_.one_in(8) ? 0 : bit;
  for (const u32 bit : {msr::ir, msr::dr}) value |= random_.one_in(8) ? 0 : bit;
  for (const u32 bit : {msr::ee, msr::pr}) value |= random_.one_in(2) ? bit : 0;
  for (const u32 bit : {msr::fe0, msr::fe1}) value |= random_.one_in(6) ? bit : 0;
  for (const u32 bit : {msr::ip, msr::pow, msr::le}) value |= random_.one_in(16) ? bit : 0;
  for (const u32 bit : {msr::se, msr::be}) value |= random_.one_in(40) ? bit : 0;
  return value;
}

unsigned Chaos::reg() { return random_.one_in(2) ? random_.pick(pool_) : random_.below(32); }

// --- Code ---

std::vector<u32> Chaos::code() {
  code_.clear();
  for (u8& n : pool_) n = static_cast<u8>(random_.below(32));
  for (u32& weight : weights_) weight = random_.between(1, 10);
  weights_[0] += 10;
  weights_[1] += 10;
  weights_[7] = board_ == BoardKind::system ? random_.below(4) : 0;
  while (code_.size() < code_words) piece();
  code_.resize(code_words);
  return code_;
}

void Chaos::piece() {
  u32 total = 0;
  for (const u32 weight : weights_) total += weight;
  u32 n = random_.below(total);
  unsigned kind = 0;
  while (n >= weights_[kind]) n -= weights_[kind++];
  switch (kind) {
    case 0: return put(random_word(random_.pick(computing_)));
    case 1: return memory_access();
    case 2: return random_.one_in(500) ? put(random_.bits()) : put(random_word(random_.pick(computing_)));
    case 3: return branch();
    case 4: return random_.one_in(3) ? indirect_branch() : branch();
    case 5: return loop();
    case 6: return call();
    case 7: return system();
    case 9: return random_.one_in(3) ? chain() : branch();
    case 8: return random_.one_in(3) ? written_code() : branch();
    default: return random_.one_in(10) ? ordered_program() : constant(reg(), number());
  }
}

void Chaos::constant(unsigned r, u32 value) { put({as::lis(r, value >> 16), as::ori(r, r, value & 0xffff)}); }

// mr r, r: the translator no longer knows what is in there.
void Chaos::forget_constant(unsigned r) { put(as::x_form(31, r, r, r, 444)); }

u32 Chaos::random_word(Op op) {
  const ppc::InsnInfo& row = ppc::info(op);
  u32 word = row.match | (random_.bits() & ppc::used_bits(op) & ~row.mask);
  const u64 roles = row.reads | row.writes;
  if (roles & (role::RS | role::RD | role::FS | role::FD | role::VS | role::VD))
    word = with_field(word, 21, reg());
  if (roles & (role::RA | role::RA0 | role::FA | role::VA)) word = with_field(word, 16, reg());
  if (roles & (role::RB | role::FB | role::VB)) word = with_field(word, 11, reg());
  if (roles & (role::FC | role::VC)) word = with_field(word, 6, reg());
  if (op == Op::mtspr || op == Op::mfspr) {
    const auto rows = ppc::spr_rows();
    const unsigned user[] = {as::xer, as::lr, as::ctr, as::vrsave};
    const unsigned spr =
        random_.one_in(2) ? rows[random_.below(static_cast<u32>(rows.size()))].number : random_.pick(user);
    word = (word & ~0x001f'f800u) | as::spr_field(spr);
  }
  return word;
}

// At an address that has just been made, most often.
void Chaos::memory_access() {
  u32 word = random_word(random_.pick(memory_));
  if (random_.one_in(20)) return put(word);
  const u32 at = data_address();
  const unsigned a = reg_not_0();
  word = with_field(word, 16, a);
  const ppc::Operands form = ppc::info(ppc::decode(word)).operands;
  if (form == ppc::Operands::rd_d_ra || form == ppc::Operands::fd_d_ra) {
    const u32 d = random_.one_in(2) ? random_.below(64) - 32 : random_.bits();
    constant(a, at - static_cast<u32>(static_cast<std::int16_t>(d)));
    if (random_.one_in(2)) forget_constant(a);
    return put((word & 0xffff'0000) | (d & 0xffff));
  }
  if (form == ppc::Operands::rd_ra_nb) {
    constant(a, at);
    return put(word);
  }
  unsigned b = reg_not_0();
  while (b == a) b = reg_not_0();
  const u32 part = random_.one_in(2) ? 0 : number() & 0x3fff;
  const bool string = ppc::decode(word) == Op::lswx || ppc::decode(word) == Op::stswx;
  if (string) {
    constant(b, (random_.bits() & 0xe000'0000) | random_.below(random_.one_in(4) ? 128 : 40));
    put(as::mtspr(as::xer, b));
  }
  constant(a, at - part);
  put({as::li(b, part), with_field(word, 11, b)});
}

// Instructions that hand carries or condition bits on to each other, with accesses between that may fault.
void Chaos::chain() {
  const std::vector<Op>& ops = random_.one_in(2) ? carrying_ : conditional_;
  unsigned a = reg_not_0();
  constant(a, data_address());
  if (random_.one_in(2)) forget_constant(a);
  for (u32 n = random_.between(3, 14); n > 0; --n) {
    u32 word = random_word(random_.pick(ops));
    if (random_.one_in(4)) {
      word = with_field(random_word(random_.pick(memory_)), 16, a);
      const ppc::Operands form = ppc::info(ppc::decode(word)).operands;
      if (form == ppc::Operands::rd_d_ra) word = (word & 0xffff'0000) | ((4 * random_.below(32)) & 0xffff);
    } else if (ppc::info(ppc::decode(word)).has(flag::oe) && !random_.one_in(8)) {
      word &= ~ppc::bit32(21);
    }
    put(word);
  }
}

// In bytes; short and forward, most often.
u32 Chaos::distance() {
  if (random_.one_in(6)) return 4 * (random_.below(24) - 24);
  if (random_.one_in(4)) return code_address() % places::code_bytes + places::code - here();
  return 4 * random_.between(1, 12);
}

void Chaos::branch() {
  const u32 link = random_.one_in(4);
  if (random_.one_in(4)) return put(as::b(distance()) | link);
  if (random_.one_in(3)) put(random_word(random_.one_in(2) ? Op::cmpi : Op::cmpl));
  put(as::bc(random_.below(32), random_.below(random_.one_in(2) ? 4 : 32), distance()) | link);
}

void Chaos::indirect_branch() {
  const unsigned r = reg();
  constant(r, random_.one_in(2) ? here() + 16 + 4 * random_.below(8) : code_address());
  const bool through_ctr = random_.one_in(2);
  const unsigned bo = random_.one_in(2) ? 20 : random_.below(32), bi = random_.below(32);
  put(as::mtspr(through_ctr ? as::ctr : as::lr, r));
  put((through_ctr ? as::bcctr(bo, bi) : as::bclr(bo, bi)) | random_.one_in(3));
}

void Chaos::loop() {
  if (random_.one_in(2)) return walk();
  const unsigned r = reg();
  put({as::li(r, random_.between(1, random_.one_in(4) ? 400 : 10)), as::mtspr(as::ctr, r)});
  const u32 top = here();
  for (u32 n = random_.between(1, 8); n > 0; --n) {
    random_.one_in(3) ? memory_access() : put(random_word(random_.pick(computing_)));
  }
  if (random_.one_in(3)) branch();
  put(as::bc(random_.one_in(4) ? random_.below(4) * 4 : 16, random_.below(32), top - here()));
}

// A loop that goes over memory, up to where it may not, and computes with general registers; perhaps it
// leaves early.
void Chaos::walk() {
  constexpr unsigned lbzu = 35, lwzu = 33, stwu = 37, stbu = 39, lhzu = 41, sthu = 45;
  const unsigned base = reg_not_0(), count = base == 31 ? 1 : base + 1;
  put({as::li(count, random_.between(1, random_.one_in(3) ? 300 : 20)), as::mtspr(as::ctr, count)});
  constant(base, data_address());
  if (random_.one_in(2)) forget_constant(base);
  const u32 top = here();
  for (u32 n = random_.between(2, 10); n > 0; --n) {
    const unsigned ops[] = {lbzu, lwzu, stwu, stbu, lhzu, sthu};
    u32 word = random_word(random_.pick(plain_));
    if (ppc::info(ppc::decode(word)).has(flag::oe) && !random_.one_in(16)) word &= ~ppc::bit32(21);
    if (random_.one_in(3)) {
      const unsigned op = random_.pick(ops) - random_.below(2);  // the form before it does not update
      word = as::d_form(op, reg(), base, random_.one_in(3) ? random_.below(64) - 32 : 4);
    }
    put(word);
    if (random_.one_in(6))
      put(as::bc(random_.one_in(2) ? 12 : 4, random_.below(4), 4 * random_.between(8, 20)));
  }
  put(as::bc(random_.one_in(4) ? random_.below(2) * 8 + 4 : 16, random_.below(4), top - here()));
}

// The subroutine behind it, or any place and its return.
void Chaos::call() {
  switch (random_.below(4)) {
    case 0: return put(as::b(code_address() % places::code_bytes + places::code - here()) | as::link);
    case 1: return put(as::bclr(20, 0));
    case 2: return put(as::bc(20, 31, 4) | as::link);
    default: break;
  }
  const u32 body = random_.between(1, 6);
  put({as::b(8) | as::link, as::b(4 * (body + 2))});
  for (u32 n = 0; n < body; ++n) put(random_word(random_.pick(computing_)));
  put(as::bclr(20, 0));
}

void Chaos::system() {
  const unsigned r = reg();
  switch (random_.below(8)) {
    case 0: return put(random_word(random_.pick(system_)));
    case 1: constant(r, machine_state()); return put(as::x_form(31, r, 0, 0, 146));  // mtmsr
    case 2:
      constant(r, machine_state());
      put(as::mtspr(ppc::spr::srr1, r));
      constant(r, random_.one_in(2) ? here() + 16 : code_address());
      return put({as::mtspr(ppc::spr::srr0, r), 0x4c00'0064});
    case 3:
      constant(r, data_address());
      put(as::x_form(31, 0, 0, r, 306));  // tlbie
      return random_.one_in(2) ? put(0x4c00'012c) : void();
    case 4: return put(as::system_call);
    case 5: {
      // The block of the data, or of the code, comes and goes.
      const bool code = random_.one_in(2);
      constant(r, (code ? places::code : places::data) | random_.below(4));
      return put(as::mtspr((code ? 530 : 540) + random_.below(2), r));
    }
    case 6:
      constant(r, random_.one_in(2) ? random_.below(400) : number());
      return put(as::mtspr(ppc::spr::dec, r));
    default:
      put(as::x_form(31, r, 0, 0, 595) | random_.below(16) << 16);         // mfsr
      put(as::x_form(31, r, 1, 0, 124) | r << 11);                         // nor r1, r, r
      return put(as::x_form(31, r, 0, 0, 210) | random_.below(16) << 16);  // mtsr
  }
}

// One that stays within its data, but for where others have changed registers.
void Chaos::ordered_program() {
  const differential::Case c = ordered_.next();
  constant(c.base, LAYOUT_CENTRE);
  for (const u32 word : differential::assemble(c.program).words) put(word);
}

// Code writes code among the data, as the architecture wants it done, and calls it.
void Chaos::written_code() {
  const u32 lines = random_.between(1, 3), line_bytes = 32;
  const u32 at =
      places::data + ppc::page_size / 2 + line_bytes * random_.below(ppc::page_size / 2 / line_bytes - lines);
  const unsigned a = reg_not_0();
  unsigned r = reg_not_0();
  while (r == a) r = reg_not_0();
  constant(a, at);
  const u32 words = random_.between(1, lines * line_bytes / 4);
  for (u32 n = 0; n < words; ++n) {
    const bool last = n + 1 == words;
    constant(r, last ? as::bclr(20, 0) : random_word(random_.pick(computing_)));
    put(as::stw(r, a, 4 * n));
  }
  put(as::li(r, 0));
  for (u32 n = 0; n < lines; ++n) {
    put({as::x_form(31, 0, a, r, 54), 0x7c00'04ac, as::x_form(31, 0, a, r, 982)});  // dcbst, sync, icbi
    put(as::addi(r, r, line_bytes));
  }
  put({0x4c00'012c, as::mtspr(as::ctr, a), as::bcctr(20, 0) | as::link});
}

// --- Registers ---

void Chaos::set_registers(Board& board) {
  ppc::Cpu& cpu = board.cpu();
  ppc::CpuState& state = cpu.state;
  namespace fp = ppc::fpu::fpscr;
  cpu.checkstop = false;
  state.pc = code_address() & ~3u;
  if (random_.one_in(4)) {
    const differential::State from = ordered_.next().before;
    state.gpr = from.gpr;
    state.fpr = from.fpr;
    state.vr = from.vr;
    state.set_cr_word(from.cr);
    state.fpscr = from.fpscr;
    state.vscr = from.vscr;
    state.vrsave = from.vrsave;
    state.set_xer(from.xer);
  }
  for (u32 n = random_.below(8); n > 0; --n)
    state.gpr[random_.below(32)] = random_.one_in(2) ? data_address() : number();
  state.lr = code_address();
  state.ctr = random_.one_in(2) ? code_address() : random_.below(64);
  if (random_.one_in(3)) state.set_xer(number() & 0xe000'ff7f);
  if (random_.one_in(3)) state.set_cr_word(random_.bits());
  if (random_.one_in(4)) state.fpscr = ppc::fpu::with_summary(random_.below(4) * random_.below(2));
  if (board_ == BoardKind::process) {
    cpu.set_msr(msr::pr | msr::ee | msr::ir | msr::dr | msr::me | msr::ri | msr::fp | msr::vec);
    return;
  }
  cpu.write_spr(ppc::spr::sprg0 + 1, places::code + 4 * random_.below(code_words));
  cpu.set_msr(machine_state());
  cpu.set_external_interrupt(random_.one_in(8));
}

}  // namespace quince::jit_test
