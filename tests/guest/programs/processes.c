// Processes: fork, waiting in its forms, pipes, stopping and continuing.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void show_status(const char* what, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
}

static void forks(void) {
  int status, ends[2];
  volatile int mine = 1;
  pipe(ends);
  pid_t child = fork();
  if (child == 0) {
    mine = 2;
    char text[32];
    int n = snprintf(text, sizeof text, "from the child %d %d", mine, getppid() > 0);
    write(ends[1], text, n + 1);
    _exit(300);
  }
  char text[32] = "";
  SHOW(waitpid(child, &status, 0) == child);
  show_status("child", status);
  SHOW(read(ends[0], text, sizeof text));
  printf("%s, here %d\n", text, mine);
  SHOW(waitpid(child, &status, 0));
  SHOW(waitpid(-1, &status, WNOHANG));
  close(ends[1]);
  SHOW(read(ends[0], text, 1));
  close(ends[0]);
  for (int number = 1; number <= 3; number++) {
    child = fork();
    if (child == 0) {
      raise(number == 1 ? SIGTERM : number == 2 ? SIGKILL : SIGHUP);
      _exit(1);
    }
    waitpid(child, &status, 0);
    show_status("killed child", status);
  }
  child = fork();
  if (child == 0) {
    pause();
    _exit(1);
  }
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(kill(child, SIGKILL));
  siginfo_t info = {0};
  SHOW(waitid(P_PID, child, &info, WEXITED));
  printf("waitid: signo %d code %d status %d\n", info.si_signo, info.si_code == CLD_KILLED, info.si_status);
  struct rusage usage;
  child = fork();
  if (child == 0) _exit(3);
  SHOW(wait4(child, &status, 0, &usage) == child);
  show_status("wait4", status);
  child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(4);
  }
  waitpid(child, &status, WUNTRACED);
  printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  show_status("continued", status);
}

int main(void) {
  unbuffered();
  forks();
  return 0;
}
