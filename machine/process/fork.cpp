// New processes and threads. A process of the guest is a process of the host: fork copies Quince with all it
// holds.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "machine/process/kernel.h"

namespace quince::machine::process {

namespace {

constexpr int high_descriptor = 512;  // out of the way of the guest's

bool write_all(int file, const void* data, std::size_t bytes) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = write(file, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n, bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int file, void* data, std::size_t bytes, const HostSignals& host) {
  auto* at = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = read(file, at, bytes);
    if (n < 0 && errno == EINTR && !host.timed_out()) continue;
    if (n <= 0) return false;
    at += n, bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

// A pipe whose ends the guest does not come across.
bool open_hidden_pipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  for (int& end : ends) {
    const int moved = fcntl(end, F_DUPFD_CLOEXEC, high_descriptor);
    if (moved < 0) continue;
    close(end);
    end = moved;
  }
  return true;
}

}  // namespace

// vfork (and posix_spawn's clone) promise that the child works on the parent's memory while the parent waits.
// The host forks; when the child ends or calls exec, it sends back the pages that it has written.
Result Kernel::fork(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid) {
  const bool lends_memory = flags & CLONE_VM;
  int ends[2] = {-1, -1};
  if (lends_memory && !open_hidden_pipe(ends)) return -errno;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    if (lends_memory) close(ends[0]), close(ends[1]);
    return -error;
  }
  if (child > 0) {
    if (lends_memory) {
      close(ends[1]);
      take_back_memory(ends[0]);
      close(ends[0]);
    }
    if (flags & CLONE_PARENT_SETTID) memory.put(parent_tid, be32(child));
    return child;
  }
  if (lends_memory) close(ends[0]);
  become_child(ends[1]);
  if (stack) cpu.state.gpr[1] = stack;
  if (flags & CLONE_SETTLS) cpu.state.gpr[2] = tls;
  if (flags & CLONE_CHILD_SETTID) memory.put(child_tid, be32(getpid()));
  current_->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? child_tid : 0;
  return 0;
}

void Kernel::become_child(int give_back) {
  is_child_ = true;
  if (give_back_ >= 0) close(give_back_);  // a grandchild owes nothing
  give_back_ = give_back;
  host.forget_all();
  pending.clear();
  std::erase_if(threads_, [&](const auto& t) { return t.get() != current_; });
  current_->id = static_cast<u32>(getpid());
  current_->pending.clear();
  current_->robust_list = 0;
  timer = {};
  if (give_back_ >= 0) memory.start_recording();
  // An engine may have threads and memory that fork does not copy: the old one is left alone.
  engine_.release();  // NOLINT(bugprone-unused-return-value)
  engine_ = options_.engine(cpu);
  if (options_.timeout_seconds > 0) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double used = static_cast<double>(to_nanoseconds(now) - started_) / 1e9;
    host.set_timeout(std::max(options_.timeout_seconds - used, 0.001));
  }
}

// Address, then the page; until the end of the pipe.
void Kernel::give_back_memory() {
  if (give_back_ < 0) return;
  for (const u32 page : memory.recorded_pages()) {
    const u32 address = page * ppc::page_size;
    if (!memory.is_private_data(address)) continue;
    if (!write_all(give_back_, &address, sizeof(address))) break;
    if (!write_all(give_back_, memory.host(address), ppc::page_size)) break;
  }
  memory.stop_recording();
  close(give_back_);
  give_back_ = -1;
}

void Kernel::take_back_memory(int pipe) {
  u32 address = 0;
  std::array<u8, ppc::page_size> page;
  while (read_all(pipe, &address, sizeof(address), host) && read_all(pipe, page.data(), page.size(), host)) {
    if (!memory.is_private_data(address)) continue;
    std::copy(page.begin(), page.end(), memory.writable(address, page.size()));
    memory.written(address, page.size());
  }
}

Result Kernel::start_thread(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid) {
  if (threads_.size() >= most_threads) return -EAGAIN;
  if (flags & CLONE_PARENT_SETTID) memory.writable(parent_tid, 4);
  auto t = std::make_unique<Thread>();
  t->id = next_thread_id_++;
  t->state = cpu.state;
  t->state.gpr[1] = stack;
  t->state.gpr[3] = 0;
  t->state.cr[0] = ppc::CrField::from_nibble(cpu.state.cr[0].nibble() & ~ppc::CrField::so);
  if (flags & CLONE_SETTLS) t->state.gpr[2] = tls;
  t->blocked = current_->blocked;
  if (flags & CLONE_CHILD_CLEARTID) t->clear_child_tid = child_tid;
  if (flags & CLONE_PARENT_SETTID) memory.put(parent_tid, be32(t->id));
  if (flags & CLONE_CHILD_SETTID) memory.put(child_tid, be32(t->id));
  const u32 id = t->id;
  threads_.push_back(std::move(t));
  return id;
}

void Kernel::close_files_on_exec() {
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return;
  std::vector<int> files;
  while (const dirent* entry = readdir(directory)) {
    const int file = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && file != dirfd(directory)) files.push_back(file);
  }
  closedir(directory);
  for (const int file : files) {
    const int flags = fcntl(file, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC)) close(file);
  }
}

}  // namespace quince::machine::process
