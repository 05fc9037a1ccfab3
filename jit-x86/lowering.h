// From a block's nodes to x86-64, in one pass over the list. Where a value is (a constant, a guest register
// that still holds it, a temporary, memory) is tracked per node; conditions are compared where they are used.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "jit-x86/code_writer.h"
#include "jit-x86/far_code.h"
#include "jit-x86/host.h"
#include "jit-x86/vector_code.h"
#include "translator/backend.h"
#include "translator/ir.h"

namespace quince::jit {

using translator::Block;
using translator::IrOp;
using translator::no_node;
using translator::Node;
using translator::NodeId;

// Code that all blocks share, made once; thunks.cpp has the conventions.
struct Thunks {
  const u8* enter = nullptr;          // u32 (rbp of generated code, code): an ExitReason
  const u8* exit = nullptr;           // jump, ExitReason in eax
  const u8* indirect = nullptr;       // jump, target in eax, flags of the countdown
  const u8* failed_return = nullptr;  // jump, target in eax, its lowest two bits anything
  const u8* new_mode = nullptr;       // jump, target in eax: the mode that Area::mode_key says has just begun
  const u8* link = nullptr;           // call instead of a link's jump
  const u8* access = nullptr;      // from the signal handler; Area::fault_address says where the host faulted
  const u8* checkpoint = nullptr;  // jump, next address in ecx
  const u8* lookup = nullptr;      // jump, next address in ecx
  // Jumps to a StateChange: next address in ecx, value in edx.
  const u8* system_call = nullptr;
  const u8* return_from_interrupt = nullptr;
  const u8* synchronize = nullptr;
  const u8* set_msr = nullptr;  // call, likewise, flags of the countdown: returns if MSR is all it changes
  const u8* new_call_stack = nullptr;  // call, a distance as below; changes rcx and rdx
  const u8* raise = nullptr;           // jump, address of the instruction in ecx, vector in eax, cause in edx
  // Calls, address in eax. Behind them a distance of 16 bits, see slow_access(): a load comes back with rax
  // at the bytes, a store behind what would have stored. Those of registers change rax and rcx only.
  const u8* load[4] = {};  // 8, 16, 32, 64 bits
  const u8* load_vector = nullptr;
  const u8* store[3][16] = {};       // 8, 16, 32 bits: by the host's register that has the value
  const u8* store_double = nullptr;  // of xmm1, byte by byte
  const u8* store_vector = nullptr;  // likewise
  // Calls, address in eax, which is kept, that simply return. The first two are for what is not slow as a
  // rule.
  const u8* missed_load[3] = {};          // to edx: 8, 16, 32 bits
  const u8* missed_store[3] = {};         // of edx
  const u8* load_reserved = nullptr;      // to edx
  const u8* store_conditional = nullptr;  // of edx, which becomes 1 if it stored, else 0
  const u8* zero_block = nullptr;
  const u8* touch_block[2] = {};  // to read and to write
  const u8* invalidate_block = nullptr;
  const u8* misaligned = nullptr;    // call, address in eax: raises the alignment exception
  const u8* helper = nullptr;        // call, function in rax, instruction word in edx
  const u8* float_helper = nullptr;  // as helper, with FPSCR up to date
  // These keep every register but xmm0, xmm1 and the floating-point registers they write.
  const u8* cr_bits = nullptr;       // call: the four bits of the field in rcx to eax; keeps edx
  const u8* get_cr = nullptr;        // call: CR to eax; changes rcx and rdx
  const u8* load_fprs = nullptr;     // call: from memory to the host's registers
  const u8* load_vrs = nullptr;      // likewise, vector registers
  const u8* exact_float = nullptr;   // call: the instruction Area::float_word by its exact function
  const u8* read_fpscr = nullptr;    // call: rax becomes what mffs gives; rcx and rdx are lost
  const u8* load_single = nullptr;   // call: lfs's conversion of xmm0
  const u8* store_single = nullptr;  // call: stfs's conversion of xmm0
};

// The code from host_offset on, up to the next origin, is that of guest instruction number `insn`; far:
// seldom run, behind the block.
struct CodeOrigin {
  u32 host_offset;
  u16 insn;
  bool far;
};

// Changes the machine's state, but no register that programs of users see. The code to go on with, or null:
// the run loop must look.
using StateChange = const u8* (*)(Cpu*, u32 value, u32 next_pc);
struct StateChanges {
  static const u8* system_call(Cpu*, u32, u32 next_pc);
  static const u8* return_from_interrupt(Cpu*, u32, u32);
  static const u8* set_msr(Cpu*, u32 value, u32 next_pc);
  static const u8* synchronize(Cpu*, u32, u32 next_pc);
};

// Which host register a guest register, or CTR, is in.
struct HostRegisters {
  std::array<u8, 32> host_of_guest = jit::host_of_guest;
  std::array<u8, 16> guest_of_host = jit::guest_of_host;
  u8 ctr_host = not_pinned;
  u8 complement_host = not_pinned;  // has the complement of a register that the loop does not change
};
inline constexpr HostRegisters usual_registers{};

// What a node has to do with a CR field: all of it becomes new, or it must be up to date.
enum class FieldUse : u8 { none, overwrites, needs };
FieldUse use_of_field(const Node& it, u32 field);

class Lowering {
 public:
  Lowering(CodeWriter& assembler, const Thunks& thunks)
      : a(assembler), thunks_(thunks), vector_code_(assembler) {}

