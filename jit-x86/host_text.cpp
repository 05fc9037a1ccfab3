#include "jit-x86/host_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "jit-x86/capstone_library.h"

// The program's own code; from the linker.
extern const char __executable_start, etext;  // NOLINT(bugprone-reserved-identifier)

namespace quince::jit {

namespace {

using translator::Area;

std::string hexadecimal(u64 number) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
  return text.data();
}

// --- Guest state, from its distance to rbp ---

struct Field {
  const char* name;
  i32 at;
  u32 bytes;  // of one element
  u32 count;  // 1: the name has no number
};

const Field fields[] = {
    {"gpr", StateOffsets::gpr(0), 4, 32},
    {"cr", StateOffsets::cr(0), 8, 8},
    {"fpr", StateOffsets::fpr(0), 8, 32},
    {"vr", StateOffsets::vr(0), 16, 32},
    {"pc", StateOffsets::pc, 4, 1},
    {"lr", StateOffsets::lr, 4, 1},
    {"ctr", StateOffsets::ctr, 4, 1},
    {"ca", StateOffsets::ca, 1, 1},
    {"ov", StateOffsets::ov, 1, 1},
    {"so", StateOffsets::so, 1, 1},
    {"fpscr", StateOffsets::fpscr, 4, 1},
    {"vscr", StateOffsets::vscr, 4, 1},
    {"countdown", StateOffsets::countdown, 4, 1},
    {"mode_key", in_area(offsetof(Area, mode_key)), 4, 1},
    {"call_stack_limit", StateOffsets::call_stack_limit, 8, 1},
    {"call_stack", in_area(offsetof(Area, call_stack)), 8, 1},
    {"fault_address", in_area(offsetof(Area, fault_address)), 8, 1},
    {"faulted", in_area(offsetof(Area, faulted)), 4, 1},
    {"scratch", in_area(offsetof(Area, scratch)), 8, std::size(Area{}.scratch)},
    {"fprs", in_area(offsetof(Area, fprs)), 4, 1},
    {"float_word", in_area(offsetof(Area, float_word)), 4, 1},
    {"float_status", in_area(offsetof(Area, float_status)), sizeof(translator::FloatStatus), 1},
    {"constant", in_area(offsetof(Area, backend)), 8, std::size(Area{}.backend)},
};

std::string state_name(i32 displacement) {
  for (const Field& field : fields) {
    const i32 inside = displacement - field.at;
    if (inside < 0 || inside >= static_cast<i32>(field.bytes * field.count)) continue;
    const u32 offset = static_cast<u32>(inside) % field.bytes;
    std::string name = field.name;
    if (field.count > 1) name += std::to_string(static_cast<u32>(inside) / field.bytes);
    return offset ? name + "+" + std::to_string(offset) : name;
  }
  return "";
}

// "[rbp - 0x30]" by name.
std::string with_state_names(std::string text, const cs_x86& x86) {
  for (unsigned n = 0; n < x86.op_count; ++n) {
    const cs_x86_op& op = x86.operands[n];
    if (op.type != X86_OP_MEM || op.mem.base != X86_REG_RBP || op.mem.index != X86_REG_INVALID) continue;
    const std::string name = state_name(static_cast<i32>(op.mem.disp));
    const std::size_t first = text.find("[rbp"), last = text.find(']', first);
    if (!name.empty() && last != std::string::npos) text.replace(first + 1, last - first - 1, name);
  }
  return text;
}

// --- Where jumps and calls lead ---

struct NamedThunk {
  const char* name;
  const u8* code;
};

// After a call to one of these comes a distance of 16 bits.
std::vector<NamedThunk> slow_accesses(const Thunks& t) {
  std::vector<NamedThunk> names{{"new_call_stack", t.new_call_stack},
                                {"load8", t.load[0]},
                                {"load16", t.load[1]},
                                {"load32", t.load[2]},
                                {"load64", t.load[3]},
                                {"load_vector", t.load_vector},
                                {"store64", t.store_double},
                                {"store_vector", t.store_vector}};
  for (const u8* code : t.store[0]) names.push_back({"store8", code});
  for (const u8* code : t.store[1]) names.push_back({"store16", code});
  for (const u8* code : t.store[2]) names.push_back({"store32", code});
  return names;
}

std::vector<NamedThunk> names_of(const Thunks& t) {
  std::vector<NamedThunk> names{{"exit", t.exit},
                                {"indirect", t.indirect},
                                {"failed_return", t.failed_return},
                                {"new_mode", t.new_mode},
                                {"link", t.link},
                                {"checkpoint", t.checkpoint},
                                {"lookup", t.lookup},
                                {"system_call", t.system_call},
                                {"return_from_interrupt", t.return_from_interrupt},
                                {"synchronize", t.synchronize},
                                {"set_msr", t.set_msr},
                                {"raise", t.raise},
                                {"load_reserved", t.load_reserved},
                                {"store_conditional", t.store_conditional},
                                {"zero_block", t.zero_block},
                                {"touch_block", t.touch_block[0]},
                                {"touch_block_to_write", t.touch_block[1]},
                                {"invalidate_block", t.invalidate_block},
                                {"misaligned", t.misaligned},
                                {"helper", t.helper},
                                {"float_helper", t.float_helper},
                                {"load_fprs", t.load_fprs},
                                {"exact_float", t.exact_float},
                                {"load_single", t.load_single},
                                {"store_single", t.store_single}};
  const std::vector<NamedThunk> accesses = slow_accesses(t);
  names.insert(names.end(), accesses.begin(), accesses.end());
  return names;
}

const NamedThunk* leads_to(const std::vector<NamedThunk>& thunks, u64 target) {
  const auto thunk = std::find_if(thunks.begin(), thunks.end(), [&](const NamedThunk& it) {
    return reinterpret_cast<u64>(it.code) == target;
  });
  return thunk == thunks.end() ? nullptr : &*thunk;
}

std::string target_name(const translator::CompiledBlock& code, const std::vector<NamedThunk>& thunks,
                        u32 offset, u64 target) {
  for (const translator::LinkSite& link : code.links) {
    if (link.after_jump == offset + 5 || link.after_stub == offset + 5)
      return "block " + hexadecimal(link.target);
  }
  const u64 inside = target - reinterpret_cast<u64>(code.entry);
  if (inside < code.bytes) return "+" + hexadecimal(inside);
  const NamedThunk* thunk = leads_to(thunks, target);
  return thunk ? thunk->name : "shared code";
}

// Of ours, and so at another address in each run.
bool is_function(i64 address) {
  const auto at = reinterpret_cast<const char*>(address);
  return at >= &__executable_start && at < &etext;
}

bool is_jump(csh handle, const cs_insn& insn) {
  return (capstone_library().insn_group(handle, &insn, X86_GRP_JUMP) ||
          capstone_library().insn_group(handle, &insn, X86_GRP_CALL)) &&
         insn.detail->x86.op_count == 1 && insn.detail->x86.operands[0].type == X86_OP_IMM;
}

class Capstone {
 public:
  Capstone() {
    if (capstone_library().open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK)
      throw std::runtime_error("no Capstone");
    capstone_library().option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
    insn_ = capstone_library().malloc(handle_);
  }
  ~Capstone() {
    capstone_library().free(insn_, 1);
    capstone_library().close(&handle_);
  }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;

