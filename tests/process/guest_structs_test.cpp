// Layouts against those that the cross compiler gives the kernel's own headers (offsets noted from it), and
// values.
#include "machine/process/guest_structs.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "machine/process/signal_frame.h"
#include "machine/process/syscalls.h"

namespace quince::machine::process {
namespace {

template <class T>
std::vector<u8> bytes_of(const T& value) {
  std::vector<u8> bytes(sizeof(T));
  std::memcpy(bytes.data(), static_cast<const void*>(&value), sizeof(T));
  return bytes;
}

TEST(GuestStructs, NumbersAreBigEndian) {
  EXPECT_EQ(bytes_of(be32(0x0102'0304)), (std::vector<u8>{1, 2, 3, 4}));
  EXPECT_EQ(bytes_of(be_i16(-2)), (std::vector<u8>{0xff, 0xfe}));
  EXPECT_EQ(i64{be_i64(-5)}, -5);
  EXPECT_EQ(u32{be32(u64{0x1'2345'6789})}, 0x2345'6789u) << "truncates";
}

TEST(GuestStructs, Layouts) {
  EXPECT_EQ(offsetof(GuestStat, nlink), 12u);
  EXPECT_EQ(offsetof(GuestStat, size), 28u);
  EXPECT_EQ(offsetof(GuestStat, atime), 40u);
  EXPECT_EQ(offsetof(GuestStat64, rdev), 32u);
  EXPECT_EQ(offsetof(GuestStat64, size), 48u);
  EXPECT_EQ(offsetof(GuestStat64, block_size), 56u);
  EXPECT_EQ(offsetof(GuestStat64, blocks), 64u);
  EXPECT_EQ(offsetof(GuestStatx, ino), 32u);
  EXPECT_EQ(offsetof(GuestStatx, atime), 64u);
  EXPECT_EQ(offsetof(GuestStatx, rdev_major), 128u);
  EXPECT_EQ(sizeof(GuestPoll), 8u);
  EXPECT_EQ(sizeof(GuestEpollEvent), 16u);
  EXPECT_EQ(offsetof(GuestLock64, start), 8u);
  EXPECT_EQ(offsetof(GuestLock64, pid), 24u);
  EXPECT_EQ(sizeof(GuestUsage), 72u);
  EXPECT_EQ(sizeof(GuestSignalAction), 20u);
  EXPECT_EQ(sizeof(GuestTimer32), 16u);
  EXPECT_EQ(offsetof(GuestSystemInfo, processes), 40u);
  EXPECT_EQ(sizeof(GuestName), 390u);
  EXPECT_EQ(sizeof(GuestInfoFrame), 128u + 1184 + 224);
  EXPECT_EQ(sizeof(GuestUserContext), 1184u);
}

TEST(GuestStructs, Status) {
  struct stat host {};
  host.st_dev = makedev(8, 0x101), host.st_ino = 0x1'0000'0002, host.st_mode = S_IFREG | 0644;
  host.st_nlink = 3, host.st_size = 0x12'3456'7890, host.st_blocks = 9;
  host.st_mtim = {1'700'000'000, 5};
  const GuestStat64 guest(host);
  EXPECT_EQ(u64{guest.dev}, 0x10'0801u);
  EXPECT_EQ(u64{guest.ino}, 0x1'0000'0002u);
  EXPECT_EQ(u64{guest.size}, 0x12'3456'7890u);
  EXPECT_EQ(i32{guest.mtime.seconds}, 1'700'000'000);
  EXPECT_EQ(u32{guest.nlink}, 3u);
}

TEST(GuestStructs, SignalSetsHoldTheLowSignalsInTheFirstWord) {
  const GuestSignalSet set(signal_bit(1) | signal_bit(33));
  EXPECT_EQ(bytes_of(set), (std::vector<u8>{0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(set.value(), signal_bit(1) | signal_bit(33));
}

TEST(OpenFlags, DifferFromTheHosts) {
  EXPECT_EQ(open_flags_to_host(040000), O_DIRECTORY);
  EXPECT_EQ(open_flags_to_host(0100000), O_NOFOLLOW);
  EXPECT_EQ(open_flags_to_host(0400000), O_DIRECT);
  EXPECT_EQ(open_flags_to_host(0200000), 0) << "O_LARGEFILE";
  EXPECT_EQ(open_flags_to_host(0102 | 02000 | 04000), O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK);
  for (const int host : {O_DIRECTORY, O_NOFOLLOW, O_DIRECT, O_RDWR | O_APPEND, O_CLOEXEC | O_SYNC}) {
    EXPECT_EQ(open_flags_to_host(open_flags_to_guest(host)), host);
  }
}

TEST(SystemCalls, TheTableKnowsThem) {
  EXPECT_STREQ(find_system_call(4).name, "write");
  EXPECT_NE(find_system_call(4).handler, nullptr);
  EXPECT_STREQ(find_system_call(21).name, "mount");
  EXPECT_EQ(find_system_call(21).handler, nullptr);
  EXPECT_TRUE(find_system_call(435).quiet) << "clone3";
  EXPECT_STREQ(find_system_call(422).name, "futex_time64");
  EXPECT_EQ(find_system_call(100'000).name, nullptr);
  EXPECT_EQ(find_system_call(224).name, nullptr) << "a hole in the table";
}

}  // namespace
}  // namespace quince::machine::process
