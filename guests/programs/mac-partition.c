// mac-partition DEVICE NAME:TYPE:MEGABYTES...   gives a disk an Apple partition map: 1 is the map itself, the
// partitions follow in their order from 2 on, the last entry is what is left. 0 megabytes: all that is left.
// Whatever was there is lost. (Inside Macintosh: Devices, "The Partition Map".)
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { block = 512, blocks_per_megabyte = 2048, map_blocks = 63, most_entries = 16 };
enum { usable = 0x33, usable_hfs = 0x7f };  // valid, allocated, readable, writable; and mounted at start

// Big-endian, as this processor is. One block each.
struct driver_map {
  char signature[2];
  uint16_t block_bytes;
  uint32_t blocks;
  char zero[block - 8];
};
struct entry {
  char signature[2];
  uint16_t zero;
  uint32_t entries, first, blocks;
  char name[32], type[32];
  uint32_t data_first, data_blocks, status;
  char rest[block - 92];
};

static void die(const char* what) {
  fprintf(stderr, "mac-partition: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct entry make_entry(const char* name, const char* type, uint32_t first, uint32_t blocks,
                               uint32_t status) {
  struct entry entry = {.signature = {'P', 'M'}, .first = first, .blocks = blocks, .data_blocks = blocks};
  snprintf(entry.name, sizeof entry.name, "%s", name);
  snprintf(entry.type, sizeof entry.type, "%s", type);
  entry.status = status;
  return entry;
}

// NAME:TYPE:MEGABYTES, from block `first` of `end`.
static struct entry parse(const char* text, uint32_t first, uint32_t end) {
  char name[32], type[32];
  unsigned megabytes;
  if (sscanf(text, "%31[^:]:%31[^:]:%u", name, type, &megabytes) != 3) {
    fprintf(stderr, "mac-partition: not NAME:TYPE:MEGABYTES: %s\n", text);
    exit(2);
  }
  const uint32_t left = end - first, blocks = megabytes ? megabytes * blocks_per_megabyte : left;
  if (left == 0 || megabytes > left / blocks_per_megabyte) {
    fprintf(stderr, "mac-partition: no room for %s\n", text);
    exit(1);
  }
  return make_entry(name, type, first, blocks, strcmp(type, "Apple_HFS") ? usable : usable_hfs);
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > most_entries) {
    fprintf(stderr, "mac-partition DEVICE NAME:TYPE:MEGABYTES...\n");
    return 2;
  }
  const int fd = open(argv[1], O_RDWR);
  uint64_t bytes = 0;
  if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) != 0) die(argv[1]);
  const uint32_t end = (uint32_t)(bytes / block);
  const struct driver_map driver = {.signature = {'E', 'R'}, .block_bytes = block, .blocks = end};
  struct entry map[most_entries] = {make_entry("Apple", "Apple_partition_map", 1, map_blocks, 0)};
  uint32_t count = 1, first = 1 + map_blocks;
  for (int n = 2; n < argc; ++n, ++count) {
    map[count] = parse(argv[n], first, end);
    first += map[count].blocks;
  }
  if (first < end) map[count++] = make_entry("Extra", "Apple_Free", first, end - first, 0);
  for (uint32_t n = 0; n < count; ++n) map[n].entries = count;
  if (pwrite(fd, &driver, block, 0) != block) die(argv[1]);
  if (pwrite(fd, map, count * block, block) != (ssize_t)(count * block)) die(argv[1]);
  if (fsync(fd) != 0 || ioctl(fd, BLKRRPART) != 0) die(argv[1]);
  return 0;
}
