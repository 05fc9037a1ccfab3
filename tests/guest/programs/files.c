// Open files: flags, reading and writing in all ways, seeking beyond 32 bits, locks, descriptors.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static char scratch[] = SCRATCH;

static void offsets(void) {
  int f = open("large", O_RDWR | O_CREAT | O_TRUNC | O_LARGEFILE, 0640);
  printf("llseek %lld\n", (long long)lseek64(f, 0x123456789aLL, SEEK_SET));
  printf("pwrite %zd\n", pwrite64(f, "x", 1, 0x100000002LL));
  struct stat64 s;
  fstat64(f, &s);
  printf("size %lld mode %o links %u blksize %d\n", (long long)s.st_size, s.st_mode, (unsigned)s.st_nlink,
         s.st_blksize > 0);
  struct stat small;
  SHOW(fstat(f, &small));
  char c = 0;
  printf("pread %zd %c\n", pread64(f, &c, 1, 0x100000002LL), c);
  printf("SEEK_END %lld\n", (long long)lseek64(f, -1, SEEK_END));
  SHOW(lseek(f, 0, SEEK_CUR));
  SHOW(ftruncate64(f, 0x1ffffffffLL));
  fstat64(f, &s);
  printf("size %lld\n", (long long)s.st_size);
  SHOW(truncate64("large", 5));
  SHOW(lseek(f, -1, SEEK_SET));
  SHOW(posix_fadvise(f, 0, 0, POSIX_FADV_SEQUENTIAL));
  SHOW(posix_fallocate(f, 0, 100));
  SHOW(lseek(f, 0, SEEK_END));
  close(f);
}

static void vectors(void) {
  int f = open("vectors", O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct iovec out[3] = {{"one ", 4}, {"", 0}, {"two three", 9}};
  SHOW(writev(f, out, 3));
  char a[6] = "", b[20] = "";
  struct iovec in[2] = {{a, 5}, {b, 19}};
  SHOW(lseek(f, 0, SEEK_SET));
  SHOW(readv(f, in, 2));
  printf("[%s][%s]\n", a, b);
  SHOW(preadv(f, in, 1, 4));
  printf("[%s]\n", a);
  SHOW(pwritev(f, out, 1, 9));
  SHOW(writev(f, out, -1));
  SHOW(writev(f, (struct iovec*)8, 1));
  SHOW(write(f, (void*)8, 1));
  SHOW(read(f, (void*)8, 1));
  SHOW(read(77, a, 1));
  int g = open("copy", O_RDWR | O_CREAT, 0600);
  off_t from = 4;
  SHOW(sendfile(g, f, &from, 5));
  SHOW(from);
  SHOW(lseek(g, 0, SEEK_END));
  close(f), close(g);
}

static void descriptors(void) {
  int f = open("vectors", O_RDONLY | O_CLOEXEC);
  SHOW(fcntl(f, F_GETFD));
  SHOW(fcntl(f, F_SETFD, 0));
  SHOW(fcntl(f, F_GETFD));
  SHOW(fcntl(f, F_DUPFD, 40));
  SHOW(fcntl(f, F_DUPFD_CLOEXEC, 50));
  SHOW(fcntl(50, F_GETFD));
  SHOW(dup2(f, 60));
  SHOW(dup3(f, f, 0));
  SHOW(dup3(f, 61, O_CLOEXEC));
  SHOW(close(61));
  SHOW(close(61));
  printf("flags %o\n", fcntl(f, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  SHOW(fcntl(f, F_SETFL, O_NONBLOCK | O_APPEND));
  printf("flags %o\n",
         fcntl(f, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_NOFOLLOW | O_DIRECTORY));
  close(f);
  SHOW(open("vectors", O_DIRECTORY | O_RDONLY));
  SHOW(symlink("vectors", "link"));
  SHOW(open("link", O_NOFOLLOW | O_RDONLY));
  SHOW(open("vectors", O_CREAT | O_EXCL, 0600));
  SHOW(open("missing", O_RDONLY));
  SHOW(open(".", O_WRONLY));
  int d = open(".", O_DIRECTORY | O_RDONLY);
  printf("directory %s, its flags %o\n", d >= 0 ? "open" : "not open",
         fcntl(d, F_GETFL) & (O_ACCMODE | O_DIRECTORY | O_NOFOLLOW));
  int at = openat(d, "vectors", O_RDONLY);
  int bytes = 0;
  SHOW(ioctl(at, FIONREAD, &bytes));
  SHOW(bytes);
  close(at), close(d);
}

static void locks(void) {
  int f = open("vectors", O_RDWR);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
  SHOW(fcntl(f, F_SETLK, &lock));
  lock.l_type = F_RDLCK;
  SHOW(fcntl(f, F_GETLK, &lock));
  SHOW(lock.l_type == F_UNLCK);
  struct flock64 wide = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x200000000LL, .l_len = 1};
  SHOW(fcntl64(f, F_SETLK64, &wide));
  SHOW(fcntl64(f, F_GETLK64, &wide));
  close(f);
}

int main(void) {
  unbuffered();
  must(mkdtemp(scratch) && chdir(scratch) == 0, "scratch");
  offsets();
  vectors();
  descriptors();
  locks();
  must(chdir("/") == 0, "leave");
  char command[80];
  const char* names[] = {"large", "vectors", "copy", "link"};
  for (int n = 0; n < 4; n++) {
    snprintf(command, sizeof command, "%s/%s", scratch, names[n]);
    SHOW(unlink(command));
  }
  SHOW(rmdir(scratch));
  return 0;
}
