#include "tests/decoder/tool.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace quince::ppc::test {

TemporaryFile::TemporaryFile() : path_((std::filesystem::temp_directory_path() / "quince-XXXXXX").string()) {
  const int file = mkstemp(path_.data());
  if (file < 0) throw std::runtime_error("cannot make a temporary file");
  close(file);
}

TemporaryFile::~TemporaryFile() { std::remove(path_.c_str()); }

void TemporaryFile::write_words(const std::vector<u32>& words) const {
  std::string bytes;
  bytes.reserve(4 * words.size());
  for (const u32 word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 0xff);
  }
  std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<u32> TemporaryFile::read_words() const {
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<u32> words(bytes.size() / 4);
  for (std::size_t i = 0; i < 4 * words.size(); ++i)
    words[i / 4] = words[i / 4] << 8 | static_cast<u8>(bytes[i]);
  return words;
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string text;
  char buffer[65536];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return text;
}

std::vector<std::string> objdump(const std::vector<u32>& words, const std::string& options) {
  const TemporaryFile file;
  file.write_words(words);
  const std::string text =
      output_of("powerpc-linux-gnu-objdump -D -z --no-show-raw-insn -b binary -EB -m powerpc:common -M " +
                options + " " + file.path());
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::size_t tab = text.find(":\t", begin);
    if (tab < end) lines.push_back(text.substr(tab + 2, end - tab - 2));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  if (lines.size() != words.size()) throw std::runtime_error("objdump printed another number of lines");
  return lines;
}

}  // namespace quince::ppc::test
