// effects() against what the interpreter does: random words on random states. An instruction changes nothing
// that it does not declare as written, and depends on nothing that it does not declare as read.
#include <gtest/gtest.h>

#include <cstring>

#include "guest-ppc/coverage.h"
#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"
#include "tests/decoder/words.h"
#include "tests/support/flat_machine.h"

namespace quince::ppc::test {
namespace {

constexpr u32 ram_bytes = 0x4000, data_base = 0x2000;

// --- The processor's state in pieces, each with its place in a StateSet ---

struct Piece {
  const char* name;
  unsigned count;
  bool (*contains)(const StateSet&, unsigned);
  bool (*equal)(const CpuState&, const CpuState&, unsigned);
  void (*copy)(CpuState& to, const CpuState& from, unsigned);
};

template <auto member>
bool same(const CpuState& a, const CpuState& b) {
  return std::memcmp(&(a.*member), &(b.*member), sizeof(a.*member)) == 0;
}

template <auto member, u32 bit>
constexpr Piece whole(const char* name) {
  return {name, 1, [](const StateSet& set, unsigned) { return (set.other & bit) != 0; },
          [](const CpuState& a, const CpuState& b, unsigned) { return same<member>(a, b); },
          [](CpuState& to, const CpuState& from, unsigned) { to.*member = from.*member; }};
}

template <auto member, auto set_member>
constexpr Piece each(const char* name) {
  return {name, 32, [](const StateSet& set, unsigned n) { return (set.*set_member >> n & 1) != 0; },
          [](const CpuState& a, const CpuState& b, unsigned n) { return (a.*member)[n] == (b.*member)[n]; },
          [](CpuState& to, const CpuState& from, unsigned n) { (to.*member)[n] = (from.*member)[n]; }};
}

constexpr Piece cr_bits = {"cr bit ", 32,
                           [](const StateSet& set, unsigned n) { return (set.cr & bit32(n)) != 0; },
                           [](const CpuState& a, const CpuState& b, unsigned n) {
                             return ((a.cr_word() ^ b.cr_word()) & bit32(n)) == 0;
                           },
                           [](CpuState& to, const CpuState& from, unsigned n) {
                             to.set_cr_word((to.cr_word() & ~bit32(n)) | (from.cr_word() & bit32(n)));
                           }};

constexpr Piece pieces[] = {
    each<&CpuState::gpr, &StateSet::gpr>("r"),
    each<&CpuState::fpr, &StateSet::fpr>("f"),
    each<&CpuState::vr, &StateSet::vr>("v"),
    cr_bits,
    whole<&CpuState::xer_ca, state::ca>("ca"),
    whole<&CpuState::xer_ov, state::ov>("ov"),
    whole<&CpuState::xer_so, state::so>("so"),
    whole<&CpuState::xer_rest, state::xer_count>("xer count"),
    whole<&CpuState::lr, state::lr>("lr"),
    whole<&CpuState::ctr, state::ctr>("ctr"),
    whole<&CpuState::fpscr, state::fpscr>("fpscr"),
    whole<&CpuState::vscr, state::vscr>("vscr"),
    whole<&CpuState::vrsave, state::vrsave>("vrsave"),
    whole<&CpuState::reservation, state::reservation>("reservation"),
    whole<&CpuState::reserved_word, state::reservation>("reserved word"),
    whole<&CpuState::msr, state::msr>("msr"),
    whole<&CpuState::srr0, state::srr>("srr0"),
    whole<&CpuState::srr1, state::srr>("srr1"),
    whole<&CpuState::sr, state::segment>("segments"),
    whole<&CpuState::dar, state::spr>("dar"),
    whole<&CpuState::dsisr, state::spr>("dsisr"),
    whole<&CpuState::sdr1, state::spr>("sdr1"),
    whole<&CpuState::ibat, state::spr>("ibat"),
    whole<&CpuState::dbat, state::spr>("dbat"),
    whole<&CpuState::spr, state::spr>("spr"),
};

// --- Random states ---

class StateSource {
 public:
  explicit StateSource(u32 seed) : random_(seed) {}

  u32 word() { return static_cast<u32>(random_()); }

