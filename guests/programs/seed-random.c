// Gives the kernel's random numbers a fixed seed. A guest without sources of randomness would otherwise wait
// for seconds at the first program that asks, and no two runs would be alike. For tests only.
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(void) {
  struct {
    struct rand_pool_info info;
    unsigned char bytes[64];
  } seed = {.info = {.entropy_count = 512, .buf_size = 64}};
  for (unsigned n = 0; n < sizeof seed.bytes; ++n) seed.bytes[n] = (unsigned char)(n * 167 + 13);
  const int fd = open("/dev/random", O_WRONLY);
  if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed) != 0) {
    perror("seed-random");
    return 1;
  }
  return 0;
}
