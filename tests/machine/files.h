// A folder for a test's files, and executables made on the spot.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::test {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "quince-machine-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string put(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::string get(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_;
};

inline void append_word(std::string& to, ppc::u32 value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

// An ELF executable of one segment that holds these instructions and so many zeros after them.
inline std::string make_elf(ppc::u32 address, ppc::u32 physical, const std::vector<ppc::u32>& words,
                            ppc::u32 zeros = 0) {
  constexpr ppc::u32 header_bytes = 52, program_header_bytes = 32;
  const auto bytes = static_cast<ppc::u32>(4 * words.size());
  std::string file(
      "\x7f"
      "ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\2\0\24",
      20);
  for (const ppc::u32 word :
       {1u, address, header_bytes, 0u, 0u, header_bytes << 16 | program_header_bytes, 1u << 16, 0u}) {
    append_word(file, word);
  }
  for (const ppc::u32 word :
       {1u, header_bytes + program_header_bytes, address, physical, bytes, bytes + zeros, 7u, 4u}) {
    append_word(file, word);
  }
  for (const ppc::u32 word : words) append_word(file, word);
  return file;
}

}  // namespace quince::test