  // Numbers that are addresses of the data area, small, extreme or anything.
  u32 number() {
    switch (word() % 8) {
      case 0: return word();
      case 1: return word() % 64;
      case 2: return 0u - word() % 64;
      case 3: return 0x7fff'fffe + word() % 4;
      default: return data_base + 0x400 + word() % 0x1800 / 4 * 4 + (word() % 4 ? 0 : word() % 4);
    }
  }

  u64 fp() {
    static constexpr u64 special[] = {0,
                                      0x8000'0000'0000'0000,
                                      0x7ff0'0000'0000'0000,
                                      0xfff0'0000'0000'0000,
                                      0x7ff8'0000'0000'0000,
                                      0x7ff4'0000'0000'0000,
                                      1,
                                      0x3ff0'0000'0000'0000,
                                      0x41e0'0000'0000'0000};
    const u64 any = u64{word()} << 32 | word();
    switch (word() % 4) {
      case 0: return any;
      case 1: return special[word() % std::size(special)];
      default: return (any & 0x800f'ffff'ffff'ffff) | u64{0x3e0 + word() % 0x40} << 52;
    }
  }

  // FEX and VX follow from the others (PEM table 2-4).
  u32 fpscr() {
    static constexpr u32 vx_causes = 0x01f8'0700, fex = bit32(1), vx = bit32(2);
    u32 value = word() & ~(fex | vx | bit32(20));
    if (word() % 2) value &= ~0xf8u;
    if (value & vx_causes) value |= vx;
    return (value >> 22 & value & 0xf8) ? value | fex : value;
  }

  CpuState state() {
    CpuState s;
    for (u32& r : s.gpr) r = number();
    for (u64& f : s.fpr) f = fp();
    for (V128& v : s.vr) v = V128::from_lanes<u32>({word(), word(), word(), word()});
    s.set_cr_word(word());
    s.lr = number();
    s.ctr = number();
    s.set_xer(word() & 0xe000'007f);
    s.fpscr = fpscr();
    s.vscr = word() & 0x1'0001;
    s.vrsave = word();
    s.reservation = word() % 2;
    s.reserved_word = number() & ~3u;
    s.srr0 = word();
    s.srr1 = word();
    s.dar = word();
    s.dsisr = word();
    s.sdr1 = word();
    for (u32& r : s.sr) r = word();
    for (CpuState::Bat& bat : s.ibat) bat = {word(), word()};
    for (CpuState::Bat& bat : s.dbat) bat = {word(), word()};
    for (u32& r : s.spr) r = word();
    return s;
  }

  // Whatever executes here by accident is an illegal instruction.
  void fill(std::vector<u8>& ram) {
    for (u32 at = data_base; at < ram.size(); at += 4) {
      const u32 bytes = word() & 0xffff'ff03;  // little-endian: the first byte becomes the opcode
      std::memcpy(&ram[at], &bytes, 4);
    }
  }

 private:
  std::mt19937 random_;
};

// --- Running one instruction ---

struct Outcome {
  CpuState state;
  std::vector<u8> ram;
  Stop stop;

  bool completed() const {
    return !stop.exception || stop.what.vector == Vector::system_call || state.pc != at;
  }
  static constexpr u32 at = quince::test::FlatMachine::code_base;
};

class Runner {
 public:
  Outcome run(u32 word, const CpuState& state, const std::vector<u8>& ram) {
    machine_.memory.ram = ram;
    machine_.cpu.memory_written(data_base, ram_bytes - data_base);
    machine_.cpu.state = state;
    machine_.cpu.state.pc = Outcome::at;
    machine_.put_word(Outcome::at, word);
    machine_.put_word(Outcome::at + 4, 0x4400'0002);
    machine_.cpu.retired = 0;
    machine_.cpu.limit = 1;
    const Stop stop = machine_.engine->run();
    return {machine_.cpu.state, machine_.memory.ram, stop};
  }

 private:
  quince::test::FlatMachine machine_{cpu_7400, ram_bytes};
};

// --- The two properties ---

bool same_stop(const Outcome& a, const Outcome& b) {
  if (a.stop.exception != b.stop.exception || a.state.pc != b.state.pc) return false;
  const GuestException &x = a.stop.what, &y = b.stop.what;
  return x.vector == y.vector && x.srr1 == y.srr1 && x.dar == y.dar && x.dsisr == y.dsisr;
}

class Check {
 public:
  Check(u32 word, StateSource& source, Runner& runner)
      : word_(word), effects_(effects(word)), source_(source), runner_(runner) {}

  // True if the instruction completed.
  bool run() {
    std::vector<u8> ram(ram_bytes), other_ram(ram_bytes);
    source_.fill(ram);
    CpuState before = source_.state(), other_before = source_.state();
    before.msr = other_before.msr =
        msr::fp | msr::vec | msr::me | msr::ri | (source_.word() % 4 ? 0 : msr::fe0);
    for (const Piece& piece : pieces) {
      for (unsigned n = 0; n < piece.count; ++n) {
        if (piece.contains(effects_.reads, n)) piece.copy(other_before, before, n);
      }
    }
    const bool uses_memory = (effects_.reads.other | effects_.writes.other) & state::memory;
    if (uses_memory)
      other_ram = ram;
    else
      source_.fill(other_ram);

    const Outcome after = runner_.run(word_, before, ram),
                  other = runner_.run(word_, other_before, other_ram);
    check_writes(before, after.state);
    check_writes(other_before, other.state);
    check_memory(ram, after.ram);
    if (uses_memory && after.ram != other.ram) fail("stores depend on something undeclared");
    if (!same_stop(after, other)) fail("the next address or the exception depends on something undeclared");
    check_results(before, after, other_before, other);
    return after.completed();
  }

 private:
  void check_writes(const CpuState& before, const CpuState& after) {
    for (const Piece& piece : pieces) {
      for (unsigned n = 0; n < piece.count; ++n) {
        if (!piece.contains(effects_.writes, n) && !piece.equal(before, after, n))
          fail("writes undeclared", piece, n);
      }
    }
  }

  void check_memory(const std::vector<u8>& before, const std::vector<u8>& after) {
    if (effects_.writes.other & state::memory) return;
    if (std::memcmp(&before[data_base], &after[data_base], ram_bytes - data_base) != 0)
      fail("stores undeclared");
  }

  // What is written is the same for the same inputs. A register may stay as it was, instead, when the
  // instruction did not complete or when it is not declared as killed.
  void check_results(const CpuState& before, const Outcome& after, const CpuState& other_before,
                     const Outcome& other) {
    for (const Piece& piece : pieces) {
      for (unsigned n = 0; n < piece.count; ++n) {
        if (!piece.contains(effects_.writes, n) || piece.equal(after.state, other.state, n)) continue;
        const bool kept = piece.equal(before, after.state, n) && piece.equal(other_before, other.state, n);
        if (kept && !(after.completed() && piece.contains(effects_.kills, n))) continue;
        fail("a result depends on something undeclared", piece, n);
      }
    }
  }

  void fail(const std::string& what) {
    ADD_FAILURE() << disassemble(word_, Outcome::at) << " (" << std::hex << word_ << "): " << what;
  }
  void fail(const std::string& what, const Piece& piece, unsigned n) {
    fail(what + ": " + piece.name + (piece.count > 1 ? std::to_string(n) : ""));
  }

  u32 word_;
  Effects effects_;
  StateSource& source_;
  Runner& runner_;
};

// sc leaves the test's program, rfi and mtmsr change how it continues, and mtspr of some registers, too.
bool is_left_out(Op op) { return op == Op::illegal || op == Op::sc || op == Op::rfi || op == Op::mtmsr; }

// Displacements of a few hundred bytes hit the data area more often.
u32 nearby(u32 word) {
  const bool has_displacement = word >> 31 != 0;
  return has_displacement && info(decode(word)).has(flag::load | flag::store) ? word & 0xffff'01ff : word;
}

TEST(Effects, DeclareAllThatTheInterpreterReadsAndWrites) {
  static constexpr int enough_failures = 20;
  WordSource words(3);
  StateSource states(4);
  Runner runner;
  Coverage completed;
  for (const u32 any : words.rows(word_count() / 4)) {
    const u32 word = nearby(any);
    const Op op = decode(word, isa_7400);
    if (is_left_out(op)) continue;
    if (Check(word, states, runner).run()) completed.count(op);
    if (testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() > enough_failures)
      return;
  }
  for (const InsnInfo& row : instruction_table) {
    const bool wanted = isa_7400.has(row.part) && !is_left_out(row.op);
    EXPECT_TRUE(!wanted || completed.times(row.op) != 0) << row.mnemonic << " never completed";
  }
}

}  // namespace
}  // namespace quince::ppc::test
