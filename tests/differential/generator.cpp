#include "tests/differential/generator.h"

#include <algorithm>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"
#include "tests/differential/assembler.h"

namespace quince::differential {

namespace role = ppc::role;
namespace flag = ppc::flag;
using ppc::Insn;
using ppc::Op;
using ppc::Operands;

namespace {

constexpr NeverGenerated never[] = {
    {Op::sc, "ends a case in our machine; leads to Linux in the other"},
    {Op::rfi, "privileged"},
    {Op::mfmsr, "privileged"},
    {Op::mtmsr, "privileged"},
    {Op::mfsr, "privileged"},
    {Op::mfsrin, "privileged"},
    {Op::mtsr, "privileged"},
    {Op::mtsrin, "privileged"},
    {Op::tlbie, "privileged"},
    {Op::tlbsync, "privileged"},
    {Op::dcbi, "privileged"},
    {Op::mftb, "the time is different in the two machines"},
    {Op::eciwx, "DSI where no device is enabled"},
    {Op::ecowx, "DSI where no device is enabled"},
};

constexpr std::size_t most_words = LAYOUT_CODE_WORDS - 72;  // without those that load and store the registers

bool is_never_generated(Op op) {
  return std::any_of(std::begin(never), std::end(never), [op](const auto& row) { return row.op == op; });
}

bool needs_address(const ppc::InsnInfo& row) {
  return row.has(flag::load | flag::store) || row.op == Op::dcbst || row.op == Op::dcbf ||
         row.op == Op::icbi || row.op == Op::dcba;
}

constexpr Op specials[] = {Op::mtspr, Op::mfspr};

u32 with_field(u32 word, unsigned shift, u32 value) { return (word & ~(31u << shift)) | value << shift; }

// Forms that the architecture calls invalid, and which processors treat as they like.
u32 without_invalid_form(u32 word, Op op) {
  switch (op) {
    case Op::cmp:
    case Op::cmpi:
    case Op::cmpl:
    case Op::cmpli: return word & ~ppc::bit32(10);  // L = 1 compares doublewords
    case Op::dst:
    case Op::dstst: return (word >> 16 & 31) == 0 ? word | 1u << 16 : word;  // rA = 0
    default: return word;
  }
}

}  // namespace

std::span<const NeverGenerated> never_generated() { return never; }

Generator::Generator(const ppc::CpuModel& model, u64 seed) : model_(model), random_(seed) {
  for (const ppc::InsnInfo& row : ppc::instruction_table) {
    if (!model.isa.has(row.part) || row.op == Op::illegal || is_never_generated(row.op)) continue;
    if (row.has(flag::branch) ||
        std::find(std::begin(specials), std::end(specials), row.op) != std::end(specials)) {
      continue;
    }
    auto& list = needs_address(row)   ? memory_
                 : row.has(flag::fp)  ? floating_
                 : row.has(flag::vec) ? vector_
                                      : integer_;
    list.push_back(row.op);
  }
}

Case Generator::next() {
  base_ = random_.between(1, 31);
  narrow_ = random_.one_in(2);
  for (u8& n : pool_) n = static_cast<u8>(random_.below(32));
  // Some cases are of one kind mostly, some of everything.
  weights_ = {10, 10, model_.has_altivec() ? 10u : 0u, 12, 3, 4};
  if (random_.one_in(2)) weights_[random_.below(model_.has_altivec() ? 4 : 2)] *= 6;
  return {state(), program(), base_};
}

// --- Registers ---

unsigned Generator::reg() { return narrow_ ? random_.pick(pool_) : random_.below(32); }

unsigned Generator::free_reg() {
  for (;;) {
    const unsigned n = random_.between(1, 31);
    if (n != base_) return n;
  }
}

// The word with registers of this case in its register fields.
u32 Generator::random_word(Op op) {
  const ppc::InsnInfo& row = ppc::info(op);
  u32 word = row.match | (random_.bits() & ppc::used_bits(op) & ~row.mask);
  const u64 roles = row.reads | row.writes;
  if (roles & (role::RS | role::RD | role::FS | role::FD | role::VS | role::VD))
    word = with_field(word, 21, reg());
  if (roles & (role::RA | role::RA0 | role::FA | role::VA)) word = with_field(word, 16, reg());
  if (roles & (role::RB | role::FB | role::VB)) word = with_field(word, 11, reg());
  if (roles & (role::FC | role::VC)) word = with_field(word, 6, reg());
  return without_invalid_form(word, op);
}

// Whether the words leave the base register, and in a loop CTR, alone. What lswx writes depends on XER.
bool Generator::writable(const std::vector<u32>& words, bool in_loop) const {
  return std::all_of(words.begin(), words.end(), [&](u32 word) {
    const ppc::StateSet writes = ppc::effects(word).writes;
    const bool is_lswx = writes.gpr == 0xffff'ffff;
    return (is_lswx || !(writes.gpr >> base_ & 1)) && !(in_loop && (writes.other & ppc::state::ctr));
  });
}

// --- Programs ---

Program Generator::program() {
  Program program;
  std::size_t room = most_words;
  const u32 bodies = random_.between(1, 4);
  for (u32 n = 0; n < bodies; ++n) program.bodies.push_back(body(room));
  return program;
}

Body Generator::body(std::size_t& room) {
  Body body;
  if (random_.one_in(4)) {
    body.count = random_.between(2, 4);
    body.counter = free_reg();
  }
  const u32 pieces = random_.between(5, 24);
  if (room < 16) return body;
  room -= 3;
  for (u32 n = 0; n < pieces; ++n) {
    Piece next = piece(body.count != 0);
    if (next.words.size() > room) break;
    room -= next.words.size();
    body.pieces.push_back(std::move(next));
  }
  return body;
}

Generator::Kind Generator::kind() {
  u32 total = 0;
  for (const u32 weight : weights_) total += weight;
  u32 n = random_.below(total);
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    if (n < weights_[k]) return static_cast<Kind>(k);
    n -= weights_[k];
  }
  return Kind::special;
}

