// The table of system calls, and what their implementations share.
#pragma once

#include <sys/uio.h>

#include <cerrno>
#include <string>
#include <vector>

#include "machine/process/guest_structs.h"
#include "machine/process/kernel.h"

namespace quince::machine::process {

#define CALL(number, name) Result sys_##name(Kernel& k, const Arguments& a);
#define QUIET(number, name)
#define ABSENT(number, name)
#include "machine/process/syscall_table.inc"
#undef CALL
#undef QUIET
#undef ABSENT

using Handler = Result (*)(Kernel&, const Arguments&);
struct SystemCall {
  const char* name = nullptr;  // null: there is no call of this number
  Handler handler = nullptr;   // null: not available
  bool quiet = false;
};
const SystemCall& find_system_call(u32 number);

// --- Results ---

inline Result from_host(long result) { return result < 0 ? -errno : result; }
template <class... Words>
Result interruptible(long number, Words... words) {
  const long result = interruptible_call(number, static_cast<long>(words)...);
  return result == -EINTR ? restart_call : result;
}

// --- Arguments ---

inline int signed_word(u32 word) { return static_cast<int>(word); }
inline u64 pair(u32 high, u32 low) { return u64{high} << 32 | low; }
template <class T>
long host_address(T* pointer) {
  return static_cast<long>(reinterpret_cast<std::uintptr_t>(pointer));
}

// A path. "/proc/self/exe" is the guest's program, not ours.
std::string path(Kernel& k, u32 address);
int open_flags_to_host(u32 guest);
u32 open_flags_to_guest(int host);
int file_mode(u32 word);  // of mkdir, open: without what the host's types cannot hold

// A guest's iovec with its bytes checked; EINVAL as an empty optional.
std::optional<std::vector<iovec>> vectors(Kernel& k, u32 address, u32 count, bool write);
void vectors_written(Kernel& k, u32 address, u64 bytes);

// A timespec or timeval argument; EINVAL as an empty optional.
std::optional<u64> nanoseconds(const timespec& t);
template <class Guest>
std::optional<u64> nanoseconds_at(Kernel& k, u32 address) {
  return nanoseconds(to_timespec(k.memory.get<Guest>(address)));
}

void put_words(Kernel& k, u32 address, std::initializer_list<u32> words);
void put_if(Kernel& k, u32 address, u32 word);  // unless the address is null

// Waits as sigsuspend and the like: with another mask, and a handler's return brings the old one back.
void wait_with_mask(Kernel& k, u32 address, u32 bytes);
inline constexpr u32 signal_set_bytes = 8;

}  // namespace quince::machine::process
