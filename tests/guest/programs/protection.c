// Rights of pages, and the errors of mprotect and mmap, as Linux has them; qemu-ppc 7.2 differs in each.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { page = 4096 };
static sigjmp_buf back;
static siginfo_t last;

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)context;
  last = *info;
  siglongjmp(back, number);
}

static void touch(const char* what, volatile char* at, int write) {
  int number = sigsetjmp(back, 1);
  if (number == 0) {
    if (write)
      *at = 1;
    else
      (void)*at;
    printf("%s: fine\n", what);
  } else {
    printf("%s: signal %d code %d address %s\n", what, number, last.si_code,
           last.si_addr == at ? "right" : "wrong");
  }
}

int main(void) {
  unbuffered();
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  char* p = mmap(0, 8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SHOW(mprotect(p + page, page, PROT_READ));
  touch("read of a read-only page", p + page, 0);
  touch("write to a read-only page", p + page, 1);
  SHOW(getcwd(p + page, page) != 0);
  SHOW(mprotect(p + page, page, PROT_NONE));
  touch("read of a page without rights", p + page + 5, 0);
  SHOW(write(1, p + page, 1));
  SHOW(mprotect(p + page, page, PROT_READ | PROT_WRITE));
  touch("write again", p + page, 1);
  munmap(p + 2 * page, page);
  SHOW(mprotect(p, 4 * page, PROT_READ));
  SHOW(mprotect((void*)0x40000000, page, PROT_READ));
  char* taken = mmap(p, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  SHOW(taken == MAP_FAILED && errno == EEXIST);
  // The processor's page tables know no execution right: what can be read can be executed.
  unsigned* code = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  code[0] = 0x38600000 | 66, code[1] = 0x4e800020;  // li r3,66; blr
  SHOW(((int (*)(void))code)());
  return 0;
}
