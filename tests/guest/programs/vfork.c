// What qemu-ppc does not do: the child of a vfork works on its parent's memory, so posix_spawn reports
// errors.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile int shared;

int main(void) {
  unbuffered();
  int status;
  volatile char* large = malloc(1 << 20);
  pid_t child = vfork();
  if (child == 0) {
    shared = 5;
    large[500000] = 6;
    _exit(1);
  }
  printf("%d %d\n", shared, large[500000]);
  waitpid(child, &status, 0);
  char *argv[] = {"x", 0}, *none[] = {0};
  int error = posix_spawn(&child, "/missing", 0, 0, argv, none);
  printf("posix_spawn: %s\n", strerrorname_np(error));
  SHOW(waitpid(-1, &status, 0));
  return 0;
}
