// stress-mix SECONDS [DIRECTORY]: stressors of every part of a Linux, side by side, each checking what it
// gets: integer and floating-point work, memory, fork, pipes, signals, mappings, files, threads, timers.
// Prints a line for each; the status is 0 if none found anything wrong. DIRECTORY (default /tmp) is where
// files go.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char* directory = "/tmp";
static const char* stressor_name;

#define REQUIRE(condition)                                                                           \
  do {                                                                                               \
    if (!(condition)) {                                                                              \
      printf("STRESS-FAIL %s line %d: %s (errno %d)\n", stressor_name, __LINE__, #condition, errno); \
      fflush(stdout);                                                                                \
      _exit(1);                                                                                      \
    }                                                                                                \
  } while (0)

static uint32_t random_from(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

// Each does one round of work; the number of the round varies it.

// Division and multiplication undo each other; a 64-bit product agrees with one made of 16-bit pieces.
static void integers(uint32_t round) {
  uint32_t state = round * 2654435761u + 1;
  for (int n = 0; n < 20000; ++n) {
    const uint32_t a = random_from(&state), b = random_from(&state) | 1;
    REQUIRE(a / b * b + a % b == a);
    const int32_t c = (int32_t)a, d = (int32_t)(b >> (a & 15)) | 1;
    REQUIRE(d == -1 || c / d * d + c % d == c);
    const uint64_t low = (uint64_t)(a & 0xffff) * (b & 0xffff), high = (uint64_t)(a >> 16) * (b >> 16);
    const uint64_t middle = (uint64_t)(a & 0xffff) * (b >> 16) + (uint64_t)(a >> 16) * (b & 0xffff);
    REQUIRE((uint64_t)a * b == low + (middle << 16) + (high << 32));
    REQUIRE(a == 0 || (a << __builtin_clz(a)) >> 31 == 1);
  }
}

// Identities that hold exactly, or to the last bits.
static void floating_point(uint32_t round) {
  uint32_t state = round * 40503u + 7;
  for (int n = 0; n < 5000; ++n) {
    const double x = random_from(&state) / 65536.0 + 1, y = random_from(&state) / 4096.0 + 1;
    REQUIRE(x * y == y * x);
    REQUIRE(fabs(x / y * y - x) <= x * 4.5e-16);
    REQUIRE(fabs(sqrt(x) * sqrt(x) - x) <= x * 9e-16);
    REQUIRE(fma(x, y, -(x * y)) == fma(y, x, -(y * x)));
    REQUIRE((double)(float)(int32_t)(n * 3) == n * 3.0);
    REQUIRE(fabs(exp(log(x)) - x) <= x * 1e-13);
  }
}

static void memory(uint32_t round) {
  const size_t words = 1 << 18;
  uint32_t *block = malloc(words * sizeof *block), *copy = malloc(words * sizeof *copy);
  REQUIRE(block && copy);
  uint32_t state = round + 1;
  for (size_t n = 0; n < words; ++n) block[n] = random_from(&state);
  memcpy(copy, block, words * sizeof *block);
  REQUIRE(memcmp(copy, block, words * sizeof *block) == 0);
  memmove((char*)copy + 3, copy, words * 2);
  REQUIRE(memcmp((char*)copy + 3, block, words * 2) == 0);
  state = round + 1;
  for (size_t n = 0; n < words; ++n) REQUIRE(block[n] == random_from(&state));
  free(block);
  free(copy);
}

static void forks(uint32_t round) {
  int value = (int)(round & 63);
  const pid_t child = fork();
  if (child < 0 && errno == EAGAIN) return;
  REQUIRE(child >= 0);
  if (child == 0) {
    ++value;  // a copy: the parent's stays
    _exit(value);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == (int)(round & 63) + 1);
  REQUIRE(value == (int)(round & 63));
}

static void pipes(uint32_t round) {
  enum { bytes = 256 << 10 };
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    unsigned char out[1000];
    size_t at = 0;
    while (at < bytes) {
      size_t n = 0;
      for (; n < sizeof out && at + n < bytes; ++n) out[n] = (unsigned char)((at + n) * 31 + round);
      for (size_t done = 0; done < n;) {
        const ssize_t some = write(ends[1], out + done, n - done);
        if (some <= 0) _exit(1);
        done += (size_t)some;
      }
      at += n;
    }
    _exit(0);
  }
  close(ends[1]);
  unsigned char in[777];
  size_t at = 0;
  for (ssize_t got; (got = read(ends[0], in, sizeof in)) > 0;) {
    for (ssize_t n = 0; n < got; ++n, ++at) REQUIRE(in[n] == (unsigned char)(at * 31 + round));
  }
  REQUIRE(at == bytes);
  close(ends[0]);
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

static volatile sig_atomic_t signals_seen;
static void count_signal(int number) {
  (void)number;
  ++signals_seen;
}

static void deliver_signals(uint32_t round) {
  (void)round;
  struct sigaction action = {.sa_handler = count_signal};
  REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
  signals_seen = 0;
  volatile double kept = 1.25;
  for (int n = 1; n <= 500; ++n) {
    REQUIRE(kill(getpid(), SIGUSR1) == 0);
    REQUIRE(signals_seen == n);
    REQUIRE(kept == 1.25);
  }
}

// A page that may not be written: the fault arrives, at the right address, and the program goes on.
static char* volatile guarded;
static volatile sig_atomic_t faults_seen;
static void allow(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  if ((char*)info->si_addr != guarded + 100) _exit(1);
  ++faults_seen;
  mprotect(guarded, 4096, PROT_READ | PROT_WRITE);
}

static void mappings(uint32_t round) {
  struct sigaction action = {.sa_sigaction = allow, .sa_flags = SA_SIGINFO};
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0);
  const size_t bytes = (64 + round % 64) * 4096;
  char* const pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  for (size_t at = 0; at < bytes; at += 4096) REQUIRE(pages[at] == 0);
  for (size_t at = 0; at < bytes; at += 4096) pages[at] = (char)(at >> 12);
  guarded = pages + 4096 * (round % 64);
  faults_seen = 0;
  REQUIRE(mprotect(guarded, 4096, PROT_READ) == 0);
  ((volatile char*)guarded)[100] = 77;
  REQUIRE(faults_seen == 1 && guarded[100] == 77);
  for (size_t at = 0; at < bytes; at += 4096) REQUIRE(pages[at] == (char)(at >> 12));
  REQUIRE(munmap(pages, bytes) == 0);
}

static void files(uint32_t round) {
  char path[256], renamed[256];
  snprintf(path, sizeof path, "%s/stress-%d", directory, (int)getpid());
  snprintf(renamed, sizeof renamed, "%s/stressed-%d", directory, (int)getpid());
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  REQUIRE(fd >= 0);
  uint32_t block[1024], back[1024], state = round + 5;
  for (int n = 0; n < 64; ++n) {
    for (int word = 0; word < 1024; ++word) block[word] = random_from(&state);
    REQUIRE(pwrite(fd, block, sizeof block, (63 - n) * (off_t)sizeof block) == sizeof block);
  }
  REQUIRE(fsync(fd) == 0);
  state = round + 5;
  uint32_t* const mapped = mmap(NULL, 64 * sizeof block, PROT_READ, MAP_SHARED, fd, 0);
  REQUIRE(mapped != MAP_FAILED);
  for (int n = 0; n < 64; ++n) {
    for (int word = 0; word < 1024; ++word) block[word] = random_from(&state);
    REQUIRE(pread(fd, back, sizeof back, (63 - n) * (off_t)sizeof back) == sizeof back);
    REQUIRE(memcmp(block, back, sizeof back) == 0);
    REQUIRE(memcmp(block, mapped + (63 - n) * 1024, sizeof back) == 0);
  }
  REQUIRE(munmap(mapped, 64 * sizeof block) == 0);
  REQUIRE(rename(path, renamed) == 0);
  REQUIRE(access(path, F_OK) != 0 && errno == ENOENT);
  REQUIRE(unlink(renamed) == 0);
  REQUIRE(close(fd) == 0);
}

static unsigned shared_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void* count_up(void* atomic_count) {
  for (int n = 0; n < 2000; ++n) {
    pthread_mutex_lock(&lock);
    ++shared_count;
    pthread_mutex_unlock(&lock);
    __atomic_add_fetch((unsigned*)atomic_count, 1, __ATOMIC_SEQ_CST);
  }
  return NULL;
}

static void threads(uint32_t round) {
  (void)round;
  pthread_t all[4];
  unsigned atomic_count = 0;
  shared_count = 0;
  for (int n = 0; n < 4; ++n) REQUIRE(pthread_create(&all[n], NULL, count_up, &atomic_count) == 0);
  for (int n = 0; n < 4; ++n) REQUIRE(pthread_join(all[n], NULL) == 0);
  REQUIRE(shared_count == 8000 && atomic_count == 8000);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void timers(uint32_t round) {
  const long nanoseconds = (long)(round % 20 + 1) * 1000000;
  const double before = seconds_now();
  const struct timespec pause = {.tv_nsec = nanoseconds};
  REQUIRE(nanosleep(&pause, NULL) == 0);
  REQUIRE(seconds_now() - before >= (double)nanoseconds * 1e-9);
  double last = seconds_now();
  for (int n = 0; n < 1000; ++n) {
    const double now = seconds_now();
    REQUIRE(now >= last);
    last = now;
  }
}

static void programs(uint32_t round) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", round % 2 ? "exit 3" : "test $((6 * 7)) = 42 && exit 3", (char*)NULL);
    _exit(1);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static const struct {
  const char* name;
  void (*round)(uint32_t);
} stressors[] = {{"integers", integers}, {"floating-point", floating_point},
                 {"memory", memory},     {"forks", forks},
                 {"pipes", pipes},       {"signals", deliver_signals},
                 {"mappings", mappings}, {"files", files},
                 {"threads", threads},   {"timers", timers},
                 {"programs", programs}};
enum { count = sizeof stressors / sizeof *stressors };

static void stress(unsigned which, double until) {
  stressor_name = stressors[which].name;
  uint32_t rounds = 0;
  do stressors[which].round(rounds++);
  while (seconds_now() < until);
  printf("STRESS %s rounds=%u\n", stressor_name, rounds);
  fflush(stdout);
  _exit(0);
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3 || atof(argv[1]) <= 0) {
    fprintf(stderr, "usage: stress-mix SECONDS [DIRECTORY]\n");
    return 2;
  }
  if (argc > 2) directory = argv[2];
  const double until = seconds_now() + atof(argv[1]);
  fflush(stdout);
  pid_t children[count];
  for (unsigned n = 0; n < count; ++n) {
    children[n] = fork();
    if (children[n] < 0) {
      perror("stress-mix: fork");
      return 1;
    }
    if (children[n] == 0) stress(n, until);
  }
  int failed = 0;
  for (unsigned n = 0; n < count; ++n) {
    int status;
    if (waitpid(children[n], &status, 0) == children[n] && status == 0) continue;
    ++failed;
    printf("STRESS-FAIL %s ended with status %x\n", stressors[n].name, status);
  }
  printf("STRESS-DONE stressors=%d failed=%d\n", count, failed);
  return failed != 0;
}