  // Code for the block at the assembler's position; offsets in the results count from there.
  // base: the address at which the code will run. alignment_traps: as Cpu's.
  // flat: loads go straight to gs:address (see PhysicalMemory::flat). flat_stores: so do stores.
  void run(const Block& block, const u8* base, u8 alignment_traps, bool flat, bool flat_stores);

  std::vector<translator::SidePoint> side_points;
  std::vector<translator::FloatRecord> float_records;
  std::vector<translator::LinkSite> links;
  translator::LoopJumps loop;
  std::vector<translator::Loan> loans;
  std::vector<translator::OwedField> owed;
  std::vector<CodeOrigin>* origins = nullptr;  // takes them if somebody wants to know

 private:
  // --- Values (values.cpp) ---
  // pending: a condition, or an address that the load will add up itself
  // step: a constant further than the guest register that it is about to go to
  enum class Place : u8 { nowhere, constant, guest, temporary, slot, pending, step };
  struct Location {
    Location() = default;
    // At once: a location is read as a whole, and two bytes just written would make that wait.
    Location(Place p, u8 i = 0) {
      const auto both = static_cast<u16>(static_cast<unsigned>(p) | unsigned{i} << 8);
      std::memcpy(this, &both, sizeof both);
    }
    Place place = Place::nowhere;
    u8 index = 0;  // guest register, host register or slot
  };
  static constexpr unsigned temporaries = 3;  // rax, rdx, rcx in the order in which they are given out
  static constexpr unsigned rax_index = 0, rdx_index = 1, rcx_index = 2;
  static constexpr unsigned slots = 40;

  const Node& node(NodeId n) const { return block_->nodes[n]; }
  bool is_constant(NodeId n) const { return node(n).op == IrOp::imm; }
  u32 constant(NodeId n) const { return node(n).imm; }
  void use(NodeId n);                 // one of the value's uses is done
  x86::Gp reg(NodeId n);              // in a register, read only
  x86::Gp reg_to_change(NodeId n);    // in a temporary that the caller may overwrite
  asmjit::Operand operand(NodeId n);  // register, memory or 32-bit constant
  void load_into(x86::Gp to, NodeId n);
  x86::Gp temporary();     // a free one; spills if there is none
  x86::Gp claim(u8 host);  // that one, moving away what is there
  void release(x86::Gp r);
  void relocate(NodeId n, u8 host);  // from one temporary to that one
  bool lives_in(NodeId n, u8 host) const {
    return where_[n].place == Place::temporary && where_[n].index == host;
  }
  void define(NodeId n, x86::Gp result);  // the node's value is in this temporary
  // Where to compute the node: see values.cpp. destination_over: perhaps over its operand, whose last use
  // this is.
  std::optional<x86::Gp> pinned_destination(NodeId n);
  bool is_step_of(NodeId n, NodeId next) const;
  NodeId next_code(NodeId n) const;  // the next node that is more than a name for something
  unsigned uses_by(NodeId user, NodeId x) const;
  x86::Gp destination(NodeId n);
  x86::Gp destination_over(NodeId n, NodeId operand);
  void spill(unsigned host);
  std::optional<x86::Gp> copy_of(Location at) const;
  void keep_copy(x86::Gp temporary, unsigned guest);
  bool keeps_copies(NodeId n) const;
  void free_temporaries_for_call();  // all live temporaries to slots
  void before_guest_write(unsigned guest, NodeId except);
  void add_alias(unsigned guest, NodeId n) {
    alias_before_[n] = last_alias_[guest];
    last_alias_[guest] = n;
  }

