// POSIX threads: mutexes, conditions, thread-local data, signals to threads, blocking calls beside running
// threads.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { threads = 6, rounds = 20000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int counter, atomic_counter, turn;
static __thread int local;

static void* counts(void* argument) {
  for (int n = 0; n < rounds; n++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    __atomic_fetch_add(&atomic_counter, 1, __ATOMIC_SEQ_CST);
    local++;
  }
  return (void*)(local + (long)argument);
}

static void* takes_turns(void* argument) {
  const int me = (int)(long)argument;
  for (int n = 0; n < 50; n++) {
    pthread_mutex_lock(&mutex);
    while (turn % 3 != me) pthread_cond_wait(&changed, &mutex);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static int ends[2];
static void* writes(void* argument) {
  (void)argument;
  static char block[300000];
  memset(block, 'w', sizeof block);
  const ssize_t n = write(ends[1], block, sizeof block);
  close(ends[1]);
  return (void*)(long)n;
}

static pthread_t interrupted;
static volatile int handled;
static void on_signal(int number) { handled = pthread_equal(pthread_self(), interrupted) ? number : -1; }
static void* sleeps(void* argument) {
  (void)argument;
  struct timespec long_time = {10, 0};
  return (void*)(long)(nanosleep(&long_time, 0) == -1 && errno == EINTR);
}

static void* spins(void* argument) {
  volatile int* stop = argument;
  while (!*stop) {
  }
  return 0;
}

static sem_t semaphore;
static void* posts(void* argument) {
  (void)argument;
  usleep(20000);
  sem_post(&semaphore);
  return 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;
static void initialise(void) { initialised++; }
static pthread_key_t key;
static int destroyed;
static void destroy(void* value) { destroyed += (int)(long)value; }
static void* uses_key(void* value) {
  pthread_once(&once, initialise);
  pthread_setspecific(key, value);
  return pthread_getspecific(key);
}

int main(void) {
  unbuffered();
  pthread_t t[threads];
  long sum = 0;
  void* result;
  for (long n = 0; n < threads; n++) must(pthread_create(&t[n], 0, counts, (void*)n) == 0, "pthread_create");
  for (int n = 0; n < threads; n++) pthread_join(t[n], &result), sum += (long)result;
  printf("counter %d atomic %d sum %ld local %d\n", counter, atomic_counter, sum, local);

  for (long n = 0; n < 3; n++) pthread_create(&t[n], 0, takes_turns, (void*)n);
  for (int n = 0; n < 3; n++) pthread_join(t[n], 0);
  printf("turns %d\n", turn);

  pipe(ends);
  pthread_create(&t[0], 0, writes, 0);
  static char buffer[1000];
  long total = 0;
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) total += n;
  pthread_join(t[0], &result);
  printf("pipe %ld, written %ld\n", total, (long)result);

  signal(SIGUSR1, on_signal);
  pthread_create(&interrupted, 0, sleeps, 0);
  usleep(20000);
  SHOW(pthread_kill(interrupted, SIGUSR1));
  pthread_join(interrupted, &result);
  printf("interrupted %ld, handled there %d\n", (long)result, handled);

  volatile int stop = 0;
  pthread_create(&t[0], 0, spins, (void*)&stop);
  usleep(10000);
  stop = 1;
  SHOW(pthread_join(t[0], 0));

  sem_init(&semaphore, 0, 0);
  pthread_create(&t[0], 0, posts, 0);
  SHOW(sem_wait(&semaphore));
  pthread_join(t[0], 0);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 10000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  SHOW(sem_timedwait(&semaphore, &soon));

  pthread_key_create(&key, destroy);
  for (long n = 0; n < 3; n++) pthread_create(&t[n], 0, uses_key, (void*)(n + 1));
  for (int n = 0; n < 3; n++) pthread_join(t[n], 0);
  printf("once %d destroyed %d\n", initialised, destroyed);

  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  SHOW(pthread_rwlock_rdlock(&lock));
  SHOW(pthread_rwlock_trywrlock(&lock) == EBUSY);
  SHOW(pthread_rwlock_unlock(&lock));
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &kind);
  SHOW(pthread_mutex_lock(&checked));
  SHOW(pthread_mutex_lock(&checked) == EDEADLK);
  printf("EDEADLOCK %d\n", EDEADLOCK);
  return 0;
}