Piece Generator::piece(bool in_loop) {
  for (;;) {
    Piece piece;
    switch (kind()) {
      case Kind::integer: piece = computation(integer_); break;
      case Kind::floating: piece = computation(floating_); break;
      case Kind::vector: piece = computation(vector_); break;
      case Kind::memory: piece = memory_access(); break;
      case Kind::branch: piece = branch(in_loop); break;
      case Kind::special: piece = special(); break;
    }
    if (writable(piece.words, in_loop)) return piece;
  }
}

Piece Generator::computation(const std::vector<Op>& ops) { return {{random_word(random_.pick(ops))}}; }

void Generator::load_constant(std::vector<u32>& words, unsigned target, u32 value) const {
  words.push_back(assembler::lis(target, value >> 16));
  words.push_back(assembler::ori(target, target, value & 0xffff));
}

// --- Memory ---

// From the centre of scratch memory; `bytes` from there on are scratch memory, too.
i32 Generator::offset(unsigned bytes) {
  const u32 first = 512 - LAYOUT_SCRATCH_BYTES / 2, last = 512 + LAYOUT_SCRATCH_BYTES / 2 - bytes;
  u32 at = random_.between(first, last);
  if (random_.one_in(6)) at = random_.between(512 - 9, 512);  // across the pages' boundary
  if (random_.one_in(2)) at &= ~(random_.one_in(2) ? 3u : 15u);
  return static_cast<i32>(at) - 512;
}

Piece Generator::memory_access() { return memory_access(random_.pick(memory_)); }

Piece Generator::memory_access(Op op) {
  const bool reserves = op == Op::lwarx || op == Op::stwcx_rc;
  const bool many = op == Op::lmw || op == Op::stmw || op == Op::lswi || op == Op::lswx || op == Op::stswi ||
                    op == Op::stswx;
  i32 at = offset(many ? 128 : 16);
  if (reserves) at &= ~3;
  switch (ppc::info(op).operands) {
    case Operands::rd_d_ra:
    case Operands::fd_d_ra: return displacement_form(op, at);
    case Operands::rd_ra_nb: return string_form(op, at);
    default: break;
  }
  return op == Op::lswx || op == Op::stswx ? string_form(op, at) : indexed_form(op, at);
}

namespace {

// The update forms, which write rA: rA may be neither 0 nor, in a load, rD.
bool is_update(Op op) { return (ppc::info(op).writes & role::RA) != 0; }

bool loads_its_address(u32 word) {
  const Insn i(word);
  const u64 writes = ppc::info(ppc::decode(word)).writes;
  if (writes & role::TO_R31) return i.ra() >= i.rd();
  return (writes & role::RA) && (writes & role::RD) && i.ra() == i.rd();
}

}  // namespace

