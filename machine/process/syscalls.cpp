#include "machine/process/syscalls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace quince::machine::process {

namespace {

constexpr u32 table_size = 451;
constexpr u32 most_vectors = 1024;  // UIO_MAXIOV
constexpr u32 so = 1;

constexpr std::array<SystemCall, table_size> make_table() {
  std::array<SystemCall, table_size> table{};
#define CALL(number, name) table[number] = {#name, sys_##name, false};
#define QUIET(number, name) table[number] = {#name, nullptr, true};
#define ABSENT(number, name) table[number] = {#name, nullptr, false};
#include "machine/process/syscall_table.inc"
#undef CALL
#undef QUIET
#undef ABSENT
  return table;
}
constexpr std::array<SystemCall, table_size> table = make_table();
constexpr SystemCall no_call;

// Flags of open() whose bits differ (asm/fcntl.h). The rest are alike.
struct FlagPair {
  u32 guest;
  int host;
};
constexpr FlagPair different_flags[] = {{0040000, O_DIRECTORY},
                                        {0100000, O_NOFOLLOW},
                                        {0400000, O_DIRECT},
                                        {0200000, 0}};  // the last: O_LARGEFILE
constexpr u32 guest_only_flags = 0740000;
constexpr int host_only_flags = O_DIRECTORY | O_NOFOLLOW | O_DIRECT | 0100000;

}  // namespace

const SystemCall& find_system_call(u32 number) {
  if (number >= table_size) return no_call;
  return table[number];
}

// --- Dispatch ---

Result Kernel::call(u32 number) {
  const SystemCall& entry = find_system_call(number);
  if (!entry.handler) {
    const std::string quoted = entry.name ? "'" + std::string(entry.name) + "' " : "";
    if (!entry.quiet) {
      say_once("exec: system call " + quoted + "(" + std::to_string(number) +
               ") is not available (the program is told ENOSYS)");
    }
    return -ENOSYS;
  }
  const auto& r = cpu.state.gpr;
  try {
    return entry.handler(*this, {r[3], r[4], r[5], r[6], r[7], r[8], r[9]});
  } catch (BadAddress) {
    return -EFAULT;
  }
}

void Kernel::system_call() {
  Thread& t = thread();
  t.wake = Wake::none;
  t.deadline.reset();
  t.progress = 0;
  finish_call(call(cpu.state.gpr[0]));
}

void Kernel::resume_call() {
  current_->waiting = false;
  current_->futex_woken = false;
  finish_call(call(cpu.state.gpr[0]));
}

// Errors are positive numbers with CR0[SO] set.
void Kernel::finish_call(Result result) {
  if (result == blocked_call || result == no_result) return;
  auto& state = cpu.state;
  if (result == restart_call) {
    current_->restart = state.gpr[3];
    result = -EINTR;
  }
  const bool error = result < 0;
  state.gpr[3] = static_cast<u32>(error ? -result : result);
  state.cr[0] = ppc::CrField::from_nibble((state.cr[0].nibble() & ~so) | (error ? so : 0));
}

// --- Arguments ---

std::string path(Kernel& k, u32 address) {
  std::string text = k.memory.string(address);
  const bool own = text == "/proc/self/exe" || text == "/proc/" + std::to_string(getpid()) + "/exe";
  return own ? k.program_path() : text;
}

int open_flags_to_host(u32 guest) {
  int host = static_cast<int>(guest & ~guest_only_flags);
  for (const auto& [from, to] : different_flags) host |= guest & from ? to : 0;
  return host;
}

u32 open_flags_to_guest(int host) {
  u32 guest = static_cast<u32>(host & ~host_only_flags);
  for (const auto& [to, from] : different_flags) guest |= from && (host & from) ? to : 0;
  return guest;
}

int file_mode(u32 word) { return static_cast<int>(word & 07777); }

std::optional<std::vector<iovec>> vectors(Kernel& k, u32 address, u32 count, bool write) {
  if (count > most_vectors) return {};
  std::vector<iovec> result;
  for (u32 n = 0; n < count; ++n) {
    const auto entry = k.memory.get<GuestVector>(address + n * static_cast<u32>(sizeof(GuestVector)));
    const u32 base = entry.base, length = entry.length;
    if (signed_word(length) < 0) return {};
    const u64 bytes = k.memory.accessible(base, length, write);
    result.push_back({k.memory.host(base), bytes});
    if (bytes < length) break;
  }
  return result;
}

void vectors_written(Kernel& k, u32 address, u64 bytes) {
  for (; bytes > 0; address += sizeof(GuestVector)) {
    const auto entry = k.memory.get<GuestVector>(address);
    const u64 here = std::min<u64>(entry.length, bytes);
    k.memory.written(entry.base, here);
    bytes -= here;
  }
}

std::optional<u64> nanoseconds(const timespec& t) {
  if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= long{nanoseconds_per_second}) return {};
  if (t.tv_sec > 10'000'000'000) return ~u64{0} / 2;
  return to_nanoseconds(t);
}

void put_words(Kernel& k, u32 address, std::initializer_list<u32> words) {
  for (const u32 word : words) {
    k.memory.put(address, be32(word));
    address += 4;
  }
}

void put_if(Kernel& k, u32 address, u32 word) {
  if (address) k.memory.put(address, be32(word));
}

void wait_with_mask(Kernel& k, u32 address, u32 bytes) {
  Thread& t = k.thread();
  if (!address || bytes != signal_set_bytes || t.mask_after) return;
  const u64 mask = k.memory.get<GuestSignalSet>(address).value();
  t.mask_after = t.blocked;
  k.set_mask(t, mask);
}

}  // namespace quince::machine::process
