// DBDMA: channels whose programs lie nowhere, in devices, over each other and over their own descriptors,
// that branch to themselves, that interrupt with every command; and an ATA disk whose data goes to such
// places.
#include "tests/hostile/guest/rt.h"

#define DBDMA (MAC_IO + 0x8000u)
#define ATA (MAC_IO + 0x20000u)
#define CHANNELS 16u
#define ATA_CHANNEL 11u
#define RING (HEAP + 0x10000u)

static void put_command(u32 at, u32 command, u32 count, u32 address, u32 dependent) {
  store32_le(at, command << 16 | count);
  store32_le(at + 4, address);
  store32_le(at + 8, dependent);
  store32_le(at + 12, 0);
}

static void wait(u32 how_long) {
  const u32 start = ticks();
  while (ticks() - start < how_long) {
  }
}

static void start(u32 channel, u32 program) {
  const u32 at = DBDMA + channel * 0x100;
  store32_le(at, 0xffff0000u);
  store32_le(at + 0x0c, program);
  store32_le(at + 0x10, random_number());
  store32_le(at + 0x14, random_number());
  store32_le(at + 0x18, 0);
  store32_le(at, 0x80008000u);
}

static void stop(u32 channel) { store32_le(DBDMA + channel * 0x100, 0x80000000u); }

// A disk read or write of 256 sectors is under way on the first ATA cell.
static void start_disk(u32 command) {
  store8(ATA + 0x60, 0xe0);
  store8(ATA + 0x20, 0);
  store8(ATA + 0x30, 0);
  store8(ATA + 0x40, 0);
  store8(ATA + 0x50, 0);
  store8(ATA + 0x70, command);
}

static u32 somewhere(void) {
  static const u32 places[] = {0xffffffe0u,  0x7ffffff0u, RAM_BYTES - 8, RAM_BYTES,   MAC_IO,       DBDMA,
                               FRAME_BUFFER, 0xfff00000u, RING,          RING + 0x20, RING + 0x100, HEAP};
  return places[random_number() % (sizeof places / sizeof *places)];
}

// Every kind of command with every kind of place, each ring ending in a branch to its beginning.
static void random_ring(u32 at) {
  const u32 commands = 1 + random_number() % 16;
  for (u32 n = 0; n < commands; ++n) {
    const u32 opcode = random_number() % 8 << 12, key = random_number() % 4 ? 0 : random_number() % 8 << 8;
    const u32 conditions = random_number() % 64 & ~3u;
    put_command(at + 16 * n, opcode | (opcode >= 0x4000 && opcode < 0x6000 ? 0x600 : key) | conditions,
                random_number() & 0xffff, somewhere(), random_number() % 2 ? at : somewhere());
  }
  put_command(at + 16 * commands, 0x600c, 0, 0, at);
}

// Commands that replace the commands that follow, or themselves.
static void eat_itself(u32 command) {
  put_command(RING, command, 0x8000, RING, 0);
  put_command(RING + 16, command, 0x8000, RING + 4, 0);
  put_command(RING + 32, 0x600c, 0, 0, RING);
  start(ATA_CHANNEL, RING);
  start_disk(command == 0x3000 ? 0xc8 : 0xca);
  wait(20000);
  stop(ATA_CHANNEL);
}

static void endless(u32 command) {
  for (u32 channel = 0; channel < CHANNELS; ++channel) {
    const u32 ring = RING + 0x1000 * channel;
    put_command(ring, command, 4, ring + 8, ring);
    put_command(ring + 16, 0x600c, 0, 0, ring);
    start(channel, ring);
  }
  wait(30000);
  for (u32 channel = 0; channel < CHANNELS; ++channel) stop(channel);
}

void hostile(void) {
  assign_addresses();
  for (;;) {
    endless(0x600c);  // NOP, branch always
    endless(0x603c);  // the same with an interrupt each time
    endless(0x4600);  // STORE_QUAD over its own branch
    endless(0x5600);  // LOAD_QUAD from there
    endless(0x600f);  // waits, always
    for (u32 n = 0; n < 64; ++n) {
      const u32 channel = n % CHANNELS;
      random_ring(RING + 0x1000 * channel);
      start(channel, n < 48 ? RING + 0x1000 * channel : somewhere());
      if (n % 8 == 0) start_disk(n % 16 ? 0xca : 0xc8);
      wait(200);
    }
    for (u32 channel = 0; channel < CHANNELS; ++channel) stop(channel);
    eat_itself(0x3000);
    eat_itself(0x1000);
    progress("dma");
  }
}
