// Output without end.
#include "tests/hostile/guest/rt.h"

void hostile(void) {
  for (;;) put_text("All work and no play makes Jack a dull boy. ");
}
