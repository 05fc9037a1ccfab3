#include "jit-x86/perf_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "jit-x86/block_name.h"

namespace quince::jit {

tl::expected<std::unique_ptr<PerfMap>, std::string> PerfMap::create(bool keeps_open) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  unlink(path.c_str());
  // Anybody may write to /tmp: what is there under this name now is not ours.
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return tl::unexpected(path + ": " + std::strerror(errno));
  std::unique_ptr<PerfMap> made(new PerfMap(path));
  if (keeps_open)
    made->kept_open_ = file;
  else
    close(file);
  return made;
}

PerfMap::~PerfMap() {
  if (kept_open_ >= 0) close(kept_open_);
}

void PerfMap::added(ppc::u32 pc, ppc::u32, std::span<const ppc::u8> code) {
  const std::string name = block_name(pc);
  add(name, code);
}

// Nothing is in memory between two lines, and under `exec` nothing open: there a guest closes descriptors as
// it likes, and its fork copies what is in memory. A line that can't be written is a name that perf will not
// show, no more.
void PerfMap::add(std::string_view name, std::span<const ppc::u8> code) {
  char line[128];
  const int length = std::snprintf(line, sizeof line, "%llx %zx %.*s\n",
                                   static_cast<unsigned long long>(reinterpret_cast<ppc::u64>(code.data())),
                                   code.size(), static_cast<int>(name.size()), name.data());
  const int file =
      kept_open_ >= 0 ? kept_open_ : open(path_.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, line, static_cast<std::size_t>(length));
  if (file != kept_open_) close(file);
}

}  // namespace quince::jit