  // --- Nodes, by category ---
  void go_over_nodes();
  void count_run(u32* runs);
  bool is_only_named(NodeId n);
  void lower(NodeId n);
  void lower_arithmetic(NodeId n);
  void lower_register(NodeId n);
  void lower_memory(NodeId n);
  void lower_control(NodeId n);
  void add(NodeId n);
  bool is_masked_out(NodeId n) const;
  void and_complement(NodeId n, NodeId complement, NodeId other);
  void binary(NodeId n, asmjit::InstId op, bool commutative);
  void rotate(NodeId n);
  void shift(NodeId n, asmjit::InstId by_constant, asmjit::InstId by_register, bool is_signed);
  void extend(NodeId n, unsigned bytes);
  void multiply_high(NodeId n, bool is_signed);
  void divide(NodeId n, bool is_signed);
  void set_compare(NodeId n);
  bool is_field_itself(NodeId compare) const;
  void get_ctr(NodeId n);
  bool count_ctr_down(NodeId n);
  void set_gpr(NodeId n);
  void store_word(i32 at, NodeId value);
  void load_word(NodeId n, i32 at);
  void extended(x86::Gp to, NodeId value, bool is_signed);  // all 64 bits

  // --- Compares that are late (late_compares.cpp) ---
  struct Overwrite {
    NodeId node = no_node;
    bool after_accesses = false;  // to memory, which may fault
  };
  NodeId last_overwrite();
  Overwrite find_overwrite(NodeId compare) const;
  bool may_be_late(const Node& compare) const;
  bool is_late(NodeId compare);
  void settle_late_compares(NodeId n);
  // A compare that only the jumps out of the block have to see: they write the field.
  struct LateCompare {
    NodeId node = no_node;
    NodeId overwrite = no_node;  // until then; no_node: to the end
    Location left{}, right{};    // right: nowhere if it is a constant
    bool of_last_round = false;  // made in the round before: the node's values are those of then
    u8 owed = 0;                 // as in SidePoint
  };
  static constexpr std::size_t most_late_compares = 2;  // at most one of them with two registers
  using LateCompares = std::array<LateCompare, most_late_compares>;
  void add_late_compare(const LateCompare& late);
  bool is_late_now(NodeId compare) const {
    return late_compares_[0].node == compare || late_compares_[1].node == compare;
  }
  LateCompares late_compares() const;  // with the places of their operands now
  void write_fields(LateCompares late);
  void write_field(const LateCompare& it, const LateCompares& others);
  static x86::Gp temporary_beside(const LateCompares& others, u8 but);
  void extended_from(x86::Gp to, const Location& at, bool is_signed);
  LateCompares late_compares_;
  std::array<u8, most_late_compares> owed_now_{};  // their `owed`
  unsigned late_compare_count_ = 0;
  NodeId last_overwrite_ = no_node;

  // Emits the comparison; the code says when the condition holds.
  x86::CondCode condition(NodeId n);
  x86::CondCode compare(NodeId n, x86::CondCode code, x86::CondCode swapped);
  x86::CondCode both(NodeId n);
  x86::CondCode carry(NodeId n);
  x86::CondCode cr_bit(NodeId n);
  void set_byte(NodeId bit, const x86::Mem& to);  // 0 or 1
  void use_operands(NodeId n);

  // --- CR (lower_cr.cpp) ---
  void lower_cr(NodeId n);
  void set_cr_field(NodeId n);
  void set_cr_bit(NodeId n);
  void store_field_of_bits(unsigned f, x86::Gp bits);

