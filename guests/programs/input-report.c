// input-report [SECONDS]: a line for each event of keyboard and mouse, until nothing has come for so long
// (default: for ever). The kernel's names and numbers are in linux/input-event-codes.h.
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { most_devices = 8 };

static int open_devices(struct pollfd* devices) {
  int count = 0;
  for (int n = 0; n < most_devices; ++n) {
    char path[32];
    snprintf(path, sizeof path, "/dev/input/event%d", n);
    const int fd = open(path, O_RDONLY);
    if (fd >= 0) devices[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
  return count;
}

static void report(const struct input_event* event) {
  if (event->type == EV_KEY)
    printf("KEY %d %s\n", event->code, event->value == 1 ? "down" : event->value ? "again" : "up");
  if (event->type == EV_REL) printf("MOVE %s %d\n", event->code == REL_X ? "x" : "y", event->value);
  fflush(stdout);
}

int main(int argc, char** argv) {
  const int patience = argc > 1 ? (int)(1000 * strtod(argv[1], NULL)) : -1;
  struct pollfd devices[most_devices];
  const int count = open_devices(devices);
  if (count == 0) {
    fprintf(stderr, "input-report: no /dev/input/event*\n");
    return 1;
  }
  printf("INPUT READY\n");
  fflush(stdout);
  while (poll(devices, (nfds_t)count, patience) > 0) {
    for (int n = 0; n < count; ++n) {
      struct input_event event;
      if ((devices[n].revents & POLLIN) && read(devices[n].fd, &event, sizeof event) == sizeof event)
        report(&event);
    }
  }
  printf("INPUT END\n");
  return 0;
}
