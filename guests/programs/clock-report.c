// clock-report [TIMES [SECONDS]]: the guest's clocks, for comparing with the host's.
// With TIMES, that many lines, SECONDS apart (default 1); without, one for each line on standard input.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void report(void) {
  struct timespec real, monotonic;
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  printf("CLOCK realtime=%lld.%09ld monotonic=%lld.%09ld\n", (long long)real.tv_sec, real.tv_nsec,
         (long long)monotonic.tv_sec, monotonic.tv_nsec);
  fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc == 1) {
    for (int c; (c = getchar()) != EOF;) {
      if (c == '\n') report();
    }
    return 0;
  }
  const long times = strtol(argv[1], NULL, 10), seconds = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
  // Waits for points of time, not for so long: the moments do not shift by what reporting takes.
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (long n = 0; n < times; ++n) {
    if (n != 0) {
      next.tv_sec += seconds;
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    report();
  }
  return 0;
}
