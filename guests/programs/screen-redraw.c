// screen-redraw [SECONDS]: draws the whole screen (32 bits per pixel) as often as it can for so long (default
// 5), each time other colours, and says how often that was.
#include <fcntl.h>
#include <linux/fb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void draw(uint32_t* line, uint32_t width, uint32_t height, uint32_t stride, uint32_t colour) {
  for (uint32_t y = 0; y < height; ++y, line += stride, colour += 0x100) {
    for (uint32_t x = 0; x < width; ++x) line[x] = colour + x;
  }
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? strtod(argv[1], NULL) : 5;
  struct fb_fix_screeninfo fixed;
  struct fb_var_screeninfo variable;
  const int fd = open("/dev/fb0", O_RDWR);
  if (fd < 0 || ioctl(fd, FBIOGET_FSCREENINFO, &fixed) != 0 ||
      ioctl(fd, FBIOGET_VSCREENINFO, &variable) != 0) {
    perror("screen-redraw: /dev/fb0");
    return 1;
  }
  uint32_t* pixels = mmap(NULL, fixed.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pixels == MAP_FAILED || variable.bits_per_pixel != 32) {
    fprintf(stderr, "screen-redraw: needs a screen with 32 bits per pixel\n");
    return 1;
  }
  const double start = now();
  long frames = 0;
  while (now() - start < seconds) {
    draw(pixels, variable.xres, variable.yres, fixed.line_length / 4, (uint32_t)frames * 0x50301);
    ++frames;
  }
  printf("SCREEN %ux%ux%u FRAMES %ld PER SECOND %.1f\n", variable.xres, variable.yres,
         variable.bits_per_pixel, frames, (double)frames / (now() - start));
  return 0;
}
