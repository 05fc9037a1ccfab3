// Waiting for descriptors: poll, select, epoll, eventfd; and local sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

static void ignore(int number) { (void)number; }

static void polls(void) {
  int ends[2];
  pipe(ends);
  struct pollfd files[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {99, POLLIN, 0}};
  SHOW(poll(files, 3, 0));
  printf("%x %x %x\n", files[0].revents, files[1].revents, files[2].revents);
  SHOW(poll(files, 1, 20));
  write(ends[1], "x", 1);
  SHOW(poll(files, 1, -1));
  printf("%x\n", files[0].revents);
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  struct timeval wait = {1, 0};
  SHOW(select(ends[1] + 1, &in, &out, 0, &wait));
  printf("%d %d\n", FD_ISSET(ends[0], &in) != 0, FD_ISSET(ends[1], &out) != 0);
  char c;
  read(ends[0], &c, 1);
  FD_ZERO(&in);
  FD_SET(ends[0], &in);
  wait = (struct timeval){0, 10000};
  SHOW(select(ends[0] + 1, &in, 0, 0, &wait));
  SHOW(FD_ISSET(ends[0], &in) != 0);
  // A closed descriptor that every kernel looks at: select ignores those beyond the table of open files,
  // which never has fewer than 64 entries.
  close(60);
  FD_SET(60, &in);
  SHOW(select(61, &in, 0, 0, &wait));
  close(ends[1]);
  SHOW(poll(files, 1, -1));
  printf("%x\n", files[0].revents);
  // A signal that only ppoll lets through.
  sigset_t blocked, none;
  sigemptyset(&none), sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  signal(SIGALRM, ignore);
  sigprocmask(SIG_BLOCK, &blocked, 0);
  struct itimerval timer = {.it_value = {0, 10000}};
  setitimer(ITIMER_REAL, &timer, 0);
  usleep(30000);
  SHOW(ppoll(0, 0, 0, &none));
  struct timespec soon = {0, 1000000};
  SHOW(pselect(0, 0, 0, 0, &soon, &none));
}

static void epolls(void) {
  int e = epoll_create1(EPOLL_CLOEXEC), f = eventfd(0, EFD_NONBLOCK);
  struct epoll_event event = {EPOLLIN, {.u64 = 0x123456789abcdefULL}}, got[4];
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, f, &event));
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, f, &event));
  SHOW(epoll_wait(e, got, 4, 10));
  unsigned long long value = 5;
  SHOW(write(f, &value, 8) == 8);
  SHOW(epoll_wait(e, got, 4, -1));
  printf("%x %llx\n", got[0].events, (unsigned long long)got[0].data.u64);
  value = 0;
  SHOW(read(f, &value, 8) == 8);
  SHOW(read(f, &value, 8));
  SHOW(epoll_ctl(e, EPOLL_CTL_DEL, f, 0));
  SHOW(epoll_wait(e, got, 0, 0));
}

static void sockets(void) {
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  SHOW(send(pair[0], "hello", 5, 0));
  char text[32] = "";
  SHOW(recv(pair[1], text, sizeof text, 0));
  printf("%s\n", text);
  int kind = 0;
  socklen_t size = sizeof kind;
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &kind, &size));
  SHOW(kind == SOCK_STREAM && size == 4);
  struct timeval limit = {0, 20000}, back = {0};
  SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  size = sizeof back;
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &back, &size));
  printf("%d %d %u\n", (int)back.tv_sec, (int)back.tv_usec > 0, (unsigned)size);
  SHOW(recv(pair[0], text, 1, 0));
  int pipe_ends[2];
  pipe(pipe_ends);
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
  struct iovec data = {"d", 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr* c = CMSG_FIRSTHDR(&message);
  *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &pipe_ends[1], sizeof(int));
  SHOW(sendmsg(pair[0], &message, 0));
  memset(control, 0, sizeof control);
  data.iov_base = text;
  message.msg_controllen = sizeof control;
  SHOW(recvmsg(pair[1], &message, 0));
  c = CMSG_FIRSTHDR(&message);
  int passed = -1;
  if (c && c->cmsg_type == SCM_RIGHTS) memcpy(&passed, CMSG_DATA(c), sizeof passed);
  SHOW(write(passed, "p", 1));
  SHOW(read(pipe_ends[0], text, 1));
  SHOW(shutdown(pair[0], SHUT_WR));
  SHOW(recv(pair[1], text, 1, 0));

  int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, peer;
  SHOW(bind(server, (struct sockaddr*)&address, sizeof address));
  SHOW(listen(server, 1));
  size = sizeof address;
  SHOW(getsockname(server, (struct sockaddr*)&address, &size));
  printf("%d %s %d %u\n", address.sin_family, inet_ntoa(address.sin_addr), address.sin_port != 0,
         (unsigned)size);
  SHOW(connect(client, (struct sockaddr*)&address, sizeof address));
  size = sizeof peer;
  int served = accept(server, (struct sockaddr*)&peer, &size);
  printf("accepted %d from %s\n", served >= 0, inet_ntoa(peer.sin_addr));
  SHOW(send(client, "over IP", 8, MSG_NOSIGNAL));
  SHOW(recvfrom(served, text, sizeof text, 0, 0, 0));
  printf("%s\n", text);
}

int main(void) {
  unbuffered();
  polls();
  epolls();
  sockets();
  return 0;
}