// d(rA), rA either the base register or made for the purpose.
Piece Generator::displacement_form(Op op, i32 at) {
  u32 word = random_word(op);
  const bool through_base = !is_update(op) && random_.one_in(2);
  const unsigned ra = through_base ? base_ : free_reg();
  const i32 d = through_base ? at : static_cast<i32>(random_.below(0x7000)) - 0x3800;
  word = (with_field(word, 16, ra) & 0xffff'0000) | (static_cast<u32>(d) & 0xffff);
  if (op == Op::lmw && ra >= Insn(word).rd())
    word = with_field(word, 21, std::min(31u, std::max(ra, base_) + 1));
  if (loads_its_address(word)) return memory_access(op == Op::lmw ? Op::stmw : op);
  if (through_base) return {{word}};
  return {{assembler::addi(ra, base_, static_cast<u32>(at - d)), word}};
}

// (rA|0) + rB in all the ways to add up to an address.
Piece Generator::indexed_form(Op op, i32 at) {
  const u32 word = random_word(op);
  const unsigned a = free_reg();
  unsigned b = free_reg();
  while (b == a) b = free_reg();
  const auto with = [&](unsigned ra, unsigned rb) { return with_field(with_field(word, 16, ra), 11, rb); };
  const u32 from_base = static_cast<u32>(at);
  Piece piece;
  switch (random_.below(4)) {
    case 0: piece.words = {assembler::li(a, from_base), with(a, base_)}; break;
    case 1: {
      const u32 part = random_.below(0x7000) - 0x3800;
      piece.words = {assembler::addi(a, base_, from_base - part), assembler::li(b, part), with(a, b)};
      break;
    }
    case 2:
      if (is_update(op)) return memory_access(op);
      piece.words = {assembler::addi(b, base_, from_base), with(0, b)};
      break;
    default:
      if (is_update(op)) return memory_access(op);
      piece.words = {assembler::li(b, from_base), with(base_, b)};
      break;
  }
  return loads_its_address(piece.words.back()) ? memory_access(op) : piece;
}

// Strings of 1 to 128 bytes. The registers that a load fills must not be among those of its address.
Piece Generator::string_form(Op op, i32 at) {
  const bool immediate = op == Op::lswi || op == Op::stswi;
  const unsigned count = immediate ? random_.between(1, 32) : random_.between(1, 127);
  const unsigned a = free_reg();
  unsigned b = free_reg();
  while (b == a) b = free_reg();
  u32 word = with_field(random_word(op), 16, a);
  word = with_field(word, 11, immediate ? count & 31 : b);
  const unsigned first = Insn(word).rd();
  const auto fills = [&](unsigned r) { return (r - first) % 32 < (count + 3) / 4; };
  if ((op == Op::lswi || op == Op::lswx) && (fills(a) || fills(base_) || (!immediate && fills(b)))) {
    return memory_access(op);
  }
  Piece piece;
  if (!immediate) {
    load_constant(piece.words, b, (random_.bits() & 0xe000'0000) | count);
    piece.words.push_back(assembler::mtspr(assembler::xer, b));
    piece.words.push_back(assembler::li(b, static_cast<u32>(random_.below(64))));
    at -= static_cast<i32>(piece.words.back() & 0xffff);
  }
  piece.words.push_back(assembler::addi(a, base_, static_cast<u32>(at)));
  piece.words.push_back(word);
  return piece;
}

// --- Branches ---

// A valid BO field (PEM table 4-14), with and without the hint.
unsigned Generator::branch_options(bool may_count) {
  static constexpr unsigned all[] = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20};
  static constexpr unsigned without_counting[] = {4, 5, 12, 13, 20};
  return may_count ? random_.pick(all) : random_.pick(without_counting);
}

Piece Generator::branch(bool in_loop) {
  if (random_.one_in(4)) return computed_branch(in_loop);
  if (random_.one_in(6)) return call_and_return();
  const u32 link = random_.below(2);
  Piece piece;
  piece.skip = static_cast<u8>(random_.below(4));
  if (random_.one_in(4)) {
    piece.words = {assembler::b(0) | link};
    piece.patch = Piece::Patch::branch24;
  } else {
    piece.words = {assembler::bc(branch_options(!in_loop), random_.below(32), 0) | link};
    piece.patch = Piece::Patch::branch14;
  }
  return piece;
}

// Through LR or CTR to an address made from the one that bcl leaves in LR.
Piece Generator::computed_branch(bool in_loop) {
  using namespace assembler;
  const bool through_ctr = !in_loop && random_.one_in(2);
  const unsigned r = free_reg();
  const unsigned bo = branch_options(!in_loop && !through_ctr), bi = random_.below(32);
  const u32 last = (through_ctr ? bcctr(bo, bi) : bclr(bo, bi)) | random_.below(2);
  Piece piece;
  piece.words = {bc(20, 31, 4) | link, mfspr(r, lr), addi(r, r, 0), mtspr(through_ctr ? ctr : lr, r), last};
  piece.patch = Piece::Patch::addi;
  piece.jump = 2;
  piece.from = 1;
  piece.skip = static_cast<u8>(random_.below(4));
  return piece;
}

// The subroutine is the last word.
Piece Generator::call_and_return() {
  using namespace assembler;
  return {{b(8) | link, b(8), bclr(20, 0)}};
}

// --- Registers that want values of their own ---

Piece Generator::special() {
  switch (random_.below(model_.has_altivec() ? 6 : 5)) {
    case 0: return reservation_pair();
    case 1: return set_fpscr();
    case 2: return read_fpscr();
    case 3: return set_xer();
    case 4: return move_spr();
    default: return set_vscr();
  }
}

// lwarx and a stwcx. of the same word.
Piece Generator::reservation_pair() {
  const unsigned a = free_reg();
  unsigned loaded = free_reg();
  while (loaded == a) loaded = free_reg();
  const i32 at = offset(16) & ~3;
  Piece piece;
  piece.words = {assembler::addi(a, base_, static_cast<u32>(at)), assembler::x_form(31, loaded, 0, a, 20)};
  if (random_.one_in(2)) piece.words.push_back(assembler::addi(loaded, loaded, random_.bits()));
  if (random_.one_in(8)) piece.words.push_back(assembler::stw(loaded, a, 0));
  piece.words.push_back(assembler::x_form(31, reg(), 0, a, 150) | 1);
  return piece;
}

// Any FPSCR: rounding mode, exception bits and, more rarely, enables.
Piece Generator::set_fpscr() {
  const unsigned r = free_reg(), f = reg();
  const u32 at = static_cast<u32>(offset(16) & ~7);
  u32 value = random_.bits() & ~ppc::bit32(20);
  if (!random_.one_in(4)) value &= ~0xfcu;
  if (random_.one_in(2)) value &= 0xff;
  Piece piece;
  load_constant(piece.words, r, value);
  piece.words.push_back(assembler::stw(r, base_, at + 4));
  piece.words.push_back(assembler::lfd(f, base_, at));
  const u32 fields = random_.one_in(2) ? 0xff : random_.below(256);
  piece.words.push_back(assembler::x_form(63, 0, 0, f, 711) | fields << 17 | random_.below(2));
  return piece;
}

// mffs or mcrfs after the bits are cleared that are not to be compared.
Piece Generator::read_fpscr() {
  Piece piece;
  for (const unsigned bit : {0u, 13u, 15u}) piece.words.push_back(assembler::mtfsb0(bit));
  if (random_.one_in(2)) {
    piece.words.push_back(random_word(Op::mcrfs));
    return piece;
  }
  const unsigned f = reg(), index = free_reg();
  piece.words.push_back(assembler::x_form(63, f, 0, 0, 583) | random_.below(2));
  piece.words.push_back(assembler::li(index, static_cast<u32>(offset(16))));
  piece.words.push_back(assembler::stfiwx(f, base_, index));
  return piece;
}

Piece Generator::set_xer() {
  const unsigned r = free_reg();
  Piece piece;
  load_constant(piece.words, r, random_.bits() & 0xe000'ff7f);
  piece.words.push_back(assembler::mtspr(assembler::xer, r));
  return piece;
}

Piece Generator::set_vscr() {
  const unsigned r = free_reg(), v = reg();
  const u32 at = static_cast<u32>(offset(16) & ~15);
  Piece piece;
  load_constant(piece.words, r, random_.bits() & 0x1'0001);
  piece.words.push_back(assembler::stw(r, base_, at + 12));
  piece.words.push_back(assembler::li(r, at));
  piece.words.push_back(assembler::lvx(v, base_, r));
  piece.words.push_back(assembler::mtvscr(v));
  return piece;
}

Piece Generator::move_spr() {
  using namespace assembler;
  static constexpr unsigned numbers[] = {lr, ctr, xer, vrsave};
  const unsigned spr = numbers[random_.below(model_.has_altivec() ? 4 : 3)];
  return {{random_.one_in(2) ? mtspr(spr, reg()) : mfspr(reg(), spr)}};
}

}  // namespace quince::differential