  // --- CA (lower_carry.cpp) ---
  enum class CarryFlag : u8 { none, same, inverted };  // what the host's carry flag has of CA
  struct Carry {
    CarryFlag flag = CarryFlag::none;
    bool in_byte = true;  // also in the state's byte
  };
  Carry carry_;
  void settle_carry(NodeId n) {
    if (carry_.flag != CarryFlag::none && !keeps_carry_flag(n)) drop_carry_flag(n);
  }
  void drop_carry_flag(NodeId n);
  void store_carry(Carry carry);
  void load_carry(CarryFlag wanted);
  bool is_carry_seen_from(NodeId n) const;
  bool keeps_carry_flag(NodeId n) const;
  NodeId find_carry_of(NodeId n) const;
  bool take_carry_of(NodeId n);
  bool is_subtrahend(NodeId n) const;
  void add_with_carry(NodeId n);
  void set_ca(NodeId n);

  // --- Memory (memory.cpp) ---
  struct MemoryAccess {
    bool is_store;
    unsigned size_log2;
    x86::Gp value;  // edx or a pinned register
  };
  void access(const MemoryAccess& it, const x86::Mem& at);
  void call_for_access(const MemoryAccess& it, const u8* thunk);
  void access_with_look_up(const MemoryAccess& it, NodeId ea);
  void load(NodeId n, unsigned size_log2);
  void load_flat(NodeId n, unsigned size_log2);
  bool is_address_of_next_access(NodeId n) const;
  bool is_address_for_eax(NodeId n) const;
  // Of one to four bytes, in general registers.
  static bool is_load_or_store(IrOp op) {
    return (op >= IrOp::load8 && op <= IrOp::load32) || (op >= IrOp::store8 && op <= IrOp::store32);
  }
  x86::Mem flat_address(NodeId ea, bool may_be_constant = false);  // uses the node; constant: for CodeWriter
  void note_flat_access();
  void note_side_point(u32 offset, CarryFlag carry) {
    translator::SidePoint& point = side_points.emplace_back();  // field by field, as NodeList::add() does
    point.host_offset = offset;
    point.insn = static_cast<u8>(insns_ - 1);
    point.carry = static_cast<u8>(carry);
    point.lent = registers_ == &lent_registers_;
    point.owed = owed_now_;
    point.float_record = float_record_;
  }
  void store(NodeId n, unsigned size_log2);
  void store_flat(NodeId n, unsigned size_log2);
  void copy_to_eax(NodeId ea);  // to be read only
  void address_to_eax(NodeId access, NodeId ea);
  bool is_next_step(NodeId access, NodeId ea) const;
  // rax: from the guest's to the host's address; rcx is lost. Or, if rax keeps the address, rcx: what to add
  // to it. The jump to the slow path.
  u32 translate(NodeId ea, u32 table, unsigned size_log2, bool keeps_address = false);
  void look_up(u32 table, u32 size);
  void call_and_go_to(const u8* thunk, u32 back);
  void slow_access(u32 from, const u8* thunk, u32 back);

  // --- Neighbours: accesses near each other, found with one look-up (neighbours.cpp) ---
  struct SplitAddress {
    NodeId base = no_node;
    u32 displacement = 0;
  };
  SplitAddress split_address(NodeId ea) const;
  void plan_neighbours(NodeId first);
  bool is_same_base(NodeId one, NodeId other) const;
  bool is_neighbour(NodeId access) const;
  bool is_address_of_neighbour(NodeId n) const;
  void lead_neighbours(const MemoryAccess& it, u32 slow, const u8* thunk);
  u32 check_neighbours();
  void neighbours_address(NodeId ea);
  struct LateAddress {
    Location base;
    i32 displacement = 0;
  };
  LateAddress late_address(NodeId ea) const;
  void to_eax(const LateAddress& late);
  void access_neighbour(NodeId n, const MemoryAccess& it, const LateAddress& address);
  bool has_host_pointer() const { return copy_of_[rcx_index] == host_pointer; }
  struct Neighbours {
    SplitAddress first;
    std::vector<NodeId> others;  // accesses, in their order
    u32 lowest = 0, end = 0;     // of the bytes that they all touch, as displacements from the first
  } neighbours_;

  // --- Reservations, cache blocks (lower_blocks.cpp) ---
  void load_reserved(NodeId n);
  void store_conditional(NodeId n);
  void zero_block(NodeId n);
  void touch_block(NodeId n);
  void invalidate_block(NodeId n);
  void require_cached(Jumps& slow);
  void require_page(NodeId n, u32 table, const u8* thunk);

