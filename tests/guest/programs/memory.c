// The address space: mmap in its forms, mprotect, mremap, brk, and memory that is code.
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

static void anonymous(void) {
  char* p = mmap(0, 8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int zero = 1;
  for (int n = 0; n < 8 * page; n++) zero &= p[n] == 0;
  SHOW(zero);
  memset(p, 7, 8 * page);
  SHOW(munmap(p + 2 * page, page));
  touch("read of a hole", p + 2 * page, 0);
  touch("write into a hole", p + 2 * page + 100, 1);
  char* hole =
      mmap(p + 2 * page, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  SHOW(hole == p + 2 * page);
  SHOW(hole[0]);
  SHOW(madvise(p + 3 * page, page, MADV_DONTNEED));
  SHOW(p[3 * page]);
  SHOW(p[4 * page]);
  SHOW(munmap(p, 8 * page));
  SHOW(munmap(p + 1, page));
  SHOW((long)mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW((long)mmap(0, page, PROT_READ, MAP_PRIVATE, 99, 0));
}

static void moved(void) {
  char* p = mmap(0, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int n = 0; n < 4; n++) p[n * page] = n + 1;
  char* q = mremap(p, 4 * page, 2 * page, 0);
  SHOW(q == p);
  touch("beyond the shrunk mapping", p + 2 * page, 0);
  mmap(p + 2 * page, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  SHOW((long)mremap(p, 2 * page, 64 * page, 0));
  q = mremap(p, 2 * page, 64 * page, MREMAP_MAYMOVE);
  SHOW(q != p && q != MAP_FAILED);
  printf("%d %d %d\n", q[0], q[page], q[63 * page]);
  touch("the old place", p, 0);
  SHOW(munmap(q, 64 * page));
  char* big = malloc(3000000);
  memset(big, 5, 3000000);
  big = realloc(big, 9000000);
  SHOW(big[2999999]);
  free(big);
}

static void heap(void) {
  char* start = sbrk(0);
  SHOW(sbrk(3 * page) == start);
  start[3 * page - 1] = 9;
  SHOW(sbrk(-3 * page) == start + 3 * page);
  SHOW(sbrk(3 * page) == start);
  SHOW(start[3 * page - 1]);
}

static void files(void) {
  int f = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (f < 0) f = memfd_create("memory", 0);
  SHOW(write(f, "hello, mapping", 14));
  ftruncate(f, 3 * page);
  pwrite(f, "second", 6, page);
  char* shared = mmap(0, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
  char* private = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, page);
  printf("[%.14s] [%.6s]\n", shared, private);
  shared[0] = 'J', private[0] = 'S';
  char text[8] = "";
  SHOW(pread(f, text, 5, 0));
  printf("%s ", text);
  SHOW(pread(f, text, 5, page));
  printf("%s\n", text);
  SHOW(msync(shared, 3 * page, MS_SYNC));
  close(f);
  shared[page] = 'x';
  printf("[%.6s] [%.6s]\n", shared + page, private);
  munmap(shared, 3 * page), munmap(private, page);
}

// A function made at run time: two instructions, and again with another number.
static void code(void) {
  unsigned* p = mmap(0, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int sum = 0;
  for (int n = 1; n <= 3; n++) {
    p[0] = 0x38600000 | n * 100, p[1] = 0x4e800020;  // li r3,n*100; blr
    __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; sync; isync" ::"r"(p) : "memory");
    sum += ((int (*)(void))p)();
  }
  SHOW(sum);
  // The kernel writes code: nobody needs to say so for a new mapping, or for read() into it with icbi.
  int ends[2];
  pipe(ends);
  unsigned code[2] = {0x38600000 | 77, 0x4e800020};
  write(ends[1], code, 8);
  read(ends[0], p, 8);
  __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; sync; isync" ::"r"(p) : "memory");
  SHOW(((int (*)(void))p)());
  mmap(p, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  p[0] = 0x38600000 | 55, p[1] = 0x4e800020;
  __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; sync; isync" ::"r"(p) : "memory");
  SHOW(((int (*)(void))p)());
}

int main(void) {
  unbuffered();
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  anonymous();
  moved();
  heap();
  files();
  code();
  return 0;
}
