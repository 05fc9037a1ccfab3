#include "app/listing.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "guest-ppc/disassembler.h"
#include "jit-x86/host_text.h"
#include "translator/ir_text.h"

namespace quince::app {

namespace {

using jit::CodeOrigin;
using jit::HostInsn;
using ppc::u32;
using translator::IrOp;
using translator::NodeId;

constexpr std::size_t guest_width = 46, ir_width = 36;

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  std::array<char, 256> text;
  std::snprintf(text.data(), text.size(), pattern, arguments...);
  return text.data();
}

// What stands side by side: one guest instruction with its nodes and its code.
struct Rows {
  std::string guest;
  std::vector<std::string> ir, host;
};

std::string guest_text(const translator::GuestInsn& insn) {
  return format("%08x  %08x  %s", insn.pc, insn.word, ppc::disassemble(insn.word, insn.pc).c_str());
}

// "dword ptr [x]" is "dword [x]": the column is narrow.
std::string host_text(const HostInsn& insn) {
  std::string operands = insn.operands;
  for (std::size_t at; (at = operands.find(" ptr ")) != std::string::npos;) operands.erase(at, 4);
  return format("+%03x %2u  %-10s %s", insn.offset, insn.bytes, insn.mnemonic.c_str(), operands.c_str());
}

std::vector<Rows> guest_and_ir(const translator::Block& block) {
  std::vector<Rows> rows;
  for (NodeId n = 0; n < block.nodes.size(); ++n) {
    const IrOp op = block.nodes[n].op;
    if (op == IrOp::insn) {
      rows.push_back({guest_text(block.insns[rows.size()]), {}, {}});
    } else if (op != IrOp::nop && !rows.empty()) {
      rows.back().ir.push_back(translator::to_text(block, n));
    }
  }
  return rows;
}

void print_rows(const Rows& rows, const ListingColumns& columns) {
  const auto cell = [](const std::vector<std::string>& texts, std::size_t n) {
    return n < texts.size() ? texts[n] : std::string();
  };
  const std::size_t lines =
      std::max({std::size_t{1}, columns.ir ? rows.ir.size() : 0, columns.host ? rows.host.size() : 0});
  for (std::size_t n = 0; n < lines; ++n) {
    std::string line;
    const auto add = [&](const std::string& text, std::size_t width) {
      line += text + std::string(text.size() < width ? width - text.size() : 1, ' ');
    };
    if (columns.guest) add(n == 0 ? rows.guest : "", guest_width);
    if (columns.ir) add(cell(rows.ir, n), ir_width);
    if (columns.host) line += cell(rows.host, n);
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  }
}

// The last origin at or before the offset; the first is at 0.
const CodeOrigin& origin_of(const std::vector<CodeOrigin>& origins, u32 offset) {
  const auto after =
      std::upper_bound(origins.begin(), origins.end(), offset,
                       [](u32 at, const CodeOrigin& origin) { return at < origin.host_offset; });
  return *std::prev(after);
}

}  // namespace

std::string register_legend() {
  std::string text = "registers:";
  for (const jit::PinnedRegister& p : jit::pinned) {
    static constexpr const char* names[] = {"eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                            "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
    text += " r" + std::to_string(p.guest) + "=" + names[p.host];
  }
  return text + format(" f0..f%u=xmm%u..xmm%u", jit::pinned_fprs - 1, jit::first_fpr_host,
                       jit::first_fpr_host + jit::pinned_fprs - 1);
}

u32 far_bytes(const jit::Workbench& workbench) {
  const auto& origins = workbench.origins();
  const auto far = std::find_if(origins.begin(), origins.end(), [](const CodeOrigin& o) { return o.far; });
  return far == origins.end() ? 0 : workbench.code().bytes - far->host_offset;
}

ppc::u64 print_block(const jit::Workbench& workbench, const ListingColumns& columns) {
  const auto& origins = workbench.origins();
  const auto host = jit::disassemble(workbench.code(), workbench.thunks());
  std::vector<Rows> rows = guest_and_ir(workbench.block());
  std::vector<Rows> far_rows;
  for (const HostInsn& insn : host) {
    const CodeOrigin& origin = origin_of(origins, insn.offset);
    if (!origin.far) {
      rows[origin.insn].host.push_back(host_text(insn));
      continue;
    }
    if (insn.offset == origin.host_offset) {
      far_rows.push_back({format("  seldom, for %08x:", workbench.block().insns[origin.insn].pc), {}, {}});
    }
    far_rows.back().host.push_back(host_text(insn));
  }
  for (const Rows& it : rows) print_rows(it, columns);
  if (columns.host) {
    for (const Rows& it : far_rows) print_rows(it, columns);
  }
  const u32 bytes = workbench.code().bytes, far = far_bytes(workbench);
  const std::size_t guest = workbench.block().insns.size();
  std::printf("-- block %08x: %zu guest instructions, %zu host instructions, %u + %u bytes (%.1f each)\n\n",
              workbench.block().pc, guest, host.size(), bytes - far, far,
              static_cast<double>(bytes) / static_cast<double>(guest));
  return host.size();
}

}  // namespace quince::app