  // --- Floating point (lower_float.cpp) ---
  // Jumps for what the host may get wrong; `small` only if the value in xmm1 is not zero.
  struct FloatChecks {
    Jumps exact;
    u32 small = 0, small_back = 0;
  };
  void lower_float(NodeId n);
  void hold_fprs();
  void leave_if_float_mode_changed(NodeId n);
  void leave_with_rounding(NodeId n);
  void write_fpscr(x86::Gp word);
  void change_rounding(x86::Gp fpscr);
  void leave_for_float_mode(u32 target);
  static x86::Mem host_rounding(u32 mode);  // MXCSR without flags for FPSCR[RN]
  void get_fpscr(NodeId n);
  void set_fpscr(NodeId n);
  void set_fpr(NodeId n);
  void move_fpr(NodeId n);
  void float_arith(NodeId n);
  void float_multiply_add(NodeId n, x86::Xmm result);
  void finish_double(NodeId n, x86::Xmm result, FloatChecks& checks);
  void finish_single(NodeId n, x86::Xmm result, FloatChecks& checks);
  void round_to_single(NodeId n);
  void require_normal_single(x86::Xmm value, FloatChecks& checks);
  void require_single(NodeId operand_node, FloatChecks& checks);
  void float_compare(NodeId n);
  void float_to_int(NodeId n);
  void float_select(NodeId n);
  void float_from_single(NodeId n);
  void float_to_single(NodeId n);
  void float_low_word(NodeId n);
  void load_float(NodeId n);
  void load_stored_float(NodeId n);
  void join_words(x86::Xmm to, NodeId high, NodeId low);
  void store_float(NodeId n);
  void store_float_flat(NodeId n);
  void exact_float(const FloatChecks& checks);  // far: the exact function, and back here
  void call_exact_float(u32 word);
  x86::Xmm fpr(NodeId value, x86::Xmm scratch);  // in a register, read only
  asmjit::Operand fpr_operand(NodeId value);     // register or memory
  x86::Xmm fpr_target(NodeId n);                 // where to compute a value: where the next node wants it
  void fpr_result(unsigned d, x86::Xmm from);
  void set_short(unsigned d, bool is_short);
  bool is_short(NodeId value) const;
  void save_operand(unsigned slot, NodeId value);

  // --- AltiVec (lower_vector.cpp, lower_vector_memory.cpp) ---
  void lower_vector(NodeId n);
  void hold_vrs();
  void set_vr(NodeId n);
  void compute_vector(NodeId n);
  void exact_vector(const Jumps& from);  // far: the exact function, and back here
  void set_cr6(NodeId n);
  void insert_element(NodeId n);
  void extract_element(NodeId n);
  void alignment_control(NodeId n);
  void load_vector(NodeId n);
  void store_vector(NodeId n);
  void store_vector_flat(NodeId n);
  asmjit::Operand vr(NodeId value);  // register or memory
  x86::Xmm vr_register(NodeId value, x86::Xmm scratch);
  x86::Xmm vr_target(NodeId n);  // where to compute a value: where the next node wants it
  static x86::Mem vr_memory(unsigned n) { return x86::Mem(x86::rbp, StateOffsets::vr(n), 16); }
  static bool is_pinned_vr(unsigned n) { return host_of_vr[n] != not_pinned; }
  static x86::Xmm pinned_vr(unsigned n) { return x86::xmm(host_of_vr[n]); }

  // --- What FPSCR follows from (float_records.cpp) ---
  void plan_float_records();
  u8 overwritten_operands(const Node& arith, u32 registers) const;
  void record_arith(NodeId n, u8 arith, u8 operands);
  void record_later(bool compare);
  struct FloatPlan {
    NodeId arith;
    bool seen;  // by whoever the next exit leads to: FloatStatus must hold it all
    u8 saved;   // operands that are overwritten before a fault may ask for them
  };
  std::vector<FloatPlan> float_plan_;
  std::size_t next_plan_ = 0;
  u16 float_record_ = 0;  // see SidePoint
  bool fprs_held_ = false;
  // Until the code's offset is another than `at`, the host's flags are those of this CR field.
  struct {
    u32 field = 0, at = ~0u;
  } flags_of_compare_;
  // Likewise, those of a comparison of this value with 0.
  struct {
    NodeId value = no_node;
    u32 at = ~0u;
  } flags_of_value_;
  bool has_flags_of(NodeId value) const {
    return flags_of_value_.value == value && flags_of_value_.at == here();
  }
  u32 short_fprs_ = 0;    // bit n: f_n certainly has no more significant bits than a single
  x86::Xmm float_value_;  // the value of the last node that computed one
  bool float_value_short_ = false;
  bool vrs_held_ = false;
  x86::Xmm vector_value_;  // the value of the last node that computed one

