// Waiting for descriptors: poll, select, epoll.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr u32 most_files = 65536;
constexpr short readable = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR;
constexpr short writable = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR;

// The number of ready files; or waits, at most so long (without end if there is no timeout).
Result wait_for_files(Kernel& k, std::vector<pollfd>& files, std::optional<u64> timeout) {
  const int ready = poll(files.data(), files.size(), 0);
  if (ready != 0) return from_host(ready);
  if (!timeout) return k.block({.files = files}, -EINTR);
  const u64 deadline = k.make_deadline(*timeout);
  if (k.monotonic() >= deadline) return 0;
  return k.block({.files = files, .deadline = deadline}, -EINTR);
}

Result poll_guest(Kernel& k, u32 address, u32 count, std::optional<u64> timeout) {
  if (count > most_files) return -EINVAL;
  std::vector<pollfd> files(count);
  for (u32 n = 0; n < count; ++n) {
    const auto guest = k.memory.get<GuestPoll>(address + n * static_cast<u32>(sizeof(GuestPoll)));
    files[n] = {guest.file, guest.events, 0};
  }
  const Result result = wait_for_files(k, files, timeout);
  for (u32 n = 0; n < count && result >= 0; ++n) {
    k.memory.put(address + n * static_cast<u32>(sizeof(GuestPoll)) + 6, be_i16(files[n].revents));
  }
  return result;
}

// An fd_set: words of 32 bits, bit n of word n / 32.
class FileSet {
 public:
  FileSet(Kernel& k, u32 address, u32 files) : address_(address), words_(address ? (files + 31) / 32 : 0) {
    for (std::size_t n = 0; n < words_.size(); ++n) words_[n] = k.memory.get<be32>(at(n));
  }
  bool has(u32 file) const { return file / 32 < words_.size() && (words_[file / 32] >> file % 32 & 1); }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }
  // True if the set exists.
  bool add(u32 file) {
    if (words_.empty()) return false;
    words_[file / 32] |= u32{1} << file % 32;
    return true;
  }
  void store(Kernel& k) const {
    for (std::size_t n = 0; n < words_.size(); ++n) k.memory.put(at(n), be32(words_[n]));
  }

 private:
  u32 at(std::size_t n) const { return address_ + static_cast<u32>(4 * n); }
  u32 address_;
  std::vector<u32> words_;
};

Result select_guest(Kernel& k, const Arguments& a, std::optional<u64> timeout) {
  if (a[0] > most_files) return -EINVAL;
  FileSet in(k, a[1], a[0]), out(k, a[2], a[0]), except(k, a[3], a[0]);
  std::vector<pollfd> files;
  for (u32 file = 0; file < a[0]; ++file) {
    const int events = (in.has(file) ? POLLIN | POLLRDNORM : 0) | (out.has(file) ? POLLOUT | POLLWRNORM : 0) |
                       (except.has(file) ? POLLPRI : 0);
    if (events) files.push_back({static_cast<int>(file), static_cast<short>(events), 0});
  }
  const Result waited = wait_for_files(k, files, timeout);
  if (waited < 0) return waited;
  FileSet in_now = in, out_now = out, except_now = except;
  in_now.clear(), out_now.clear(), except_now.clear();
  Result count = 0;
  for (const auto& f : files) {
    const auto file = static_cast<u32>(f.fd);
    if (f.revents & POLLNVAL) return -EBADF;
    if (in.has(file) && (f.revents & readable)) count += in_now.add(file);
    if (out.has(file) && (f.revents & writable)) count += out_now.add(file);
    if (except.has(file) && (f.revents & POLLPRI)) count += except_now.add(file);
  }
  in_now.store(k), out_now.store(k), except_now.store(k);
  return count;
}

// Calls that change the signal mask change it for as long as they wait, and back if no handler will.
template <class Call>
Result with_mask(Kernel& k, u32 mask, u32 mask_bytes, Call call) {
  if (mask && mask_bytes != signal_set_bytes) return -EINVAL;
  wait_with_mask(k, mask, mask_bytes);
  const Result result = call();
  Thread& t = k.thread();
  if (result != blocked_call && result != -EINTR && t.mask_after) {
    k.set_mask(t, *t.mask_after);
    t.mask_after.reset();
  }
  return result;
}

template <class Guest>
Result ppoll_guest(Kernel& k, const Arguments& a) {
  std::optional<u64> timeout;
  if (a[2]) {
    timeout = nanoseconds_at<Guest>(k, a[2]);
    if (!timeout) return -EINVAL;
  }
  return with_mask(k, a[3], a[4], [&] { return poll_guest(k, a[0], a[1], timeout); });
}

