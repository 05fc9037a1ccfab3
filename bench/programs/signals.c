// Exceptions: signals sent to itself, and faults on a protected page that the handler opens.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>

#include "bench/programs/program.h"

static volatile uint32_t received;
static uint8_t* page;

static void on_signal(int number) { received += (uint32_t)number; }

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)context;
  received += (uint32_t)number + (uint32_t)((uint8_t*)info->si_addr - page);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  struct sigaction fault;
  memset(&fault, 0, sizeof fault);
  fault.sa_sigaction = on_fault;
  fault.sa_flags = SA_SIGINFO;
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || sigaction(SIGSEGV, &fault, NULL) != 0) return 1;
  signal(SIGUSR1, on_signal);
  for (unsigned round = 0; round < rounds; ++round) {
    for (int n = 0; n < 100; ++n) raise(SIGUSR1);
    for (unsigned n = 0; n < 50; ++n) {
      mprotect(page, 4096, PROT_READ);
      *(volatile uint8_t*)(page + (round + n) % 4096) = (uint8_t)n;
    }
    sum = fold(sum, received + page[round % 4096]);
  }
  return finish(sum);
}
