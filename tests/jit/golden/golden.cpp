// The table of generated code: what each idiom of idioms.txt becomes. Compares it with the committed table,
// or writes that anew.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "guest-ppc/disassembler.h"
#include "jit-x86/host_text.h"
#include "jit-x86/workbench.h"

namespace quince::jit_test {
namespace {

using ppc::u32;
using ppc::u8;
using Idiom = std::vector<u32>;

constexpr u32 base = 0x1000'0100, nop = 0x6000'0000;
constexpr const char* heading =
    "# What tier 1 makes of idioms.txt: host instructions; bytes, + those out of line; the mnemonics in "
    "line.\n"
    "# Written by scripts/golden. Never edit or merge it by hand: run that again, and look at the "
    "difference.\n\n";

// Idioms end at a word that is zero.
std::vector<Idiom> read_idioms(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<Idiom> result(1);
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    u32 word;
    std::memcpy(&word, &bytes[at], 4);
    if (word == 0) {
      result.emplace_back();
    } else {
      result.back().push_back(ppc::swap_bytes(word));
    }
  }
  result.pop_back();
  return result;
}

std::string guest_text(const Idiom& idiom) {
  std::string text;
  u32 address = base;
  for (const u32 word : idiom) {
    std::string one = ppc::disassemble(word, address);
    one.erase(std::unique(one.begin(), one.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
              one.end());
    text += (text.empty() ? "" : "; ") + one;
    address += 4;
  }
  return text;
}

u32 hash(const std::string& text) {
  u32 value = 0x811c'9dc5;  // FNV-1a
  for (const char c : text) value = (value ^ static_cast<u8>(c)) * 0x0100'0193;
  return value;
}

// "mov mov mov add" is "mov*3 add". Of long lists the beginning, and a number that depends on all of it.
std::string shorten(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t n = 0; n < words.size();) {
    std::size_t same = 1;
    while (n + same < words.size() && words[n + same] == words[n]) ++same;
    text += " " + words[n] + (same > 1 ? "*" + std::to_string(same) : "");
    n += same;
  }
  constexpr std::size_t longest = 110;
  if (text.size() <= longest) return text;
  std::array<char, 16> rest;
  std::snprintf(rest.data(), rest.size(), " ... %08x", hash(text));
  return text.substr(0, text.rfind(' ', longest)) + rest.data();
}

// Code of the idiom's own instructions; a nop follows it, so that the block's end is not among them.
std::string code_of(jit::Workbench& workbench, const Idiom& idiom) {
  std::array<u8, ppc::page_size> page{};
  Idiom words = idiom;
  words.push_back(nop);
  for (std::size_t n = 0; n < words.size(); ++n) {
    const u32 word = ppc::swap_bytes(words[n]);
    std::memcpy(&page[(base & ppc::page_mask) + 4 * n], &word, 4);
  }
  workbench.translate(base, base + 4 * static_cast<u32>(words.size()), page);
  const auto& origins = workbench.origins();
  std::vector<std::string> mnemonics;
  u32 bytes = 0, far_bytes = 0;
  std::size_t origin = 0;
  for (const jit::HostInsn& insn : jit::disassemble(workbench.code(), workbench.thunks())) {
    while (origin + 1 < origins.size() && origins[origin + 1].host_offset <= insn.offset) ++origin;
    if (origins[origin].insn >= idiom.size()) continue;
    if (origins[origin].far) {
      far_bytes += insn.bytes;
    } else {
      bytes += insn.bytes;
      mnemonics.push_back(insn.mnemonic);
    }
  }
  std::array<char, 64> counts;
  std::snprintf(counts.data(), counts.size(), "%3zu %4u +%3u", mnemonics.size(), bytes, far_bytes);
  return counts.data() + shorten(mnemonics);
}

struct Row {
  std::string guest;
  std::vector<std::string> code;  // one line, or one for each setting
};

std::string text(const Row& row) {
  std::string result = row.guest + "\n";
  for (const std::string& line : row.code) result += "  " + line + "\n";
  return result;
}

std::vector<Row> make_rows(const std::vector<Idiom>& idioms) {
  auto process = jit::Workbench::create(ppc::cpu_7400, jit::Setting::process),
       machine = jit::Workbench::create(ppc::cpu_7400, jit::Setting::machine);
  if (!process || !machine) {
    std::fprintf(stderr, "%s\n", (process ? machine : process).error().c_str());
    std::exit(2);
  }
  std::vector<Row> rows;
  for (const Idiom& idiom : idioms) {
    const std::string user = code_of(**process, idiom), system = code_of(**machine, idiom);
    Row row{guest_text(idiom), {}};
    if (user == system) {
      row.code = {"both     " + user};
    } else {
      row.code = {"process  " + user, "machine  " + system};
    }
    rows.push_back(row);
  }
  return rows;
}

// A row's first line is not indented.
std::vector<Row> read_table(const char* path) {
  std::ifstream in(path);
  std::vector<Row> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    if (line.front() != ' ') {
      rows.push_back({line, {}});
    } else if (!rows.empty()) {
      rows.back().code.push_back(line.substr(2));
    }
  }
  return rows;
}

int write_table(const char* path, const std::vector<Row>& rows) {
  std::ofstream out(path);
  out << heading;
  for (const Row& row : rows) out << text(row);
  out.close();
  if (out.good()) return 0;
  std::fprintf(stderr, "%s: can't be written\n", path);
  return 2;
}

int compare(const std::vector<Row>& expected, const std::vector<Row>& rows) {
  std::map<std::string, std::string> table;
  for (const Row& row : expected) table[row.guest] = text(row);
  unsigned differences = 0;
  for (const Row& row : rows) {
    const auto known = table.find(row.guest);
    const std::string now = text(row);
    if (known == table.end()) {
      std::printf("not in the table:\n%s", now.c_str());
      ++differences;
    } else {
      if (known->second != now) {
        std::printf("was:\n%sis:\n%s", known->second.c_str(), now.c_str());
        ++differences;
      }
      table.erase(known);
    }
  }
  for (const auto& [guest, was] : table) std::printf("in the table, but not in idioms.txt:\n%s", was.c_str());
  differences += static_cast<unsigned>(table.size());
  if (differences == 0) return 0;
  std::printf("%u idioms differ. If that is meant: scripts/golden BUILD_DIRECTORY, and commit the table.\n",
              differences);
  return 1;
}

}  // namespace
}  // namespace quince::jit_test

// IDIOMS: the assembled idioms. TABLE: the committed table. --write: write it instead of comparing.
int main(int argc, char** argv) {
  using namespace quince::jit_test;  // NOLINT(google-build-using-namespace)
  if (argc < 3) {
    std::fprintf(stderr, "usage: jit_golden IDIOMS TABLE [--write]\n");
    return 2;
  }
  const auto idioms = read_idioms(argv[1]);
  if (idioms.size() < 100) {
    std::fprintf(stderr, "%s: %zu idioms only\n", argv[1], idioms.size());
    return 2;
  }
  const auto rows = make_rows(idioms);
  if (argc > 3 && std::strcmp(argv[3], "--write") == 0) return write_table(argv[2], rows);
  return compare(read_table(argv[2]), rows);
}
