// A process from its first instruction to its end.
#include "machine/process/kernel.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace quince::machine::process {

namespace {

// MSR of user mode. EE stays off: no interrupts are connected.
u32 user_msr(const ppc::CpuModel& model) {
  using namespace ppc::msr;
  return pr | fp | me | ir | dr | ri | (model.has_altivec() ? vec : 0);
}

u64 host_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return to_nanoseconds(now);
}

constexpr u64 infinity = ~u64{0};

}  // namespace

Kernel::Kernel(const ExecOptions& exec_options)
    : clock(exec_options.clock == ClockKind::real ? make_real_clock() : make_instruction_clock()),
      cpu(*exec_options.cpu, memory, memory, *clock),
      host(cpu),
      options_(exec_options),
      started_(host_nanoseconds()) {
  memory.attach(&cpu);
  host.watch_memory(memory.host(0));
  // Linux completes other misaligned accesses in the kernel.
  cpu.alignment_traps = static_cast<u8>(ppc::AlignedOperand::reservation);
  engine_ = options_.engine(cpu);
  limits[RLIMIT_STACK] = {layout::stack_bytes, infinity};
  for (const auto which : {RLIMIT_AS, RLIMIT_DATA, RLIMIT_RSS, RLIMIT_MEMLOCK})
    limits[which] = {infinity, infinity};
}

tl::expected<int, Error> Kernel::run() {
  std::vector<std::string> arguments = options_.arguments;
  if (arguments.empty()) arguments.push_back(options_.path);
  const auto program = find_program(options_.path, std::move(arguments));
  if (!program) {
    const auto& defect = program.error();
    return tl::unexpected(Error{status::unusable_image, defect.path + ": " + defect.why});
  }
  threads_.push_back(std::make_unique<Thread>());
  threads_.front()->id = static_cast<u32>(getpid());
  current_ = threads_.front().get();
  adopt_host_dispositions();
  if (options_.timeout_seconds > 0) host.set_timeout(options_.timeout_seconds);
  start(*program, options_.environment);
  if (options_.starting) {
    if (auto started = options_.starting(program->path); !started) return tl::unexpected(started.error());
  }
  while (!exit_code_ && !death_signal_) step();
  if (is_child_) end_child();
  if (options_.finished) options_.finished(cpu, *engine_);
  return death_signal_ ? status::signal_base + death_signal_ : *exit_code_;
}

// Into an empty memory. The program has been checked: what can go wrong now is that memory is short.
void Kernel::start(const Program& program, const std::vector<std::string>& environment) {
  Loaded loaded;
  ProgramInfo info;
  info.path = program.path;
  info.arguments = program.arguments;
  info.environment = environment;
  if (!load(memory, program, &loaded) || !fits_on_stack(info)) {
    death_signal_ = SIGKILL;  // as Linux ends a program that it can no longer return to
    return;
  }
  info.entry = loaded.entry;
  info.program_headers = loaded.program_headers;
  info.program_header_count = loaded.program_header_count;
  random_bytes(info.random.data(), info.random.size());
  engine_->flush();
  cpu.state = ppc::CpuState{};
  cpu.set_msr(user_msr(cpu.model));
  cpu.state.gpr[1] = build_stack(memory, loaded.stack_top, info, cpu.model);
  cpu.state.pc = loaded.entry & ~3u;
  floating_point_exceptions = 0;
  std::array<char, PATH_MAX> full{};
  program_path_ = realpath(program.path.c_str(), full.data()) ? full.data() : program.path;
  name.fill('\0');
  program.path.substr(program.path.find_last_of('/') + 1).copy(name.data(), name.size() - 1);
}

void Kernel::random_bytes(void* to, std::size_t bytes) {
  if (!clock->deterministic()) {
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t n = getrandom(static_cast<char*>(to) + done, bytes - done, 0);
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    return;
  }
  auto* out = static_cast<u8*>(to);
  std::generate_n(out, bytes, [&] { return static_cast<u8>(deterministic_random_()); });
}

void Kernel::say_once(const std::string& message) {
  constexpr std::size_t most = 32;  // a program can ask for four thousand million calls
  if (said_.size() >= most || !said_.insert(message).second) return;
  std::fprintf(stderr, "quince: %s\n", message.c_str());
  if (said_.size() == most) std::fprintf(stderr, "quince: exec: no more of this is told\n");
}

Result Kernel::note_refusal(Result result, const std::string& path) const {
  if (result == -EACCES && options_.on_refusal) options_.on_refusal(path);
  return result;
}

// --- exec ---

Result Kernel::exec(const std::string& path, std::vector<std::string> arguments,
                    const std::vector<std::string>& environment) {
  if (access(path.c_str(), X_OK) != 0) return -errno;
  ProgramInfo size{path, arguments, environment};
  if (!fits_on_stack(size)) return -E2BIG;
  auto program = find_program(path, std::move(arguments));
  if (!program) {
    const auto& defect = program.error();
    if (defect.error == ENOEXEC)
      say_once("exec: the program cannot start " + defect.path + ": " + defect.why);
    return note_refusal(-defect.error, defect.path);
  }
  give_back_memory();
  std::erase_if(threads_, [&](const auto& t) { return t.get() != current_; });
  current_->id = static_cast<u32>(getpid());
  current_->clear_child_tid = current_->robust_list = 0;
  current_->alternate_stack = {};
  for (int n = 1; n <= signal_count; ++n) {
    auto& action = actions[static_cast<std::size_t>(n)];
    if (action.handler != SignalAction::ignore) set_action(n, {});
  }
  close_files_on_exec();
  memory.clear();
  start(*program, environment);
  return no_result;
}

// --- Ends ---

void Kernel::end_thread(int code) {
  if (current_->clear_child_tid && threads_.size() > 1) {
    try {
      memory.put(current_->clear_child_tid, be32(0u));
      wake_futex(current_->clear_child_tid, 1, ~0u);
    } catch (BadAddress) {  // as Linux: nobody is told
    }
  }
  if (threads_.size() == 1) return end_process(code);
  std::erase_if(threads_, [&](const auto& t) { return t.get() == current_; });
  current_ = nullptr;
}

// A forked process ends as the guest did, so that its parent sees the right status.
void Kernel::end_child() {
  give_back_memory();
  if (!death_signal_) _exit(*exit_code_);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  host.restore_default(death_signal_);
  kill(getpid(), death_signal_);
  _exit(status::signal_base + death_signal_);
}

}  // namespace quince::machine::process

namespace quince::machine {

tl::expected<int, Error> run_process(const ExecOptions& options) {
  process::Kernel kernel(options);
  return kernel.run();
}

}  // namespace quince::machine
