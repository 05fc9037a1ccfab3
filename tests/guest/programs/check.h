// What the programs of this folder share. Each prints what it finds; the expected text is beside it.
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void unbuffered(void) { setvbuf(stdout, 0, _IONBF, 0); }

// "what: value", or "what: -1 ENAME" if a call failed.
static inline void show(const char* what, long value) {
  if (value == -1)
    printf("%s: -1 %s\n", what, strerrorname_np(errno));
  else
    printf("%s: %ld\n", what, value);
}

#define SHOW(expression) show(#expression, (long)(expression))

static inline void must(int good, const char* what) {
  if (good) return;
  printf("%s: failed, %s\n", what, strerror(errno));
  exit(99);
}

#define SCRATCH "/tmp/quince-guest-XXXXXX"  // for mkdtemp

#endif
