#include "machine/process/program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace quince::machine::process {

using ppc::page_mask;
using ppc::page_size;

namespace {

constexpr int deepest_script = 4;
constexpr std::size_t script_line = 256;
constexpr off_t largest_program = off_t{1} << 30;
constexpr u32 position_independent_base = 0x2000'0000;

using Failure = tl::unexpected<ProgramDefect>;

Failure failure(int error, const std::string& path, const std::string& why) {
  return Failure(ProgramDefect{error, path, why});
}

class File {
 public:
  explicit File(const std::string& path) : handle_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (handle_ >= 0) close(handle_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int handle() const { return handle_; }

 private:
  int handle_;
};

tl::expected<std::vector<u8>, ProgramDefect> read_program(const std::string& path) {
  const File file(path);
  if (file.handle() < 0) {
    const int error = errno;
    const char* why = error == ENOENT   ? "not found (check the path)"
                      : error == EACCES ? "permission denied (check who may read it)"
                                        : "cannot be opened (check the path)";
    return failure(error, path, why);
  }
  struct stat info;
  if (fstat(file.handle(), &info) != 0) return failure(errno, path, "cannot be read (check the file)");
  if (S_ISDIR(info.st_mode)) return failure(EACCES, path, "is a directory (give a program)");
  if (!S_ISREG(info.st_mode)) return failure(EACCES, path, "is not a regular file (give a program)");
  if (info.st_size > largest_program) return failure(ENOEXEC, path, "larger than 1 GiB (give a program)");
  std::vector<u8> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = read(file.handle(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(EIO, path, "cannot be read (check the disk)");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

// The words after "#!": the interpreter, and one argument if there is more on the line.
std::vector<std::string> script_words(const std::vector<u8>& file) {
  const auto limit = file.begin() + static_cast<std::ptrdiff_t>(std::min(file.size(), script_line));
  std::string line(file.begin() + 2, std::find(file.begin() + 2, limit, '\n'));
  const char* blank = " \t\r";
  const auto begin = line.find_first_not_of(blank);
  if (begin == std::string::npos) return {};
  line = line.substr(begin, line.find_last_not_of(blank) + 1 - begin);
  const auto end = line.find_first_of(blank);
  if (end == std::string::npos) return {line};
  return {line.substr(0, end), line.substr(line.find_first_not_of(blank, end))};
}

tl::expected<Program, ProgramDefect> find(const std::string& path, std::vector<std::string> arguments,
                                          int depth) {
  auto file = read_program(path);
  if (!file) return Failure(file.error());
  if (file->size() >= 2 && (*file)[0] == '#' && (*file)[1] == '!') {
    if (depth == 0) return failure(ELOOP, path, "scripts that interpret scripts, too deep (at most 4)");
    const auto words = script_words(*file);
    if (words.empty())
      return failure(ENOEXEC, path, "a script that names no interpreter (mend its first line)");
    if (!arguments.empty()) arguments.erase(arguments.begin());
    arguments.insert(arguments.begin(), path);
    arguments.insert(arguments.begin(), words.begin(), words.end());
    return find(words[0], std::move(arguments), depth - 1);
  }
  auto image = parse_elf(*file);
  if (!image) return failure(ENOEXEC, path, image.error());
  if (!has_process_addresses(*image)) {
    return failure(ENOEXEC, path,
                   "its addresses are not those of a Linux process (is it a kernel or firmware?)");
  }
  return Program{path, std::move(*file), std::move(*image), std::move(arguments)};
}

int protection(const ElfSegment& s) {
  return (s.readable ? PROT_READ : 0) | (s.writable ? PROT_WRITE : 0) | (s.executable ? PROT_EXEC : 0);
}

// Pages that two segments share get the rights of both.
bool map_segment(GuestMemory& memory, const ElfSegment& s, u32 base) {
  u32 begin = (base + s.address) & ~page_mask;
  const u64 end = (u64{base} + s.address + s.memory_bytes + page_mask) & ~u64{page_mask};
  if (memory.is_mapped(begin)) begin += page_size;
  if (begin >= end) return true;
  return memory.map(begin, end - begin, PROT_READ | PROT_WRITE, {MAP_PRIVATE | MAP_ANONYMOUS}) >= 0;
}

// Segments are sorted and do not overlap, but the last page of one may be the first of the next.
void protect_segments(GuestMemory& memory, const ElfImage& image, u32 base) {
  u64 last_page = ~u64{0};
  int last_rights = 0;
  for (const auto& s : image.segments) {
    const u64 begin = (base + s.address) & ~page_mask;
    const u64 end = (u64{base} + s.address + s.memory_bytes + page_mask) & ~u64{page_mask};
    const int first_rights = protection(s) | (begin == last_page ? last_rights : 0);
    memory.protect(static_cast<u32>(begin), page_size, first_rights);
    if (end > begin + page_size) {
      memory.protect(static_cast<u32>(begin + page_size), end - begin - page_size, protection(s));
    }
    last_page = end - page_size;
    last_rights = last_page == begin ? first_rights : protection(s);
  }
}

}  // namespace

bool has_process_addresses(const ElfImage& image) {
  const u64 base = image.position_independent ? position_independent_base : 0;
  return base + image.lowest() >= layout::lowest_mapping && base + image.end() <= layout::mmap_top;
}

tl::expected<Program, ProgramDefect> find_program(const std::string& path,
                                                  std::vector<std::string> arguments) {
  return find(path, std::move(arguments), deepest_script);
}

bool load(GuestMemory& memory, const Program& program, Loaded* loaded) {
  const ElfImage& image = program.image;
  const u32 base = image.position_independent ? position_independent_base : 0;
  for (const auto& s : image.segments) {
    if (!map_segment(memory, s, base)) return false;
    std::copy_n(program.file.begin() + s.file_offset, s.file_bytes,
                memory.writable(base + s.address, s.file_bytes));
  }
  protect_segments(memory, image, base);
  const u32 stack = layout::task_end - layout::stack_bytes;
  if (memory.map(stack, layout::stack_bytes, PROT_READ | PROT_WRITE, {MAP_PRIVATE | MAP_ANONYMOUS}) < 0) {
    return false;
  }
  loaded->entry = base + image.entry;
  loaded->program_headers = image.program_headers ? base + image.program_headers : 0;
  loaded->program_header_count = image.program_header_count;
  loaded->heap = static_cast<u32>((base + image.end() + page_mask) & ~u64{page_mask});
  loaded->stack_top = layout::task_end;
  memory.start_heap(loaded->heap);
  return true;
}

}  // namespace quince::machine::process
