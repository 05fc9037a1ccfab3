// Sockets of the families that programs mostly use: unix, IPv4, IPv6.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr u32 longest_option = 256;

// An address with the two numbers that are not in network order: family, and IPv6's scope.
struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

void swap_scope(sockaddr_storage& storage, u64 bytes) {
  if (storage.ss_family != AF_INET6 || bytes < sizeof(sockaddr_in6)) return;
  auto& scope = reinterpret_cast<sockaddr_in6&>(storage).sin6_scope_id;
  scope = ppc::swap_bytes(scope);
}

std::optional<Address> get_address(Kernel& k, u32 at, u32 bytes) {
  Address result;
  if (bytes > sizeof(result.storage)) return {};
  if (!at) return result;
  std::memcpy(&result.storage, k.memory.readable(at, bytes), bytes);
  result.storage.ss_family = ppc::swap_bytes(result.storage.ss_family);
  swap_scope(result.storage, bytes);
  result.bytes = bytes;
  return result;
}

// Stores what fits, and the full length.
void put_address(Kernel& k, Address address, u32 at, u32 length_at) {
  if (!at || !length_at) return;
  const u32 room = k.memory.get<be32>(length_at);
  swap_scope(address.storage, address.bytes);
  address.storage.ss_family = ppc::swap_bytes(address.storage.ss_family);
  const u32 bytes = std::min<u32>(room, std::min<u32>(address.bytes, sizeof(address.storage)));
  std::memcpy(k.memory.writable(at, bytes), &address.storage, bytes);
  k.memory.written(at, bytes);
  k.memory.put(length_at, be32(address.bytes));
}

Result name_of(Kernel& k, const Arguments& a, int (*call)(int, sockaddr*, socklen_t*)) {
  Address address;
  address.bytes = sizeof(address.storage);
  if (call(signed_word(a[0]), address.get(), &address.bytes) != 0) return -errno;
  put_address(k, address, a[1], a[2]);
  return 0;
}

}  // namespace

Result sys_socket(Kernel& k, const Arguments& a) {
  return k.note_refusal(from_host(socket(signed_word(a[0]), signed_word(a[1]), signed_word(a[2]))), "");
}
Result sys_socketpair(Kernel& k, const Arguments& a) {
  int ends[2];
  k.memory.writable(a[3], 8);
  if (socketpair(signed_word(a[0]), signed_word(a[1]), signed_word(a[2]), ends) != 0) return -errno;
  put_words(k, a[3], {static_cast<u32>(ends[0]), static_cast<u32>(ends[1])});
  return 0;
}
Result sys_bind(Kernel& k, const Arguments& a) {
  auto address = get_address(k, a[1], a[2]);
  return address ? from_host(bind(signed_word(a[0]), address->get(), address->bytes)) : -EINVAL;
}
Result sys_connect(Kernel& k, const Arguments& a) {
  auto address = get_address(k, a[1], a[2]);
  return address ? interruptible(SYS_connect, a[0], host_address(address->get()), address->bytes) : -EINVAL;
}
Result sys_listen(Kernel&, const Arguments& a) {
  return from_host(listen(signed_word(a[0]), signed_word(a[1])));
}
Result sys_accept4(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLIN); wait != 0) return wait;
  Address address;
  address.bytes = sizeof(address.storage);
  const Result file =
      interruptible(SYS_accept4, a[0], host_address(address.get()), host_address(&address.bytes), a[3]);
  if (file >= 0) put_address(k, address, a[1], a[2]);
  return file;
}
Result sys_accept(Kernel& k, const Arguments& a) { return sys_accept4(k, {a[0], a[1], a[2], 0}); }
Result sys_getsockname(Kernel& k, const Arguments& a) { return name_of(k, a, getsockname); }
Result sys_getpeername(Kernel& k, const Arguments& a) { return name_of(k, a, getpeername); }
Result sys_shutdown(Kernel&, const Arguments& a) {
  return from_host(shutdown(signed_word(a[0]), signed_word(a[1])));
}

Result sys_sendto(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLOUT); wait != 0) return wait;
  auto address = get_address(k, a[4], a[5]);
  if (!address) return -EINVAL;
  const long data = host_address(k.memory.readable(a[1], a[2]));
  return interruptible(SYS_sendto, a[0], data, a[2], a[3], a[4] ? host_address(address->get()) : 0,
                       address->bytes);
}
Result sys_send(Kernel& k, const Arguments& a) { return sys_sendto(k, {a[0], a[1], a[2], a[3], 0, 0}); }
Result sys_recvfrom(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLIN); wait != 0) return wait;
  Address address;
  address.bytes = sizeof(address.storage);
  const long data = host_address(k.memory.writable(a[1], a[2]));
  const Result n = interruptible(SYS_recvfrom, a[0], data, a[2], a[3], host_address(address.get()),
                                 host_address(&address.bytes));
  if (n > 0) k.memory.written(a[1], std::min<u64>(static_cast<u64>(n), a[2]));
  if (n >= 0) put_address(k, address, a[4], a[5]);
  return n;
}
Result sys_recv(Kernel& k, const Arguments& a) { return sys_recvfrom(k, {a[0], a[1], a[2], a[3], 0, 0}); }

