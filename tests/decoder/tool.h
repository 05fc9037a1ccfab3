// Other programs as oracles: run one, give it words, read what it prints.
#pragma once

#include <string>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::ppc::test {

// A file that disappears with the object; words are stored big-endian.
class TemporaryFile {
 public:
  TemporaryFile();
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  void write_words(const std::vector<u32>& words) const;
  std::vector<u32> read_words() const;

 private:
  std::string path_;
};

// Standard output of a shell command; throws std::runtime_error unless it exits with 0.
std::string output_of(const std::string& command);

// GNU objdump's text for each word, the first at address 0. `options` are those of its -M.
std::vector<std::string> objdump(const std::vector<u32>& words, const std::string& options);

}  // namespace quince::ppc::test
