// Clocks and sleeping. Durations are checked with wide margins, since the host may be busy.
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static long long now(clockid_t clock) {
  struct timespec t;
  must(clock_gettime(clock, &t) == 0, "clock_gettime");
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static unsigned long long timebase(void) {
  unsigned high, low, again;
  do {
    __asm__ volatile("mftbu %0; mftb %1; mftbu %2" : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  return (unsigned long long)high << 32 | low;
}

int main(void) {
  unbuffered();
  const clockid_t clocks[] = {CLOCK_REALTIME,          CLOCK_MONOTONIC,     CLOCK_PROCESS_CPUTIME_ID,
                              CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                              CLOCK_BOOTTIME};
  for (unsigned n = 0; n < sizeof clocks / sizeof *clocks; n++) {
    struct timespec t, r;
    printf("clock %d: %d %d\n", clocks[n], clock_gettime(clocks[n], &t), clock_getres(clocks[n], &r));
  }
  struct timespec t;
  SHOW(clock_gettime(99, &t));
  struct timeval v;
  SHOW(gettimeofday(&v, 0));
  time_t seconds = time(0);
  printf("agree %d\n", seconds - v.tv_sec <= 2 && llabs(now(CLOCK_REALTIME) / 1000000000 - seconds) <= 2);
  printf("after 2001: %d\n", seconds > 980000000);

  long long before = now(CLOCK_MONOTONIC);
  unsigned long long ticks = timebase();
  struct timespec wish = {0, 50000000};
  SHOW(nanosleep(&wish, 0));
  long long slept = now(CLOCK_MONOTONIC) - before;
  printf("slept %d\n", slept >= 50000000 && slept < 5000000000LL);
  printf("timebase runs %d\n", timebase() > ticks);
  wish.tv_nsec = 1000000000;
  SHOW(nanosleep(&wish, 0));
  clock_gettime(CLOCK_MONOTONIC, &wish);
  wish.tv_sec -= 5;
  SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wish, 0));
  clock_gettime(CLOCK_REALTIME, &wish);
  wish.tv_nsec += 20000000;
  if (wish.tv_nsec >= 1000000000) wish.tv_sec++, wish.tv_nsec -= 1000000000;
  SHOW(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &wish, 0));
  printf("reached %d\n", now(CLOCK_REALTIME) >= wish.tv_sec * 1000000000LL + wish.tv_nsec);

  SHOW(alarm(100));
  SHOW(alarm(0));
  SHOW(alarm(0));
  struct itimerval timer = {{1, 5}, {50, 7}}, old;
  SHOW(setitimer(ITIMER_REAL, &timer, 0));
  SHOW(getitimer(ITIMER_REAL, &old));
  printf("interval %ld.%06ld, left %d\n", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec,
         old.it_value.tv_sec >= 40 && old.it_value.tv_sec <= 50);
  timer = (struct itimerval){0};
  SHOW(setitimer(ITIMER_REAL, &timer, 0));
  SHOW(getitimer(77, &old));

  for (volatile int n = 0; n < 3000000; n++) {
  }
  struct rusage usage;
  struct tms used;
  SHOW(getrusage(RUSAGE_SELF, &usage));
  printf("used %d\n",
         now(CLOCK_PROCESS_CPUTIME_ID) > 0 && usage.ru_utime.tv_usec + usage.ru_utime.tv_sec >= 0);
  printf("times %d, ticks per second %ld\n", times(&used) != (clock_t)-1, sysconf(_SC_CLK_TCK));
  printf("clock %d\n", clock() > 0);
  struct tm day;
  time_t moment = 985392000;
  gmtime_r(&moment, &day);
  char text[40];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &day);
  printf("%s\n", text);
  return 0;
}
