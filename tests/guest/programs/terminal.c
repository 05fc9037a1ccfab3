// Pseudo terminals: sizes, settings, data.
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

enum { skipped = 77 };

int main(void) {
  struct winsize size = {33, 101, 0, 0}, got = {0};
  struct termios settings, again;
  int master, slave;
  SHOW(isatty(open("/dev/null", O_RDONLY)));
  if (openpty(&master, &slave, 0, 0, &size) != 0) {
    fprintf(stderr, "the host has no pseudo terminals\n");
    return skipped;
  }
  SHOW(isatty(slave));
  SHOW(ioctl(slave, TIOCGWINSZ, &got));
  printf("%d x %d\n", got.ws_row, got.ws_col);
  SHOW(tcgetattr(slave, &settings));
  printf("i %x o %x c %x l %x\n", settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag);
  printf("intr %d erase %d eof %d min %d time %d start %d susp %d speed %d\n", settings.c_cc[VINTR],
         settings.c_cc[VERASE], settings.c_cc[VEOF], settings.c_cc[VMIN], settings.c_cc[VTIME],
         settings.c_cc[VSTART], settings.c_cc[VSUSP], cfgetospeed(&settings) == B38400);
  cfmakeraw(&settings);
  settings.c_cc[VMIN] = 3, settings.c_cc[VTIME] = 4;
  SHOW(tcsetattr(slave, TCSANOW, &settings));
  SHOW(tcgetattr(slave, &again));
  printf("same %d\n", again.c_lflag == settings.c_lflag && again.c_iflag == settings.c_iflag &&
                          again.c_cflag == settings.c_cflag && again.c_oflag == settings.c_oflag &&
                          again.c_cc[VMIN] == 3 && again.c_cc[VTIME] == 4);
  SHOW(write(master, "raw\n", 4));
  char text[8] = "";
  SHOW(read(slave, text, 4));
  int waiting = -1;
  SHOW(ioctl(slave, FIONREAD, &waiting));
  SHOW(waiting);
  return 0;
}
