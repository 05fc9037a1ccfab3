// ioctl: terminals, and what works on any descriptor.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/process/syscalls.h"
#include "machine/process/terminal.h"

namespace quince::machine::process {

namespace {

// Request numbers as PowerPC composes them (asm/ioctl.h): three bits of direction, 13 of size.
constexpr u32 request(u32 direction, char type, u32 number, u32 size) {
  return direction << 29 | size << 16 | u32{static_cast<unsigned char>(type)} << 8 | number;
}
constexpr u32 io(char type, u32 number) { return request(1, type, number, 0); }
constexpr u32 ior(char type, u32 number, u32 size) { return request(2, type, number, size); }
constexpr u32 iow(char type, u32 number, u32 size) { return request(4, type, number, size); }

enum class Kind : u8 {
  nothing,      // no argument
  value,        // the argument is a number
  read_int,     // int*, the host writes
  write_int,    // int*, the host reads
  read_window,  // winsize*
  write_window,
  read_termios,
  write_termios,
};

struct Request {
  u32 guest;
  unsigned long host;
  Kind kind;
};

constexpr unsigned long host_tcgets = 0x5401, host_tcsets = 0x5402, host_tcsetsw = 0x5403,
                        host_tcsetsf = 0x5404;
constexpr Request requests[] = {
    {io('f', 1), FIOCLEX, Kind::nothing},
    {io('f', 2), FIONCLEX, Kind::nothing},
    {iow('f', 125, 4), FIOASYNC, Kind::write_int},
    {iow('f', 126, 4), FIONBIO, Kind::write_int},
    {ior('f', 127, 4), FIONREAD, Kind::read_int},
    {ior('t', 19, sizeof(GuestTermios)), host_tcgets, Kind::read_termios},
    {iow('t', 20, sizeof(GuestTermios)), host_tcsets, Kind::write_termios},
    {iow('t', 21, sizeof(GuestTermios)), host_tcsetsw, Kind::write_termios},
    {iow('t', 22, sizeof(GuestTermios)), host_tcsetsf, Kind::write_termios},
    {io('t', 29), TCSBRK, Kind::value},
    {io('t', 30), TCXONC, Kind::value},
    {io('t', 31), TCFLSH, Kind::value},
    {iow('t', 103, 8), TIOCSWINSZ, Kind::write_window},
    {ior('t', 104, 8), TIOCGWINSZ, Kind::read_window},
    {ior('t', 115, 4), TIOCOUTQ, Kind::read_int},
    {iow('t', 118, 4), TIOCSPGRP, Kind::write_int},
    {ior('t', 119, 4), TIOCGPGRP, Kind::read_int},
    {0x540c, TIOCEXCL, Kind::nothing},
    {0x540d, TIOCNXCL, Kind::nothing},
    {0x540e, TIOCSCTTY, Kind::value},
    {0x5415, TIOCMGET, Kind::read_int},
    {0x5416, TIOCMBIS, Kind::write_int},
    {0x5417, TIOCMBIC, Kind::write_int},
    {0x5418, TIOCMSET, Kind::write_int},
    {0x5422, TIOCNOTTY, Kind::nothing},
    {0x5424, TIOCGETD, Kind::read_int},
    {0x5425, TCSBRKP, Kind::value},
    {0x5427, TIOCSBRK, Kind::nothing},
    {0x5428, TIOCCBRK, Kind::nothing},
    {0x5429, TIOCGSID, Kind::read_int},
    {ior('T', 0x30, 4), TIOCGPTN, Kind::read_int},
    {iow('T', 0x31, 4), TIOCSPTLCK, Kind::write_int},
};

const Request* find_request(u32 guest) {
  for (const auto& r : requests) {
    if (r.guest == guest) return &r;
  }
  return nullptr;
}

using Window = std::array<be16, 4>;

Result perform(Kernel& k, int file, const Request& r, u32 argument) {
  int number = 0;
  winsize window{};
  HostTermios termios{};
  Result result = 0;
  switch (r.kind) {
    case Kind::nothing: return from_host(ioctl(file, r.host));
    case Kind::value: return interruptible(SYS_ioctl, file, r.host, argument);
    case Kind::write_int:
      number = i32{k.memory.get<be_i32>(argument)};
      return from_host(ioctl(file, r.host, &number));
    case Kind::read_int:
      result = from_host(ioctl(file, r.host, &number));
      if (result >= 0) k.memory.put(argument, be_i32(number));
      return result;
    case Kind::write_window: {
      const auto guest = k.memory.get<Window>(argument);
      window = {guest[0], guest[1], guest[2], guest[3]};
      return from_host(ioctl(file, r.host, &window));
    }
    case Kind::read_window:
      result = from_host(ioctl(file, r.host, &window));
      if (result >= 0) {
        k.memory.put(argument, Window{window.ws_row, window.ws_col, window.ws_xpixel, window.ws_ypixel});
      }
      return result;
    case Kind::write_termios:
      termios = to_host(k.memory.get<GuestTermios>(argument));
      return interruptible(SYS_ioctl, file, r.host, host_address(&termios));
    case Kind::read_termios:
      result = from_host(ioctl(file, r.host, &termios));
      if (result >= 0) k.memory.put(argument, to_guest(termios));
      return result;
  }
  return -ENOTTY;
}

}  // namespace

Result sys_ioctl(Kernel& k, const Arguments& a) {
  const Request* r = find_request(a[1]);
  if (r) return perform(k, signed_word(a[0]), *r, a[2]);
  return fcntl(signed_word(a[0]), F_GETFD) >= 0 ? -ENOTTY : -EBADF;
}

}  // namespace quince::machine::process
