// The CPU test vectors of the DingusPPC project, one instruction a row:
//   MNEMONIC,0xOPCODE,key=value,...
// They are not part of this repository. They are looked for in $QUINCE_SHARED/vectors/dingusppc, or in
// ../shared/vectors/dingusppc beside the source tree.
#pragma once

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::test {

struct DingusRow {
  unsigned line = 0;  // in the file, from 1
  std::string text;   // as it stands there
  std::string mnemonic;
  ppc::u32 opcode = 0;
  std::map<std::string, std::string> fields;

  bool has(const std::string& key) const { return fields.count(key) != 0; }
  // A hexadecimal field; absent: fallback.
  ppc::u64 hex(const std::string& key, ppc::u64 fallback = 0) const {
    const auto it = fields.find(key);
    return it == fields.end() ? fallback : std::stoull(it->second, nullptr, 16);
  }
};

// The register that a decimal operand of the floating-point rows stands for.
inline ppc::u64 dingus_double(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  const std::string magnitude = negative ? text.substr(1) : text;
  const ppc::u64 sign = negative ? ppc::u64{1} << 63 : 0;
  if (magnitude == "snan") return sign | 0x7ff4'0000'0000'0000;
  if (magnitude == "qnan") return sign | 0x7ff8'0000'0000'0000;
  double value = 0;
  if (magnitude == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else if (magnitude == "FLT_MAX") {
    value = std::numeric_limits<float>::max();
  } else if (magnitude == "DBL_MAX") {
    value = std::numeric_limits<double>::max();
  } else {
    char* end = nullptr;
    value = std::strtod(magnitude.c_str(), &end);
    if (*end != 0) throw std::runtime_error("not a number: " + text);
  }
  return sign | std::bit_cast<ppc::u64>(value);
}

// The FPSCR that a floating-point row starts from.
inline ppc::u32 dingus_fpscr(const DingusRow& row) {
  static const std::map<std::string, ppc::u32> modes{
      {"RTN", 0}, {"RTZ", 1}, {"RPI", 2}, {"RNI", 3}, {"VEN", 0x80}};
  const auto it = row.fields.find("round");
  return it == row.fields.end() ? 0 : modes.at(it->second);
}

inline DingusRow parse_dingus_row(const std::string& text, unsigned line) {
  std::istringstream in(text);
  DingusRow row{line, text, {}, 0, {}};
  std::string cell;
  std::getline(in, row.mnemonic, ',');
  std::getline(in, cell, ',');
  row.opcode = static_cast<ppc::u32>(std::stoul(cell, nullptr, 16));
  while (std::getline(in, cell, ',')) {
    const auto equals = cell.find('=');
    if (equals == std::string::npos) throw std::runtime_error("no '=' in: " + text);
    row.fields.emplace(cell.substr(0, equals), cell.substr(equals + 1));
  }
  return row;
}

// Where `file` (for example "ppcfloattests.csv") is, if it is on this machine.
inline std::optional<std::filesystem::path> find_dingus_file(const std::string& file) {
  const char* shared = std::getenv("QUINCE_SHARED");
  const auto root =
      shared ? std::filesystem::path(shared) : std::filesystem::path(QUINCE_SOURCE_DIR) / ".." / "shared";
  const auto path = root / "vectors" / "dingusppc" / file;
  return std::filesystem::is_regular_file(path) ? std::optional(path) : std::nullopt;
}

inline std::vector<DingusRow> read_dingus_rows(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<DingusRow> rows;
  std::string text;
  for (unsigned line = 1; std::getline(in, text); ++line) {
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (!text.empty() && text[0] != '#') rows.push_back(parse_dingus_row(text, line));
  }
  return rows;
}

}  // namespace quince::test