  // Null if the bytes are no instruction.
  const cs_insn* decode(const u8* code, std::size_t bytes) {
    u64 address = reinterpret_cast<u64>(code);
    return capstone_library().disasm_iter(handle_, &code, &bytes, &address, insn_) ? insn_ : nullptr;
  }
  csh handle() const { return handle_; }

 private:
  csh handle_ = 0;
  cs_insn* insn_ = nullptr;
};

}  // namespace

void prepare_to_disassemble() { capstone_library(); }

std::vector<HostInsn> disassemble(const translator::CompiledBlock& code, const Thunks& thunks) {
  Capstone capstone;
  const std::vector<NamedThunk> names = names_of(thunks), accesses = slow_accesses(thunks);
  std::vector<HostInsn> result;
  for (u32 offset = 0; offset < code.bytes;) {
    const cs_insn* insn = capstone.decode(code.entry + offset, code.bytes - offset);
    if (!insn) {
      result.push_back({offset, 1, ".byte", hexadecimal(code.entry[offset])});
      ++offset;
      continue;
    }
    const cs_x86& x86 = insn->detail->x86;
    const bool jumps = is_jump(capstone.handle(), *insn);
    const bool calls = insn->id == X86_INS_MOVABS && is_function(x86.operands[1].imm);
    std::string operands = with_state_names(insn->op_str, x86);
    if (jumps) operands = target_name(code, names, offset, static_cast<u64>(x86.operands[0].imm));
    if (calls) operands.replace(operands.find("0x"), std::string::npos, "function");
    result.push_back({offset, insn->size, insn->mnemonic, std::move(operands)});
    offset += insn->size;
    if (!jumps || !leads_to(accesses, static_cast<u64>(x86.operands[0].imm))) continue;
    u16 distance;
    std::memcpy(&distance, code.entry + offset, sizeof distance);
    result.push_back({offset, sizeof distance, ".back", "+" + hexadecimal(offset - distance)});
    offset += sizeof distance;
  }
  return result;
}

}  // namespace quince::jit