// --- Options ---

namespace {

// SOL_SOCKET's options that PowerPC numbers its own way (asm/socket.h).
struct Option {
  int guest, host;
};
constexpr Option options[] = {{16, SO_RCVLOWAT}, {17, SO_SNDLOWAT}, {18, SO_RCVTIMEO},
                              {19, SO_SNDTIMEO}, {20, SO_PASSCRED}, {21, SO_PEERCRED}};

int host_option(int level, int guest) {
  if (level != SOL_SOCKET) return guest;
  for (const auto& option : options) {
    if (option.guest == guest) return option.host;
  }
  return guest;
}

bool is_time(int level, int option) {
  return level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO);
}

// Values with addresses in them, which would be the host's. The tables of packet filters are options, too.
bool has_pointers(int level, int option) {
  constexpr int of_tables[] = {64, 65, 96, 97};  // IPT_SO_SET_REPLACE and the like
  if (level == IPPROTO_IP || level == IPPROTO_IPV6)
    return std::find(std::begin(of_tables), std::end(of_tables), option) != std::end(of_tables);
  if (level == IPPROTO_TCP) return option == TCP_ZEROCOPY_RECEIVE || option == TCP_REPAIR_OPTIONS;
  return level == SOL_SOCKET && (option == SO_ATTACH_FILTER || option == SO_ATTACH_REUSEPORT_CBPF);
}

// Every other option is an int, some ints, or (of other lengths) bytes.
void swap_words(std::vector<u8>& value) {
  if (value.size() % 4 != 0) return;
  for (std::size_t n = 0; n < value.size(); n += 4) {
    std::reverse(value.begin() + static_cast<std::ptrdiff_t>(n),
                 value.begin() + static_cast<std::ptrdiff_t>(n) + 4);
  }
}

}  // namespace

Result sys_setsockopt(Kernel& k, const Arguments& a) {
  const int level = signed_word(a[1]), option = host_option(level, signed_word(a[2]));
  if (a[4] > longest_option) return -EINVAL;
  if (has_pointers(level, option)) return -ENOPROTOOPT;
  if (is_time(level, option)) {
    const timeval time = to_timeval(k.memory.get<GuestTime32>(a[3]));
    return from_host(setsockopt(signed_word(a[0]), level, option, &time, sizeof(time)));
  }
  const u8* guest = k.memory.readable(a[3], a[4]);
  std::vector<u8> value(guest, guest + a[4]);
  swap_words(value);
  return from_host(setsockopt(signed_word(a[0]), level, option, value.data(), a[4]));
}
Result sys_getsockopt(Kernel& k, const Arguments& a) {
  const int level = signed_word(a[1]), option = host_option(level, signed_word(a[2]));
  const u32 room = k.memory.get<be32>(a[4]);
  socklen_t bytes = std::min(room, longest_option);
  if (is_time(level, option)) {
    timeval time{};
    bytes = sizeof(time);
    if (getsockopt(signed_word(a[0]), level, option, &time, &bytes) != 0) return -errno;
    if (room < sizeof(GuestTime32)) return -EINVAL;
    k.memory.put(a[3], to_guest32(time));
    k.memory.put(a[4], be32(sizeof(GuestTime32)));
    return 0;
  }
  std::vector<u8> value(bytes);
  if (getsockopt(signed_word(a[0]), level, option, value.data(), &bytes) != 0) return -errno;
  value.resize(bytes);
  swap_words(value);
  std::copy(value.begin(), value.end(), k.memory.writable(a[3], bytes));
  k.memory.written(a[3], bytes);
  k.memory.put(a[4], be32(bytes));
  return 0;
}

// --- Messages ---

