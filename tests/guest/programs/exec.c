// exec of this program itself, posix_spawn and vfork: what is kept, what is reset, how each fails.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char** environ;
static char scratch[] = SCRATCH;
static const char* self;

static int child_of_exec(int argc, char** argv) {
  printf("exec'd: argc %d, argv[0] %s, argv[2] %s, X %s\n", argc, argv[0], argv[2], getenv("X"));
  printf("closed %d, open %d\n", fcntl(70, F_GETFD), fcntl(71, F_GETFD) >= 0);
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("ignored stays %d", action.sa_handler == SIG_IGN);
  sigaction(SIGUSR2, 0, &action);
  printf(", handled resets %d\n", action.sa_handler == SIG_DFL);
  sigset_t set;
  sigprocmask(SIG_BLOCK, 0, &set);
  printf("mask stays %d\n", sigismember(&set, SIGHUP));
  return 42;
}

static void handler(int number) { (void)number; }

static void show_status(const char* what, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
}

static void execs(void) {
  int status;
  int a = open("/dev/null", O_RDONLY);
  dup3(a, 70, O_CLOEXEC);
  dup2(a, 71);
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, handler);
  pid_t child = fork();
  if (child == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, 0);
    execle(self, "name", "child", "two words", (char*)0, (char*[]){"X=y z", 0});
    _exit(1);
  }
  waitpid(child, &status, 0);
  show_status("exec'd child", status);
  SHOW(execl("/missing", "x", (char*)0));
  SHOW(execl("/tmp", "x", (char*)0));
  SHOW(execl("/etc/passwd", "x", (char*)0));
  char* large = malloc(1 << 20);
  memset(large, 0x61, (1 << 20) - 1);
  large[(1 << 20) - 1] = 0;
  SHOW(execl(self, self, large, (char*)0));
  char* argv[] = {(char*)self, "status", 0};
  SHOW(posix_spawn(&child, self, 0, 0, argv, environ));
  waitpid(child, &status, 0);
  show_status("spawned", status);
  child = vfork();
  if (child == 0) {
    _exit(7);
  }
  waitpid(child, &status, 0);
  show_status("vfork", status);
  printf("the parent waited for the child: %d\n", waitpid(-1, 0, 0) == -1);
}

// A script runs the interpreter that its first line names, if that is a PowerPC program.
static void scripts(void) {
  int status;
  must(mkdtemp(scratch) != 0, "scratch");
  char script[64], other[64];
  snprintf(script, sizeof script, "%s/script", scratch);
  snprintf(other, sizeof other, "%s/other", scratch);
  FILE* f = fopen(script, "w");
  fprintf(f, "#!%s script with one argument \nrest\n", self);
  fclose(f);
  SHOW(execl(script, "x", (char*)0));
  chmod(script, 0755);
  pid_t child = fork();
  if (child == 0) {
    execl(script, "x", "last", (char*)0);
    _exit(1);
  }
  waitpid(child, &status, 0);
  show_status("script", status);
  f = fopen(other, "w");
  fprintf(f, "#! /missing\n");
  fclose(f);
  chmod(other, 0755);
  SHOW(execl(other, "x", (char*)0));
  unlink(script), unlink(other), rmdir(scratch);
}

int main(int argc, char** argv) {
  unbuffered();
  if (argc > 2 && strncmp(argv[1], "script", 6) == 0) {
    printf("interpreter: argc %d [%s] [%s]\n", argc, argv[1], argv[3]);
    return 8;
  }
  if (argc > 1 && strcmp(argv[1], "child") == 0) return child_of_exec(argc, argv);
  if (argc > 1 && strcmp(argv[1], "status") == 0) return 9;
  self = realpath(argv[0], 0);
  must(self != 0, "own path");
  execs();
  scripts();
  return 0;
}