  // --- Loops (loops.cpp) ---
  bool leads_back(NodeId n) const;
  bool is_loop() const;
  bool plan_loans();
  void plan_owed_fields();
  void plan_owed_field(NodeId compare);
  std::optional<u8> last_home(NodeId value) const;
  NodeId first_overwrite(const translator::OwedField& field) const;
  bool is_owed(NodeId compare) const;
  void begin_next_round();
  struct OwedCompare {
    NodeId node, overwrite;  // in the next round
  };
  std::vector<OwedCompare> owed_compares_;  // the first of `owed`
  // The register of which complement_host has the complement, and how much host code that saves.
  struct Complement {
    u8 guest = 0;
    u16 saves = 0;
  };
  Complement complement_;
  void plan_complement(std::array<u16, 33>& accesses);
  NodeId complemented_operand(NodeId either) const;
  bool is_complemented_next(NodeId either) const;
  void neither(NodeId n);
  // A CR field that says "equal" when any round but the first begins.
  struct EqualField {
    NodeId compare = no_node;
    NodeId exit = no_node;  // a jump out of the block if it says something else: made at the end of the round
                            // before. Or no_node: the jump back asks for "equal".
  };
  EqualField equal_field_;
  void plan_equal_field(NodeId compare);
  NodeId exit_unless_equal(NodeId compare) const;
  bool is_known_equal(NodeId compare) const {
    return rounds_ == Rounds::others && compare == equal_field_.compare;
  }
  bool is_never_taken(NodeId exit) const { return rounds_ == Rounds::others && exit == equal_field_.exit; }
  void leave_unless_equal();
  void plan_cr_field(NodeId compare);
  unsigned planned_compares() const;
  bool has_two_registers_planned() const;
  void begin_loop();
  void begin_rounds();
  void lend(unsigned lender, unsigned borrower);
  void return_loans();
  bool closes_loop(NodeId n) const;
  void close_loop(NodeId n);
  x86::Gp loan_register(const translator::Loan& loan) const { return x86::gpd(host_of_guest[loan.lender]); }
  static x86::Mem borrowers_memory(const translator::Loan& loan) {
    return loan.borrower == translator::Loan::ctr ? dword(StateOffsets::ctr) : guest_memory(loan.borrower);
  }

  // --- Leaving (control.cpp) ---
  void leave_to(u32 target, bool checkpoint);
  void count_and_check(u32 next, bool checkpoint);  // an instruction that may leave backwards to `next` ends
  void link_to(u32 target, bool calls);
  void call_subroutine(u32 target);
  void leave_indirectly(NodeId n, NodeId target);
  void push_return_address();
  void return_here();  // where the subroutine comes back to
  void count_down(u32 insns);
  void change_state(const u8* thunk, u32 next_pc);  // everything counted
  void set_msr(NodeId n);
  void synchronize(u32 next);
  void segment_changed(NodeId n);
  void call_helper(translator::Helper function, u32 word, bool uses_fpscr = false);
  void call_with_side_point(const u8* thunk);
  void note_origin(bool is_far) {
    if (origins) [[unlikely]]
      origins->push_back({here(), static_cast<u16>(insns_ - 1), is_far});
  }
  u32 here() const { return static_cast<u32>(a.offset() - start_); }
  const u8* address(u32 offset) const { return base_ + offset; }

