// The system as a program sees it: names, limits, random numbers, auxiliary vector, prctl.
#include <fcntl.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"

static void names(char** argv, char** envp) {
  struct utsname name;
  SHOW(uname(&name));
  printf("%s %s\n", name.sysname, name.machine);
  printf("pid %d ids %d\n", getpid() > 0, getuid() == geteuid() && getgid() == getegid());
  printf("vector: page %lu clock %lu blocks %lu %lu secure %lu program %d random %d headers %lu entry %d\n",
         getauxval(AT_PAGESZ), getauxval(AT_CLKTCK), getauxval(AT_DCACHEBSIZE), getauxval(AT_ICACHEBSIZE),
         getauxval(AT_SECURE), strcmp((char*)getauxval(AT_EXECFN), argv[0]) == 0, getauxval(AT_RANDOM) != 0,
         getauxval(AT_PHENT), getauxval(AT_ENTRY) != 0);
  printf("features %lx\n", getauxval(AT_HWCAP) & 0x18000000);
  printf("stack aligned %d, environment %d\n", ((unsigned long)__builtin_frame_address(0) & 15) == 0,
         envp[0] == 0 || strchr(envp[0], '=') != 0);
  struct sysinfo info;
  SHOW(sysinfo(&info));
  printf("memory %d processes %d\n", info.totalram > 0 && info.mem_unit > 0, info.procs > 0);
  printf("processors %d\n", sysconf(_SC_NPROCESSORS_ONLN) > 0);
}

static void limits(void) {
  struct rlimit limit, back;
  SHOW(getrlimit(RLIMIT_STACK, &limit));
  printf("stack %d\n", limit.rlim_cur >= 1 << 20);
  SHOW(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = 100;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  SHOW(getrlimit(RLIMIT_NOFILE, &back));
  SHOW(back.rlim_cur);
  SHOW(dup2(1, 100));
  SHOW(getrlimit(99, &limit));
  const int priority = getpriority(PRIO_PROCESS, 0);  // whoever runs the tests may have lowered it
  SHOW(setpriority(PRIO_PROCESS, 0, priority));
  SHOW(getpriority(PRIO_PROCESS, 0) - priority);
}

static void random_numbers(void) {
  unsigned char a[64] = {0}, b[64] = {0};
  SHOW(getrandom(a, sizeof a, 0));
  SHOW(getrandom(b, sizeof b, 0));
  printf("differ %d\n", memcmp(a, b, sizeof a) != 0);
  SHOW(getrandom((void*)8, 4, 0));
}

static void control(void) {
  char name[17] = "";
  SHOW(prctl(PR_SET_NAME, "a-name"));
  SHOW(prctl(PR_GET_NAME, name));
  printf("%s\n", name);
  SHOW(prctl(9999, 0));
}

static jmp_buf place;
static void jump(int n) {
  if (n == 0) longjmp(place, 17);
  jump(n - 1);
}

static void jumps(void) {
  volatile int before = 5;
  volatile double number = 2.25;
  int value = setjmp(place);
  if (value == 0) {
    before = 6;
    jump(20);
  }
  printf("setjmp %d, locals %d %g\n", value, before, number);
}

static void large_output(void) {
  unsigned sum = 0;
  FILE* f = tmpfile();
  for (int n = 0; n < 100000; n++) fprintf(f, "line %d %s\n", n, "of a rather large file");
  printf("position %ld\n", ftell(f));
  rewind(f);
  char line[100];
  int lines = 0;
  while (fgets(line, sizeof line, f)) lines++, sum = sum * 31 + (unsigned char)line[7];
  printf("lines %d sum %08x eof %d\n", lines, sum, feof(f) != 0);
  fclose(f);
}

int main(int argc, char** argv, char** envp) {
  (void)argc;
  unbuffered();
  names(argv, envp);
  limits();
  random_numbers();
  control();
  jumps();
  large_output();
  return 23;
}
