// A program of Linux that makes system calls with any numbers and arguments. Each input runs in a process of
// its own, which confinement.h keeps from doing harm. The emulator neither crashes nor hangs, and the 4 GiB
// in which the program lives stay one piece of the host's address space: a hole would be filled by memory
// that is not the guest's.
#include "machine/process/syscalls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "guest-ppc/interpreter.h"
#include "machine/process/process.h"
#include "tests/differential/assembler.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/confinement.h"

// What tells how far an input has come, in fuzzers and in programs for llvm-cov. It is carried from the child
// to us. The first are named in assembly because the compiler refers to them by itself, in its own way.
asm(R"(
    .weak __start___sancov_cntrs
    .weak __stop___sancov_cntrs
    .hidden __start___sancov_cntrs
    .hidden __stop___sancov_cntrs
    .pushsection .data.rel.ro, "aw"
    .balign 8
quince_fuzz_counters:
    .quad __start___sancov_cntrs, __stop___sancov_cntrs
    .popsection
)");
extern "C" {
__attribute__((visibility("hidden"))) extern char* const quince_fuzz_counters[2];
// NOLINTBEGIN(bugprone-reserved-identifier): they are the compiler's own
__attribute__((weak)) char* __llvm_profile_begin_counters();
__attribute__((weak)) char* __llvm_profile_end_counters();
__attribute__((weak)) void __sanitizer_set_report_fd(void* file);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace quince::fuzz {
namespace {

using namespace machine;
using ppc::u32;
using ppc::u64;
using ppc::u8;
namespace as = differential::assembler;

// --- The program ---

constexpr u32 base = 0x1000'0000, code_at = base + 0x100, results_at = base + 0x6000, data_at = base + 0x9000;
constexpr u32 program_bytes = 0xa000, memory_bytes = 0x2'0000;
constexpr unsigned most_calls = 48;

class Image {
 public:
  void word(u32 address, u32 value) {
    for (unsigned n = 0; n < 4; ++n) bytes_[address - base + n] = static_cast<u8>(value >> (24 - 8 * n));
  }
  void half(u32 address, u32 value) {
    bytes_[address - base] = static_cast<u8>(value >> 8), bytes_[address - base + 1] = static_cast<u8>(value);
  }
  void text(u32 address, const void* what, std::size_t size) {
    std::memcpy(&bytes_[address - base], what, size);
  }
  const std::vector<u8>& bytes() const { return bytes_; }

 private:
  std::vector<u8> bytes_ = std::vector<u8>(program_bytes);
};

void put_header(Image& image) {
  image.text(base,
             "\x7f"
             "ELF\1\2\1",
             7);
  image.half(base + 16, 2), image.half(base + 18, 20), image.word(base + 20, 1),
      image.word(base + 24, code_at);
  image.word(base + 28, 52), image.half(base + 42, 32), image.half(base + 44, 1);
  const u32 segment[] = {1, 0, base, base, program_bytes, memory_bytes, 7, 0x1000};
  for (u32 n = 0; n < 8; ++n) image.word(base + 52 + 4 * n, segment[n]);
}

// Structures that calls take, 32 bytes each, before what the input has to say.
void put_structures(Image& image) {
  const char* const names[] = {"/d/f", "/d", ".", "/proc/self/exe", "new", "/p", "/d/link", ""};
  u32 at = data_at;
  for (const char* name : names) {
    image.text(at, name, std::strlen(name));
    at += 32;
  }
  const u32 words[][8] = {
      {data_at + 0x800, 16, data_at + 0x900, 300, results_at - 8, 64, 0xbfff'0000,
       8},                             // iovec, sockaddr, names
      {0, 1000, 0, 1000, 5, 0, 0, 0},  // times
      {code_at, 4, 0, 0, 0, 0, 0, 0},  // sigaction with a handler
      {code_at + 2, 0x0800'0004, 0, 0xffff'ffff, 0xffff'ffff, 0, 0, 0},
      {data_at + 0x100, 16, data_at + 0x100, 2, data_at + 0x1c0, 24, 0, 0},  // msghdr
      {data_at, data_at + 32, data_at + 64, 0, data_at, 0, 0, 0},            // arguments of execve
      {16, 1, 1, 0, 16, 1, 2, 1},                                            // a control message
      {0x0000'0001, 0x0003'0001, 0x0001'0004, 0x0002'0003, 1, 2, 3, 4},      // descriptors
      {0, 0x1'0000, 0xffff'ffff, 0xffff'ffff, 0, 64, 8, 0},                  // limits, masks
  };
  for (const auto& row : words) {
    for (u32 n = 0; n < 8; ++n) image.word(at + 4 * n, row[n]);
    at += 32;
  }
}

std::vector<u32> available_calls() {
  std::vector<u32> numbers;
  for (u32 n = 0; n < 460; ++n) {
    if (process::find_system_call(n).handler) numbers.push_back(n);
  }
  return numbers;
}

// An argument: where it comes from, and which.
void put_argument(std::vector<u32>& code, unsigned reg, Bytes& in) {
  const u8 how = in.u8();
  const auto constant = [&](u32 value) {
    code.push_back(as::lis(reg, value >> 16));
    code.push_back(as::ori(reg, reg, value & 0xffff));
  };
  switch (how >> 5) {
    case 0: return constant(how & 31);
    case 1: return constant(data_at + (how & 31u) * 32);
    case 2:  // what an earlier call gave back
      code.push_back(as::lis(reg, results_at >> 16));
      return code.push_back(as::lwz(reg, reg, (results_at & 0xffff) + 4 * (how & 31u)));
    case 3: {
      constexpr u32 odd[] = {0xffff'ffff, 0xffff'ff9c, 0x8000'0000, 0x7fff'ffff,
                             0xc000'0000, 0xbfff'fff0, 0xffff'f000, 0x1000};
      return constant(odd[how & 7] + (how & 8 ? 1 : 0));
    }
    case 4: return constant(base + (how & 31u) * 0x1000);  // pages of the program, and behind it
    case 5: return constant(1u << (how & 31));
    case 6: return constant(in.u8() << (how & 24));
    default: return constant(in.u32());
  }
}

std::vector<u8> make_program(Bytes in) {
  static const std::vector<u32> numbers = available_calls();
  Image image;
  put_header(image);
  put_structures(image);
  const auto data = in.take(in.u8() * 2u);
  image.text(data_at + 0x300, data.data(), data.size());
  std::vector<u32> code;
  for (u32 n = 0; n < most_calls && !in.empty(); ++n) {
    const ppc::u16 call = in.u16();
    const unsigned arguments = call >> 12 & 7;
    const u32 number = call & 0x8000 ? call & 0xfff : numbers[(call & 0xfff) % numbers.size()];
    for (unsigned a = 0; a < 6; ++a)
      a < arguments ? put_argument(code, 3 + a, in) : code.push_back(as::li(3 + a, 0));
    code.push_back(as::li(0, number));
    code.push_back(as::system_call);
    code.push_back(as::lis(31, results_at >> 16));
    code.push_back(as::stw(3, 31, (results_at & 0xffff) + 4 * (n & 31)));
  }
  code.push_back(as::li(3, 0));
  code.push_back(as::li(0, 234));  // exit_group
  code.push_back(as::system_call);
  for (u32 n = 0; n < code.size(); ++n) image.word(code_at + 4 * n, code[n]);
  return image.bytes();
}

// --- The child ---

struct Region {
  char* begin;
  char* end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};
std::vector<Region> counters() {
  std::vector<Region> regions;
  if (quince_fuzz_counters[0]) regions.push_back({quince_fuzz_counters[0], quince_fuzz_counters[1]});
  if (__llvm_profile_begin_counters)
    regions.push_back({__llvm_profile_begin_counters(), __llvm_profile_end_counters()});
  return regions;
}

bool put_file(const char* path, const void* bytes, std::size_t size) {
  const int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
  const bool whole = write(file, bytes, size) == static_cast<ssize_t>(size);
  return close(file) == 0 && whole;
}

void check_memory(const ppc::Cpu& cpu) {
  constexpr u64 all = u64{1} << 32;
  const u8* const memory = const_cast<ppc::Cpu&>(cpu).flat_memory();
  require(msync(const_cast<u8*>(memory), all, MS_ASYNC) == 0, "there is a hole in the guest's memory");
}

enum Outcome : int { ended = 0, cannot_be_confined = 3 };

[[noreturn]] void run_child(const std::vector<u8>& program, char* shared) {
  if (__sanitizer_set_report_fd) __sanitizer_set_report_fd(reinterpret_cast<void*>(long{report_file}));
  if (!confine()) _exit(cannot_be_confined);
  dup2(report_file, 2);  // for require()
  require(mkdir("/d", 0755) == 0 && put_file("/d/f", "content", 7), "no room for a file");
  require(symlink("f", "/d/link") == 0 && put_file("/p", program.data(), program.size()),
          "no room for the program");
  ExecOptions options;
  options.path = "/p";
  options.cpu = &ppc::cpu_7400;
  options.engine = [](ppc::Cpu& cpu) {
    return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::stop);
  };
  options.timeout_seconds = 0.1;
  options.clock = ClockKind::instructions;
  options.finished = [](const ppc::Cpu& cpu, const ppc::Engine&) { check_memory(cpu); };
  require(run_process(options).has_value(), "the program is not started");
  for (const Region& region : counters()) {
    std::memcpy(shared, region.begin, region.size());
    shared += region.size();
  }
  _exit(ended);
}

// --- Its parent ---

constexpr int patience_ms = 5'000;

void print_report(int pipe) {
  std::vector<char> text(1 << 16);
  const ssize_t bytes = read(pipe, text.data(), text.size());
  if (bytes > 0) (void)!write(2, text.data(), static_cast<std::size_t>(bytes));
}

// libFuzzer's alarms interrupt the wait.
bool ends_in_time(pid_t child) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd entry{handle, POLLIN, 0};
  int interruptions = 0, ended = -1;
  while (ended < 0 && interruptions++ < 1000) ended = poll(&entry, 1, patience_ms);
  close(handle);
  return ended == 1;
}

void run(const std::vector<u8>& program) {
  static const std::size_t bytes = [] {
    std::size_t sum = 1;
    for (const Region& region : counters()) sum += region.size();
    return sum;
  }();
  static char* const shared =
      static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  int pipe[2];
  require(shared != MAP_FAILED && pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == 0, "no memory, or no pipe");
  const pid_t child = fork();
  require(child >= 0, "no process");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe[1], report_file);
    run_child(program, shared);
  }
  close(pipe[1]);
  const bool in_time = ends_in_time(child);
  int status = 0;
  const bool stopped =
      !in_time && waitpid(child, &status, WNOHANG | WUNTRACED) == child && WIFSTOPPED(status);
  if (!in_time) kill(child, SIGKILL);
  require(waitpid(child, &status, 0) == child, "the child is gone");
  const bool confined = !(WIFEXITED(status) && WEXITSTATUS(status) == cannot_be_confined);
  const bool good = (WIFEXITED(status) && WEXITSTATUS(status) == ended) || stopped || !confined;
  if (!good || !confined) print_report(pipe[0]);
  close(pipe[0]);
  if (!confined)
    std::fprintf(stderr, "syscalls: nothing is run, for user namespaces are not available here\n");
  require(in_time || stopped, "a system call does not come back");
  require(good, "the emulator has crashed");
  const char* from = shared;
  for (const Region& region : counters()) {
    if (!stopped && confined) std::memcpy(region.begin, from, region.size());
    from += region.size();
  }
}

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quince::fuzz;
  run(make_program({data, size}));
  return 0;
}
