// Linux signals as the guest knows them: what is pending, what is blocked, what is to be done.
#pragma once

#include <array>
#include <csignal>
#include <deque>
#include <optional>

#include "machine/process/big_endian.h"

namespace quince::machine::process {

inline constexpr u64 signal_bit(int number) { return u64{1} << (number - 1); }
inline constexpr u64 never_blocked = signal_bit(SIGKILL) | signal_bit(SIGSTOP);

// siginfo_t without its layout: the union's words in order (si_pid, si_uid, ... or si_addr).
struct SignalInfo {
  int number = 0;
  int code = 0;
  int error = 0;
  std::array<u32, 29> words{};

  static SignalInfo fault(int number, int code, u32 address) { return {number, code, 0, {address}}; }
  static SignalInfo sent(int number, int code, u32 pid, u32 uid) { return {number, code, 0, {pid, uid}}; }
  static SignalInfo from_host(const siginfo_t& info);
};

struct SignalAction {
  static constexpr u32 default_action = 0, ignore = 1;
  u32 handler = default_action;
  u32 flags = 0;  // SA_*, the same on PowerPC and x86-64
  u32 restorer = 0;
  u64 mask = 0;
};

enum class DefaultAction : u8 { terminate, ignore, stop };
DefaultAction default_action(int number);

// Signals that wait, lowest number first; one of each kind but of the real-time ones, which queue.
class PendingSignals {
 public:
  void add(const SignalInfo& info);
  void drop(u64 set);
  void clear() { queue_.clear(), set_ = 0; }
  u64 set() const { return set_; }
  std::optional<SignalInfo> take(u64 wanted);  // the lowest number of the set
  static constexpr std::size_t longest_queue = 1024;

 private:
  std::deque<SignalInfo> queue_;
  u64 set_ = 0;
};

struct AlternateStack {
  u32 address = 0, bytes = 0;
  bool enabled = false;
  bool disarm = false;  // SS_AUTODISARM
  bool holds(u32 sp) const { return enabled && sp - address - 1 < bytes; }
};

}  // namespace quince::machine::process
