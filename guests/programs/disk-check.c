// disk-check write DIRECTORY SEED MEGABYTES   writes files of many sizes, each made durable before the next
// disk-check verify DIRECTORY SEED FILES      reads the first FILES of them back and compares every byte
//
// Contents follow from seed and file number alone, so that a second boot needs no notes of the first. After
// each file that will survive a crash there is a line "SYNCED n": n files are there from now on.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { large_bytes = 4 << 20, small_bytes = 128 << 10, files_per_large = 16, block_bytes = 64 << 10 };

static uint64_t next_random(uint64_t* state) {  // xorshift64*
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dULL;
}

static uint64_t state_of(uint64_t seed, unsigned file) {
  uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ULL + file * 0xbf58476d1ce4e5b9ULL + 1;
  next_random(&state);
  return state;
}

// Every 16th file is large; the others have any length up to 128 KiB, some of them none.
static size_t size_of(uint64_t seed, unsigned file) {
  if (file % files_per_large == files_per_large - 1) return large_bytes;
  uint64_t state = state_of(~seed, file);
  return next_random(&state) % 8 == 0 ? file % 3 : next_random(&state) % small_bytes;
}

static void fill(uint64_t* state, unsigned char* block, size_t bytes) {
  for (size_t n = 0; n < bytes; ++n) {
    static uint64_t word;
    if (n % 8 == 0) word = next_random(state);
    block[n] = (unsigned char)(word >> 8 * (n % 8));
  }
}

static void die(const char* what, const char* name) {
  printf("DISK-CHECK failed: %s %s: %s\n", what, name, strerror(errno));
  exit(1);
}

static void write_all(int fd, const unsigned char* from, size_t bytes, const char* name) {
  while (bytes != 0) {
    const ssize_t written = write(fd, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) die("writing", name);
    from += written;
    bytes -= (size_t)written;
  }
}

static void read_all(int fd, unsigned char* to, size_t bytes, const char* name) {
  while (bytes != 0) {
    const ssize_t got = read(fd, to, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) die("reading", name);
    if (got == 0) {
      printf("DISK-CHECK failed: %s is too short\n", name);
      exit(1);
    }
    to += got;
    bytes -= (size_t)got;
  }
}

static void path_of(char* path, size_t room, const char* directory, unsigned file) {
  snprintf(path, room, "%s/check-%05u", directory, file);
}

static void sync_directory(const char* directory) {
  const int fd = open(directory, O_RDONLY | O_DIRECTORY);
  if (fd < 0) die("opening", directory);
  if (fsync(fd) != 0) die("syncing", directory);
  close(fd);
}

static size_t write_file(const char* directory, uint64_t seed, unsigned file) {
  static unsigned char block[block_bytes];
  char path[512];
  path_of(path, sizeof path, directory, file);
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) die("creating", path);
  uint64_t state = state_of(seed, file);
  const size_t size = size_of(seed, file);
  for (size_t at = 0; at < size; at += block_bytes) {
    const size_t bytes = size - at < block_bytes ? size - at : block_bytes;
    fill(&state, block, bytes);
    write_all(fd, block, bytes, path);
  }
  if (fsync(fd) != 0) die("syncing", path);
  if (close(fd) != 0) die("closing", path);
  sync_directory(directory);
  return size;
}

static size_t verify_file(const char* directory, uint64_t seed, unsigned file) {
  static unsigned char expected[block_bytes], found[block_bytes];
  char path[512];
  path_of(path, sizeof path, directory, file);
  const int fd = open(path, O_RDONLY);
  if (fd < 0) die("opening", path);
  uint64_t state = state_of(seed, file);
  const size_t size = size_of(seed, file);
  for (size_t at = 0; at < size; at += block_bytes) {
    const size_t bytes = size - at < block_bytes ? size - at : block_bytes;
    fill(&state, expected, bytes);
    read_all(fd, found, bytes, path);
    for (size_t n = 0; n < bytes; ++n) {
      if (expected[n] == found[n]) continue;
      printf("DISK-CHECK failed: %s differs at byte %zu: %02x, not %02x\n", path, at + n, found[n],
             expected[n]);
      exit(1);
    }
  }
  unsigned char beyond;
  if (read(fd, &beyond, 1) != 0) {
    printf("DISK-CHECK failed: %s is too long\n", path);
    exit(1);
  }
  close(fd);
  return size;
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 5 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "verify") != 0)) {
    fprintf(stderr,
            "usage: disk-check write DIRECTORY SEED MEGABYTES | disk-check verify DIRECTORY SEED FILES\n");
    return 2;
  }
  const uint64_t seed = strtoull(argv[3], NULL, 0), limit = strtoull(argv[4], NULL, 0);
  uint64_t bytes = 0;
  unsigned files = 0;
  if (strcmp(argv[1], "write") == 0) {
    while (bytes < limit << 20) {
      bytes += write_file(argv[2], seed, files++);
      printf("SYNCED %u\n", files);
    }
  } else {
    while (files < limit) bytes += verify_file(argv[2], seed, files++);
  }
  printf("DISK-CHECK %s files=%u bytes=%llu\n", argv[1], files, (unsigned long long)bytes);
  return 0;
}
