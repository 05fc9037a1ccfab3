#include "jit-x86/jit_dump.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "jit-x86/block_name.h"

namespace quince::jit {

namespace {

using ppc::u32;
using ppc::u64;

struct FileHeader {
  u32 magic = 0x4a69'5444;  // "JiTD"
  u32 version = 1;
  u32 bytes = sizeof(FileHeader);
  u32 machine = 62;  // ELF's number of x86-64
  u32 unused = 0;
  u32 process = 0;
  u64 time = 0;
  u64 flags = 0;
};
static_assert(sizeof(FileHeader) == 40);

// In front of a name, its zero, and the code.
struct LoadedCode {
  u32 kind = 0;  // JIT_CODE_LOAD
  u32 bytes = 0;
  u64 time = 0;
  u32 process = 0, thread = 0;
  u64 address = 0, code_address = 0;
  u64 code_bytes = 0;
  u64 index = 0;
};
static_assert(sizeof(LoadedCode) == 56);

// As of `perf record -k mono`.
u64 now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<u64>(time.tv_sec) * 1'000'000'000 + static_cast<u64>(time.tv_nsec);
}

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

tl::expected<std::unique_ptr<JitDump>, std::string> JitDump::create(bool keeps_open) {
  std::error_code error;
  const auto folder = std::filesystem::current_path(error);
  std::unique_ptr<JitDump> made(new JitDump(folder / ("jit-" + std::to_string(getpid()) + ".dump")));
  if (error || !made->begin(keeps_open)) return tl::unexpected(made->path_ + ": " + std::strerror(errno));
  return made;
}

bool JitDump::begin(bool keeps_open) {
  unlink(path_.c_str());
  const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return false;
  FileHeader header;
  header.process = static_cast<u32>(getpid());
  header.time = now();
  const bool written = write(file, &header, sizeof header) == static_cast<ssize_t>(sizeof header);
  // perf learns of the file from this mapping alone.
  marker_ = written ? mmap(nullptr, page_bytes(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) : MAP_FAILED;
  if (keeps_open)
    kept_open_ = file;
  else
    close(file);
  return marker_ != MAP_FAILED;
}

JitDump::~JitDump() {
  if (marker_ && marker_ != MAP_FAILED) munmap(marker_, page_bytes());
  if (kept_open_ >= 0) close(kept_open_);
}

void JitDump::added(u32 pc, u32, std::span<const ppc::u8> code) { add(block_name(pc), code); }

// As in PerfMap.
void JitDump::add(std::string_view name, std::span<const ppc::u8> code) {
  LoadedCode record;
  record.bytes = static_cast<u32>(sizeof record + name.size() + 1 + code.size());
  record.time = now();
  record.process = static_cast<u32>(getpid());
  record.thread = static_cast<u32>(syscall(SYS_gettid));
  record.address = record.code_address = reinterpret_cast<u64>(code.data());
  record.code_bytes = code.size();
  record.index = next_index_++;
  std::string bytes(reinterpret_cast<const char*>(&record), sizeof record);
  bytes += name;
  bytes += '\0';
  bytes.append(reinterpret_cast<const char*>(code.data()), code.size());
  const int file =
      kept_open_ >= 0 ? kept_open_ : open(path_.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, bytes.data(), bytes.size());
  if (file != kept_open_) close(file);
}

}  // namespace quince::jit