  // State in memory.
  static x86::Mem dword(i32 at) { return x86::dword_ptr(x86::rbp, at); }
  static x86::Mem qword(i32 at) { return x86::qword_ptr(x86::rbp, at); }
  static x86::Mem byte(i32 at) { return x86::byte_ptr(x86::rbp, at); }
  static x86::Mem guest_memory(unsigned n) { return dword(StateOffsets::gpr(n)); }
  x86::Gp pinned_register(unsigned n) const { return x86::gpd(registers_->host_of_guest[n]); }
  bool is_pinned(unsigned n) const { return registers_->host_of_guest[n] != not_pinned; }
  bool is_ctr_pinned() const { return registers_->ctr_host != not_pinned; }
  x86::Gp ctr_register() const { return x86::gpd(registers_->ctr_host); }
  static x86::Mem slot_memory(unsigned s) {
    return qword(in_area(offsetof(translator::Area, scratch)) + static_cast<i32>(8 * s));
  }
  static x86::Mem fpr_memory(unsigned n) { return qword(StateOffsets::fpr(n)); }
  static x86::Xmm pinned_fpr(unsigned n) { return x86::xmm(first_fpr_host + n); }
  static bool is_pinned_fpr(unsigned n) { return n < pinned_fprs; }
  static i32 status(std::size_t member) {
    return in_area(offsetof(translator::Area, float_status)) + static_cast<i32>(member);
  }
  static x86::Mem constant_memory(unsigned index, u32 bytes) {
    const i32 at = in_area(offsetof(translator::Area, backend)) + static_cast<i32>(8 * index);
    return x86::Mem(x86::rbp, at, bytes);
  }
  static x86::Mem countdown() { return dword(StateOffsets::countdown); }

  // Code that is seldom run, placed behind the block: `emit` is called there, after the jumps to it are
  // patched.
  struct Far {
    Jumps from;
    u32 insns;               // as it was
    u16 float_record;        // likewise
    std::array<u8, 2> owed;  // likewise
    const HostRegisters* registers;
    FarCode emit;
  };
  template <class Emit>
  [[gnu::always_inline]] void far(const Jumps& from, const Emit& emit) {
    Far& piece = far_.emplace_back();
    piece.from = from;
    piece.insns = insns_;
    piece.float_record = float_record_;
    piece.owed = owed_now_;
    piece.registers = registers_;
    piece.emit.keep(emit);
  }

  // Jumps by displacement; asmjit's labels cost more than the instructions between them.
  u32 jump();                                                        // to be patched
  u32 jump_if(x86::CondCode condition);                              // to be patched
  void land(u32 displacement_at) { lead(displacement_at, here()); }  // a jump leads here
  void lead(u32 displacement_at, u32 to);
  u32 short_jump_if(x86::CondCode condition);  // to be patched, at most 127 bytes ahead
  void land_short(u32 displacement_at);
  void jump_to(u32 offset);  // backwards in this block
  void jump_to(const u8* code);
  void call(const u8* code);
  void branch_absolute(u8 opcode, const u8* code);

  CodeWriter& a;
  const Thunks& thunks_;
  VectorCode vector_code_;
  const Block* block_ = nullptr;
  std::size_t start_ = 0;
  const u8* base_ = nullptr;
  u8 alignment_traps_ = 0;
  NodeId zero_in_flags_ = no_node;  // the comparison with zero that needs no instruction
  bool so_known_ = true;  // it is as the block's mode says: no instruction of the block has written it yet
  bool flat_ = false;
  bool flat_stores_ = false;
  HostRegisters lent_registers_;
  const HostRegisters* registers_ = &usual_registers;  // of the code that is being made
  enum class Rounds : u8 { none, first, others };  // of a loop, if the block is one: those the code is for
  Rounds rounds_ = Rounds::none;
  u32 loop_head_ = 0;
  u32 insns_ = 0;          // begun so far, the current one included
  std::vector<u16> uses_;  // those that are still to come
  std::vector<Location> where_;
  // What an earlier node took over: the node's code, or its use of the operands as well.
  enum class Done : u8 { no, code, all };
  std::vector<Done> done_;
  NodeId holder_[3] = {};  // of each temporary, or no_node
  static constexpr u8 no_guest = 0xff, host_pointer = 0xfe;
  std::array<u8, 3> copy_of_{};   // a guest register in memory of which a temporary that nobody holds has a
                                  // copy, or, in rcx, host_pointer: where the first of neighbours_ is, or 0
  std::array<bool, 3> locked_{};  // in use by the node being lowered
  NodeId slot_holder_[slots] = {};
  // Nodes that live, or have lived, in a guest register: the last one of each, and to each the one before.
  std::array<NodeId, 32> last_alias_{};
  std::vector<NodeId> alias_before_;
  std::vector<Far> far_;
};

}  // namespace quince::jit