namespace {

struct GuestMessage {  // msghdr
  be32 name, name_bytes, vectors, vector_count, control, control_bytes, flags;
};
struct GuestControl {  // cmsghdr; data and next header are aligned to 4 bytes
  be32 bytes, level, type;
};
constexpr u32 largest_control = 4096;

constexpr u32 align4(u32 bytes) { return (bytes + 3) & ~3u; }

// Ancillary data: descriptors (SCM_RIGHTS) and credentials are ints both here and there.
std::vector<u8> control_to_host(Kernel& k, u32 at, u32 bytes) {
  std::vector<u8> host;
  while (bytes >= sizeof(GuestControl)) {
    const auto header = k.memory.get<GuestControl>(at);
    const u32 length = header.bytes;
    if (length < sizeof(GuestControl) || length > bytes) break;
    const u32 data_bytes = length - static_cast<u32>(sizeof(GuestControl));
    const u8* data = k.memory.readable(at + static_cast<u32>(sizeof(GuestControl)), data_bytes);
    std::vector<u8> value(data, data + data_bytes);
    swap_words(value);
    cmsghdr host_header{};
    host_header.cmsg_len = CMSG_LEN(data_bytes);
    host_header.cmsg_level = signed_word(header.level), host_header.cmsg_type = signed_word(header.type);
    const std::size_t start = host.size();
    host.resize(start + CMSG_SPACE(data_bytes));
    std::memcpy(host.data() + start, &host_header, sizeof(cmsghdr));
    std::copy(value.begin(), value.end(), host.begin() + static_cast<std::ptrdiff_t>(start + CMSG_LEN(0)));
    const u32 step = std::min(align4(length), bytes);
    at += step, bytes -= step;
  }
  return host;
}

// The number of bytes stored.
u32 control_to_guest(Kernel& k, msghdr& message, u32 at, u32 room) {
  u32 used = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    const u8* data = CMSG_DATA(c);
    std::vector<u8> value(data, data + (c->cmsg_len - CMSG_LEN(0)));
    const u32 length = static_cast<u32>(sizeof(GuestControl) + value.size());
    if (length > room - used) {
      message.msg_flags |= MSG_CTRUNC;
      break;
    }
    swap_words(value);
    k.memory.put(at + used,
                 GuestControl{length, static_cast<u32>(c->cmsg_level), static_cast<u32>(c->cmsg_type)});
    const u32 data_at = at + used + static_cast<u32>(sizeof(GuestControl));
    std::copy(value.begin(), value.end(), k.memory.writable(data_at, value.size()));
    k.memory.written(data_at, value.size());
    used = std::min(used + align4(length), room);
  }
  return used;
}

}  // namespace

Result sys_sendmsg(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLOUT); wait != 0) return wait;
  const auto guest = k.memory.get<GuestMessage>(a[1]);
  auto address = get_address(k, guest.name, guest.name_bytes);
  auto parts = vectors(k, guest.vectors, guest.vector_count, false);
  if (!address || !parts || guest.control_bytes > largest_control) return -EINVAL;
  std::vector<u8> control = control_to_host(k, guest.control, guest.control ? u32{guest.control_bytes} : 0);
  msghdr host{};
  if (address->bytes) host.msg_name = address->get(), host.msg_namelen = address->bytes;
  host.msg_iov = parts->data(), host.msg_iovlen = parts->size();
  if (!control.empty()) host.msg_control = control.data(), host.msg_controllen = control.size();
  return interruptible(SYS_sendmsg, a[0], host_address(&host), a[2]);
}
Result sys_recvmsg(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLIN); wait != 0) return wait;
  auto guest = k.memory.get<GuestMessage>(a[1]);
  auto parts = vectors(k, guest.vectors, guest.vector_count, true);
  if (!parts || guest.control_bytes > largest_control) return -EINVAL;
  Address address;
  std::vector<u8> control(guest.control ? 2 * u32{guest.control_bytes} + 64 : 0);
  msghdr host{};
  host.msg_name = address.get(), host.msg_namelen = sizeof(address.storage);
  host.msg_iov = parts->data(), host.msg_iovlen = parts->size();
  host.msg_control = control.data(), host.msg_controllen = control.size();
  const Result n = interruptible(SYS_recvmsg, a[0], host_address(&host), a[2]);
  if (n < 0) return n;
  u64 stored = 0;
  for (const auto& part : *parts) stored += part.iov_len;
  vectors_written(k, guest.vectors, std::min(stored, static_cast<u64>(n)));
  address.bytes = host.msg_namelen;
  put_address(k, address, guest.name, a[1] + offsetof(GuestMessage, name_bytes));
  guest = k.memory.get<GuestMessage>(a[1]);
  guest.control_bytes = guest.control ? control_to_guest(k, host, guest.control, guest.control_bytes) : 0;
  guest.flags = host.msg_flags;
  k.memory.put(a[1], guest);
  return n;
}

// The old single entry: a number, and the address of the arguments.
Result sys_socketcall(Kernel& k, const Arguments& a) {
  struct Call {
    Handler handler;
    u32 arguments;
  };
  constexpr Call calls[] = {
      {nullptr, 0},        {sys_socket, 3},   {sys_bind, 3},        {sys_connect, 3},
      {sys_listen, 2},     {sys_accept, 3},   {sys_getsockname, 3}, {sys_getpeername, 3},
      {sys_socketpair, 4}, {sys_send, 4},     {sys_recv, 4},        {sys_sendto, 6},
      {sys_recvfrom, 6},   {sys_shutdown, 2}, {sys_setsockopt, 5},  {sys_getsockopt, 5},
      {sys_sendmsg, 3},    {sys_recvmsg, 3},  {sys_accept4, 4}};
  if (a[0] == 0 || a[0] >= std::size(calls)) return -EINVAL;
  Arguments inner{};
  for (u32 n = 0; n < calls[a[0]].arguments; ++n) inner[n] = k.memory.get<be32>(a[1] + 4 * n);
  return calls[a[0]].handler(k, inner);
}

}  // namespace quince::machine::process
