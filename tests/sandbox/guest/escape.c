// Does what its arguments say, WHAT =NAME, and tells how it went: "WHAT: ok", or the error's name. (The sign
// keeps a name from being one that the command line gives to the program.)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char* what, int failed) {
  printf("%s: %s\n", what, failed ? strerrorname_np(errno) : "ok");
  fflush(stdout);
}

static void connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  tell("connect", s < 0 || connect(s, (struct sockaddr*)&address, sizeof address) != 0);
}

static void in_child(void) {
  int status = 0;
  fflush(stdout);
  if (fork() == 0) {
    tell("child reads passwd", open("/etc/passwd", O_RDONLY) < 0);
    _exit(0);
  }
  wait(&status);
}

int main(int argc, char** argv) {
  for (int n = 1; n + 1 < argc; n += 2) {
    const char *what = argv[n], *name = argv[n + 1] + (*argv[n + 1] == '=');
    if (!strcmp(what, "read")) tell("read", open(name, O_RDONLY) < 0);
    if (!strcmp(what, "write")) tell("write", open(name, O_WRONLY | O_CREAT, 0600) < 0);
    if (!strcmp(what, "remove")) tell("remove", unlink(name) != 0);
    if (!strcmp(what, "mode")) tell("mode", chmod(name, 0640) != 0);
    if (!strcmp(what, "cut")) tell("cut", truncate(name, 3) != 0);
    if (!strcmp(what, "list")) tell("list", open(name, O_RDONLY | O_DIRECTORY) < 0);
    if (!strcmp(what, "execute")) tell("execute", execl(name, name, (char*)0) != 0);
    if (!strcmp(what, "connect")) connect_to(atoi(name));
    if (!strcmp(what, "signal")) tell("signal", kill(atoi(name), SIGTERM) != 0);
    if (!strcmp(what, "fork")) in_child();
  }
  return 0;
}
