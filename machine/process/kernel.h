// Plays Linux for one guest process: its threads, its signals, its system calls.
#pragma once

#include <poll.h>

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include "guest-ppc/engine.h"
#include "machine/process/guest_memory.h"
#include "machine/process/host_signals.h"
#include "machine/process/process.h"
#include "machine/process/process_clock.h"
#include "machine/process/program.h"
#include "machine/process/signals.h"

namespace quince::machine::process {

// What a system call gives back: a value, a negative errno, or one of these.
using Result = i64;
inline constexpr Result restart_call =
    -512;  // interrupted: EINTR, or made again if the handler has SA_RESTART
inline constexpr Result blocked_call = -600;  // the thread waits; the call is made again when it wakes
inline constexpr Result no_result = -601;     // the registers are already as they should be

using Arguments = std::array<u32, 7>;  // r3 to r9

// What a waiting thread waits for, besides signals.
struct Wait {
  std::vector<pollfd> files = {};
  std::optional<u64> deadline = {};  // CLOCK_MONOTONIC, ns
  u32 futex = 0;                     // address; 0: none
  u32 futex_bits = 0;
  u64 signals = 0;  // blocked ones that end the wait, too
};
enum class Wake : u8 { none, ready, deadline, signal };

struct Thread {
  u32 id = 0;
  ppc::CpuState state;  // while another thread runs
  u32 clear_child_tid = 0;
  u32 robust_list = 0;

  // The system call in progress.
  bool waiting = false;
  Wait wait;
  Wake wake = Wake::none;       // why it is made again
  std::optional<u64> deadline;  // when it gives up, once it has worked that out
  u64 progress = 0;             // bytes already transferred
  bool futex_woken = false;
  std::optional<u32> restart;  // it was interrupted: r3 as it was

  PendingSignals pending;
  u64 blocked = 0;
  std::optional<u64> mask_after;  // sigsuspend, ppoll: the mask that comes back with the handler's return
  AlternateStack alternate_stack;
};

class Kernel {
 public:
  explicit Kernel(const ExecOptions& exec_options);
  tl::expected<int, Error> run();

  // --- For system calls ---
  GuestMemory memory;
  std::unique_ptr<ProcessClock> clock;
  ppc::Cpu cpu;
  HostSignals host;

  static constexpr std::size_t most_threads = 4096;
  Thread& thread() { return *current_; }
  std::vector<std::unique_ptr<Thread>>& threads() { return threads_; }
  const std::string& program_path() const { return program_path_; }
  // The call waits. When it wakes it is made again, with thread().wake saying why; then, if a signal woke it
  // and it would wait again, it ends with `interrupted`.
  Result block(Wait wait, Result interrupted = restart_call);
  Result wait_for_file(int file, short events);  // 0: ready, or there is nobody else to run meanwhile
  u64 monotonic() { return clock->monotonic(cpu.retired); }
  u64 make_deadline(u64 nanoseconds);  // from now, or as the call found out when it was made first
  void random_bytes(void* to, std::size_t bytes);
  void say_once(const std::string& message);
  // The result as it is. Who may know why (ExecOptions::on_refusal) is told of EACCES. Empty path: a socket.
  Result note_refusal(Result result, const std::string& path) const;

  // Positions in directories, as 31-bit numbers.
  i64 shorten_directory_position(i64 wide);
  i64 directory_position(int file, i64 guest) const;

  // --- Signals ---
  std::array<SignalAction, signal_count + 1> actions;
  PendingSignals pending;  // for the process
  void send(const SignalInfo& info, Thread* to = nullptr);
  void set_action(int number, const SignalAction& action);
  void set_mask(Thread& thread, u64 mask) { thread.blocked = mask & ~never_blocked; }
  Result return_from_signal(bool with_info);
  void save_context(u32 registers);                        // as an mcontext of the guest
  void restore_context(u32 registers, bool from_handler);  // throws BadAddress
  void force_signal(SignalInfo info);                      // cannot be blocked or ignored

  // --- Processes and threads ---
  Result fork(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid);
  Result start_thread(u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid);
  Result exec(const std::string& path, std::vector<std::string> arguments,
              const std::vector<std::string>& environment);
  void end_thread(int code);
  void end_process(int code) { exit_code_ = code; }
  u32 wake_futex(u32 address, u32 count, u32 bits);
  u32 requeue_futex(u32 from, u32 to, u32 count);

  // --- Kept for the guest ---
  struct Limit {
    u64 soft, hard;
  };
  std::array<std::optional<Limit>, 16> limits;  // those that would hurt the host's process
  std::array<char, 16> name{};                  // PR_SET_NAME
  u32 floating_point_exceptions = 0;            // PR_SET_FPEXC
  struct IntervalTimer {
    u64 deadline = 0, interval = 0;  // ns; deadline 0: off
  } timer;                           // ITIMER_REAL of a deterministic clock

 private:
  // Threads (scheduler.cpp)
  u64 next_limit();
  bool choose_thread();
  bool try_wake(Thread& thread);
  void poll_files();
  void sleep_until_something();
  void switch_to(Thread& thread);
  void fire_timer();
  void step();

  // Signals (signal_delivery.cpp)
  void take_host_signals();
  void adopt_host_dispositions();
  void apply_disposition(int number);
  u64 deliverable(const Thread& thread) const;
  void deliver_signals();
  bool deliver(const SignalInfo& info);  // true: a handler runs
  void push_frame(const SignalInfo& info, const SignalAction& action);
  u32 frame_address(const SignalAction& action, u32 bytes) const;
  void restart_system_call();
  void take_default_action(int number);

  // System calls and exceptions
  void system_call();
  void resume_call();
  Result call(u32 number);
  void finish_call(Result result);
  void exception(const ppc::GuestException& what);
  bool emulate_instruction();

  // Processes (process.cpp)
  void start(const Program& program, const std::vector<std::string>& environment);
  void become_child(int give_back);
  void give_back_memory();
  void take_back_memory(int pipe);
  void close_files_on_exec();
  [[noreturn]] void end_child();

  const ExecOptions& options_;
  std::unique_ptr<ppc::Engine> engine_;
  std::vector<std::unique_ptr<Thread>> threads_;
  Thread* current_ = nullptr;
  u32 next_thread_id_ = 0x40'0000;  // Linux's process numbers are smaller
  std::optional<int> exit_code_;
  int death_signal_ = 0;
  bool is_child_ = false;  // of a fork: the host process ends with the guest's
  int give_back_ = -1;     // pipe to the parent of a vfork
  u64 started_ = 0;        // host's CLOCK_MONOTONIC
  std::string program_path_;
  std::set<std::string> said_;
  std::mt19937_64 deterministic_random_;
  static constexpr i64 directory_mark = 0x4000'0000;
  static constexpr std::size_t most_directory_positions = 16384;
  std::vector<i64> directory_positions_;
};

}  // namespace quince::machine::process
