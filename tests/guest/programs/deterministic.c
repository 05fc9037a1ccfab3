// With --clock instructions every run is the same: time counts instructions, waiting makes it jump, and
// random numbers repeat.
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile int rang;
static void on_alarm(int number) { rang = number; }

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
  unbuffered();
  time_t start = time(0);
  printf("%s", asctime(gmtime(&start)));
  unsigned number;
  getrandom(&number, sizeof number, 0);
  printf("random %08x\n", number);
  long long before = now();
  sleep(3600);
  printf("an hour took %lld s\n", (now() - before) / 1000000000);
  poll(0, 0, 50000);
  printf("and a while %lld s\n", (now() - before) / 1000000000);
  signal(SIGALRM, on_alarm);
  struct itimerval timer = {.it_value = {2, 0}};
  setitimer(ITIMER_REAL, &timer, 0);
  before = now();
  pause();
  printf("alarm %d after %lld s\n", rang, (now() - before) / 1000000000);
  alarm(1);
  before = now();
  rang = 0;
  while (!rang) {
  }
  printf("busy until the alarm: %d\n", now() - before >= 999000000 && now() - before < 1001000000);
  return 0;
}