template <class Guest>
Result pselect_guest(Kernel& k, const Arguments& a) {
  std::optional<u64> timeout;
  if (a[4]) {
    timeout = nanoseconds_at<Guest>(k, a[4]);
    if (!timeout) return -EINVAL;
  }
  const auto mask = a[5] ? k.memory.get<std::array<be32, 2>>(a[5]) : std::array<be32, 2>{};
  return with_mask(k, mask[0], mask[1], [&] { return select_guest(k, a, timeout); });
}

std::optional<u64> milliseconds(u32 word) {
  const int value = signed_word(word);
  if (value < 0) return {};
  return static_cast<u64>(value) * 1'000'000;
}

}  // namespace

Result sys_poll(Kernel& k, const Arguments& a) { return poll_guest(k, a[0], a[1], milliseconds(a[2])); }
Result sys_ppoll(Kernel& k, const Arguments& a) { return ppoll_guest<GuestTime32>(k, a); }
Result sys_ppoll_time64(Kernel& k, const Arguments& a) { return ppoll_guest<GuestTime64>(k, a); }
Result sys_pselect6(Kernel& k, const Arguments& a) { return pselect_guest<GuestTime32>(k, a); }
Result sys_pselect6_time64(Kernel& k, const Arguments& a) { return pselect_guest<GuestTime64>(k, a); }

// A timeval, which gets what is left of it.
Result sys__newselect(Kernel& k, const Arguments& a) {
  std::optional<u64> timeout;
  if (a[4] && !k.thread().deadline) {
    const auto t = k.memory.get<GuestTime32>(a[4]);
    timeout = nanoseconds({t.seconds, i32{t.part} * 1000L});
    if (!timeout) return -EINVAL;
    k.make_deadline(*timeout);
  }
  const Result result = select_guest(k, a, k.thread().deadline ? std::optional<u64>(0) : std::nullopt);
  if (result != blocked_call && a[4]) {
    const u64 now = k.monotonic(), deadline = *k.thread().deadline;
    const u64 left = deadline > now ? deadline - now : 0;
    k.memory.put(a[4], GuestTime32{left / nanoseconds_per_second, left % nanoseconds_per_second / 1000});
  }
  return result;
}
Result sys_select(Kernel& k, const Arguments& a) { return sys__newselect(k, a); }

Result sys_epoll_create(Kernel&, const Arguments& a) {
  return signed_word(a[0]) <= 0 ? -EINVAL : from_host(epoll_create1(0));
}
Result sys_epoll_create1(Kernel&, const Arguments& a) { return from_host(epoll_create1(signed_word(a[0]))); }

Result sys_epoll_ctl(Kernel& k, const Arguments& a) {
  epoll_event event{};
  if (a[1] != EPOLL_CTL_DEL) {
    const auto guest = k.memory.get<GuestEpollEvent>(a[3]);
    event.events = guest.events;
    event.data.u64 = guest.data;
  }
  return from_host(epoll_ctl(signed_word(a[0]), signed_word(a[1]), signed_word(a[2]), &event));
}

Result sys_epoll_pwait(Kernel& k, const Arguments& a) {
  const int most = signed_word(a[2]);
  if (most <= 0 || a[2] > most_files) return -EINVAL;
  k.memory.writable(a[1], u64{a[2]} * sizeof(GuestEpollEvent));
  return with_mask(k, a[4], a[5], [&]() -> Result {
    std::vector<epoll_event> events(a[2]);
    const int n = epoll_wait(signed_word(a[0]), events.data(), most, 0);
    if (n < 0) return -errno;
    for (int i = 0; i < n; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      k.memory.put(a[1] + static_cast<u32>(i) * static_cast<u32>(sizeof(GuestEpollEvent)),
                   GuestEpollEvent{event.events, 0u, event.data.u64});
    }
    if (n > 0) return n;
    const auto timeout = milliseconds(a[3]);
    std::vector<pollfd> files = {{signed_word(a[0]), POLLIN, 0}};
    if (!timeout) return k.block({.files = files}, -EINTR);
    const u64 deadline = k.make_deadline(*timeout);
    if (k.monotonic() >= deadline) return 0;
    return k.block({.files = files, .deadline = deadline}, -EINTR);
  });
}
Result sys_epoll_wait(Kernel& k, const Arguments& a) { return sys_epoll_pwait(k, {a[0], a[1], a[2], a[3]}); }

}  // namespace quince::machine::process
