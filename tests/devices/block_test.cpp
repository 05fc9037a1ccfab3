#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>

#include "devices/block_client.h"
#include "devices/block_image.h"
#include "tests/devices/support/fake_scheduler.h"

namespace quince::devices {
namespace {

namespace fs = std::filesystem;
using Kind = BlockRequest::Kind;
using Bytes = std::vector<u8>;

class BlockTest : public testing::Test {
 protected:
  BlockTest() {
    std::string pattern = (fs::temp_directory_path() / "quince-block-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~BlockTest() override { fs::remove_all(folder); }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  std::string file(const std::string& name, const Bytes& content) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return path(name);
  }
  static Bytes content(const std::string& name) {
    std::ifstream in(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Bytes pattern(std::size_t size, u32 seed) {
    std::mt19937 random(seed);
    Bytes bytes(size);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    return bytes;
  }
  std::unique_ptr<BlockDevice> open(const DiskOptions& options) {
    DiskOptions with_report = options;
    with_report.report = [this](const std::string& line) { reports.push_back(line); };
    auto device = open_disk(with_report);
    EXPECT_TRUE(device) << device.error();
    return device ? std::move(*device) : nullptr;
  }
  static std::string error_of(const DiskOptions& options) {
    const auto device = open_disk(options);
    return device ? "" : device.error();
  }
  static BlockRequest perform(BlockDevice& device, BlockRequest request) {
    std::promise<BlockRequest> promise;
    device.submit(std::move(request), [&](BlockRequest result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  static Bytes read(BlockDevice& device, u64 offset, std::size_t bytes) {
    const BlockRequest result =
        perform(device, {.kind = Kind::read, .offset = offset, .data = Bytes(bytes, 0xee)});
    EXPECT_EQ(result.error, 0);
    return result.data;
  }
  static int write(BlockDevice& device, u64 offset, Bytes data) {
    return perform(device, {.kind = Kind::write, .offset = offset, .data = std::move(data)}).error;
  }
  static int flush(BlockDevice& device) { return perform(device, {.kind = Kind::flush}).error; }

  fs::path folder;
  std::vector<std::string> reports;
};

// --- Opening ---

TEST_F(BlockTest, UnusableImages) {
  EXPECT_NE(error_of({.path = path("none")}).find("none: No such file"), std::string::npos);
  EXPECT_NE(error_of({.path = file("empty", {})}).find("empty: is empty"), std::string::npos);
  EXPECT_NE(error_of({.path = file("odd", Bytes(1000))}).find("multiple of 512"), std::string::npos);
  EXPECT_NE(error_of({.path = folder.string()}).find(folder.string()), std::string::npos);
  EXPECT_NE(error_of({.path = folder.string(), .read_only = true}).find("is not a file"), std::string::npos);
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_NE(error_of({.path = path("fifo")}).find("is not a file"), std::string::npos);
  EXPECT_FALSE(open_cd(path("empty")));
  EXPECT_FALSE(open_cd(path("odd")));
  for (const char* name : {"none", "empty", "odd", "fifo"}) {
    EXPECT_EQ(error_of({.path = path(name)}).find('\n'), std::string::npos);
  }
}

TEST_F(BlockTest, UnwritableImageNamesTheWayOut) {
  const auto disk = file("disk", Bytes(512));
  fs::permissions(disk, fs::perms::owner_read);
  if (geteuid() != 0) {
    EXPECT_NE(error_of({.path = disk}).find("readonly"), std::string::npos);
  }
  EXPECT_EQ(error_of({.path = disk, .read_only = true}), "");
}

TEST_F(BlockTest, AWriterHasTheImageAlone) {
  const auto disk = file("disk", Bytes(1024));
  {
    const auto first = open({.path = disk});
    EXPECT_NE(error_of({.path = disk}).find("in use"), std::string::npos);
    EXPECT_NE(error_of({.path = disk, .read_only = true}).find("in use"), std::string::npos);
    EXPECT_FALSE(open_cd(disk));
  }
  const auto reader = open({.path = disk, .read_only = true});
  const auto another = open({.path = disk, .overlay = path("overlay")});
  EXPECT_NE(error_of({.path = disk}).find("in use"), std::string::npos);
  EXPECT_NE(error_of({.path = disk, .overlay = path("overlay")}).find("overlay: is in use"),
            std::string::npos);
}

// --- Reading and writing ---

TEST_F(BlockTest, RawImageIsWrittenInPlace) {
  const auto disk = file("disk", pattern(8192, 1));
  const auto device = open({.path = disk});
  EXPECT_EQ(device->bytes(), 8192U);
  EXPECT_FALSE(device->read_only());
  EXPECT_EQ(read(*device, 0, 8192), pattern(8192, 1));
  EXPECT_EQ(write(*device, 1024, pattern(2048, 2)), 0);
  EXPECT_EQ(flush(*device), 0);
  Bytes expected = pattern(8192, 1);
  std::ranges::copy(pattern(2048, 2), expected.begin() + 1024);
  EXPECT_EQ(read(*device, 0, 8192), expected);
  EXPECT_EQ(content(disk), expected);
  const auto counters = device->counters();
  EXPECT_EQ(counters.bytes_read, 16384U);
  EXPECT_EQ(counters.bytes_written, 2048U);
  EXPECT_EQ(counters.flushes, 1U);
  EXPECT_GT(counters.host_nanoseconds, 0U);
  EXPECT_TRUE(reports.empty());
}

TEST_F(BlockTest, ReadOnlyImageRefusesWritesAndStaysAsItIs) {
  const auto disk = file("disk", pattern(4096, 1));
  const auto device = open({.path = disk, .read_only = true});
  EXPECT_TRUE(device->read_only());
  EXPECT_EQ(write(*device, 0, Bytes(512)), EROFS);
  EXPECT_EQ(flush(*device), 0);
  EXPECT_EQ(content(disk), pattern(4096, 1));
}

TEST_F(BlockTest, CdIsPaddedToWholeBlocks) {
  const auto cd = open_cd(file("cd", pattern(5 * 512, 1)));
  ASSERT_TRUE(cd);
  EXPECT_EQ((*cd)->bytes(), 2U * 2048);
  Bytes expected = pattern(5 * 512, 1);
  expected.resize(4096);
  EXPECT_EQ(read(**cd, 0, 4096), expected);
  EXPECT_EQ(read(**cd, 2048, 2048), Bytes(expected.begin() + 2048, expected.end()));
}

TEST_F(BlockTest, RequestsKeepTheirOrder) {
  const auto device = open({.path = file("disk", Bytes(1 << 20))});
  for (u8 n = 1; n <= 100; ++n) {
    device->submit({.kind = Kind::write, .offset = 0, .data = Bytes(1 << 20, n)}, [](const BlockRequest&) {});
  }
  EXPECT_EQ(read(*device, 0, 1 << 20), Bytes(1 << 20, 100));
}

TEST_F(BlockTest, ClosingFinishesWhatWasSubmitted) {
  const auto disk = file("disk", Bytes(1 << 20));
  auto device = open({.path = disk});
  for (u8 n = 1; n <= 50; ++n) {
    device->submit({.kind = Kind::write, .data = Bytes(1 << 20, n)}, [](const BlockRequest&) {});
  }
  device.reset();
  EXPECT_EQ(content(disk), Bytes(1 << 20, 50));
}

// --- Trouble ---

TEST_F(BlockTest, AnImageThatIsCutOffGivesErrorsAndOneLine) {
  const auto disk = file("disk", pattern(8192, 1));
  const auto device = open({.path = disk});
  fs::resize_file(disk, 4096);
  EXPECT_EQ(read(*device, 0, 4096), Bytes(content(disk)));
  EXPECT_NE(perform(*device, {.kind = Kind::read, .offset = 4096, .data = Bytes(512)}).error, 0);
  EXPECT_NE(write(*device, 4096, Bytes(512)), 0);
  EXPECT_NE(flush(*device), 0);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_NE(reports[0].find("disk: cannot be read"), std::string::npos);
  EXPECT_EQ(reports[0].find('\n'), std::string::npos);
}

TEST_F(BlockTest, ADeletedImageTakesNoMoreWrites) {
  const auto disk = file("disk", Bytes(4096));
  const auto device = open({.path = disk});
  fs::remove(disk);
  EXPECT_NE(write(*device, 0, Bytes(512)), 0);
  EXPECT_NE(flush(*device), 0);
  EXPECT_EQ(reports.size(), 1U);
}

// A full host disk, by way of a limit on the size of files; in a child process, which alone has it.
TEST_F(BlockTest, AHostThatIsFullIsAnErrorOfTheWriteAlone) {
  const auto disk = file("disk", pattern(1 << 20, 1));
  const pid_t child = fork();
  if (child == 0) {
    const auto device =
        open_disk({.path = disk, .overlay = path("overlay"), .report = [](const std::string&) {}});
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 512 << 10, .rlim_max = 512 << 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    bool good = device.has_value();
    good = good && write(**device, 0, pattern(4096, 2)) == 0;
    good = good && write(**device, 900 << 10, pattern(4096, 3)) == EFBIG;
    const Bytes original = pattern(1 << 20, 1);
    good = good && read(**device, 900 << 10, 4096) ==
                       Bytes(original.begin() + (900 << 10), original.begin() + (900 << 10) + 4096);
    good = good && read(**device, 0, 4096) == pattern(4096, 2) && flush(**device) == 0;
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// --- Overlays ---

TEST_F(BlockTest, OverlayKeepsChangesAndLeavesTheImage) {
  const std::size_t size = 200 * 512;
  const auto disk = file("disk", pattern(size, 1));
  Bytes expected = pattern(size, 1);
  std::mt19937 random(7);
  for (int session = 0; session < 5; ++session) {
    const auto device = open({.path = disk, .overlay = path("overlay")});
    ASSERT_TRUE(device);
    EXPECT_EQ(device->bytes(), size);
    EXPECT_FALSE(device->read_only());
    EXPECT_EQ(read(*device, 0, size), expected);
    for (u32 n = 0; n < 10; ++n) {
      const u32 first = random() % 190, count = 1 + random() % 10;
      const Bytes data = pattern(count * 512, 100 * static_cast<u32>(session) + n);
      EXPECT_EQ(write(*device, first * 512, data), 0);
      std::ranges::copy(data, expected.begin() + first * 512);
    }
    EXPECT_EQ(read(*device, 512, size - 1024), Bytes(expected.begin() + 512, expected.end() - 512));
  }
  EXPECT_EQ(content(disk), pattern(size, 1));
}

TEST_F(BlockTest, OverlayIsSparse) {
  const auto disk = file("disk", {});
  fs::resize_file(disk, u64{1} << 33);
  {
    const auto device = open({.path = disk, .overlay = path("overlay")});
    EXPECT_EQ(write(*device, u64{1} << 32, pattern(4096, 1)), 0);
    EXPECT_EQ(read(*device, (u64{1} << 32) - 512, 512), Bytes(512));
    EXPECT_EQ(read(*device, u64{1} << 32, 4096), pattern(4096, 1));
  }
  struct stat status {};
  ASSERT_EQ(stat(path("overlay").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(BlockTest, OverlaysThatDoNotFitAreRefused) {
  const auto disk = file("disk", pattern(4096, 1)), other = file("other", pattern(8192, 1));
  open({.path = disk, .overlay = path("overlay")});
  EXPECT_EQ(error_of({.path = disk, .overlay = path("overlay")}), "");
  EXPECT_NE(error_of({.path = other, .overlay = path("overlay")}).find("another image"), std::string::npos);
  EXPECT_NE(error_of({.path = disk, .overlay = file("foreign", pattern(9000, 3))}).find("not an overlay"),
            std::string::npos);
  EXPECT_EQ(content(path("foreign")), pattern(9000, 3));
  // The image was changed behind the overlay's back.
  fs::last_write_time(disk, fs::last_write_time(disk) + std::chrono::seconds(5));
  EXPECT_NE(error_of({.path = disk, .overlay = path("overlay")}).find("changed"), std::string::npos);
  open({.path = other, .overlay = path("short")});
  fs::resize_file(path("short"), 9000);
  EXPECT_NE(error_of({.path = other, .overlay = path("short")}).find("cut off"), std::string::npos);
  EXPECT_NE(error_of({.path = disk, .overlay = path("no/such")}).find("No such"), std::string::npos);
}

// The emulator dies at any moment: what was flushed is there, and every sector is either the old or a new
// one.
class CrashTest : public BlockTest, public testing::WithParamInterface<bool> {};

TEST_P(CrashTest, FlushedDataSurvivesSigkill) {
  constexpr u32 sectors = 64;
  const auto disk = file("disk", Bytes(sectors * 512));
  const DiskOptions options{.path = disk, .overlay = GetParam() ? path("overlay") : ""};
  std::mt19937 random(3);
  u8 durable = 0;
  for (int round = 0; round < 20; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {  // writes all sectors with ever higher numbers, and tells after each flush
      auto device = open_disk(options);
      if (!device) _exit(1);
      for (u8 n = static_cast<u8>(durable + 1);; ++n) {
        for (u32 sector = 0; sector < sectors; ++sector) write(**device, sector * 512, Bytes(512, n));
        if (flush(**device) != 0 || ::write(pipe_ends[1], &n, 1) != 1) _exit(1);
      }
    }
    close(pipe_ends[1]);
    const unsigned wanted = 1 + random() % 4;
    u8 last = durable;
    for (unsigned n = 0; n < wanted && ::read(pipe_ends[0], &last, 1) == 1; ++n) {
    }
    usleep(random() % 500);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(pipe_ends[0], &last, 1) == 1) {
    }
    close(pipe_ends[0]);
    ASSERT_NE(last, durable);
    durable = last;

    const auto device = open(options);
    ASSERT_TRUE(device);
    for (u32 sector = 0; sector < sectors; ++sector) {
      const Bytes found = read(*device, sector * 512, 512);
      EXPECT_EQ(found, Bytes(512, found[0]));
      EXPECT_LE(static_cast<u8>(found[0] - durable), 1) << "sector " << sector;
    }
    // Start the next round from a known state.
    for (u32 sector = 0; sector < sectors; ++sector)
      ASSERT_EQ(write(*device, sector * 512, Bytes(512, durable)), 0);
    ASSERT_EQ(flush(*device), 0);
    if (durable > 200) break;
  }
}
INSTANTIATE_TEST_SUITE_P(Back, CrashTest, testing::Bool(),
                         [](const auto& which) { return which.param ? "Overlay" : "Raw"; });

// --- The way to the guest's time ---

// Takes as long as the test wants.
class SlowStorage final : public BlockStorage {
 public:
  explicit SlowStorage(std::atomic<bool>& gate) : gate_(gate) {}
  u64 bytes() const override { return 1 << 20; }
  bool read_only() const override { return false; }
  int read(u64, std::span<u8> to) override {
    gate_.wait(false);
    std::ranges::fill(to, u8{0x42});
    return 0;
  }
  int write(u64, std::span<const u8>) override { return 0; }
  int flush() override { return 0; }

 private:
  std::atomic<bool>& gate_;
};

void open_gate(std::atomic<bool>& gate) {
  gate = true;
  gate.notify_all();
}

TEST(BlockClient, CompletionIsNotBeforeItsTime) {
  for (const bool repeatable : {false, true}) {
    std::atomic<bool> gate = true;
    FakeScheduler scheduler(repeatable);
    BlockDevice device("slow", std::make_unique<SlowStorage>(gate));
    BlockClient client(scheduler);
    bool done = false;
    client.start(device, {.data = Bytes(512)}, 50'000, [&](const BlockRequest& result) {
      EXPECT_EQ(result.data, Bytes(512, 0x42));
      done = true;
    });
    usleep(20'000);  // the host has long been ready
    scheduler.run_for(49'999);
    EXPECT_FALSE(done);
    EXPECT_TRUE(scheduler.run_until([&] { return done; }));
    EXPECT_LE(scheduler.now(), 50'000U);
  }
}

TEST(BlockClient, ASlowHostDoesNotStopTheProcessor) {
  std::atomic<bool> gate = false;
  FakeScheduler scheduler(false);
  BlockDevice device("slow", std::make_unique<SlowStorage>(gate));
  BlockClient client(scheduler);
  bool done = false;
  client.start(device, {.data = Bytes(512)}, 1000, [&](const BlockRequest&) { done = true; });
  scheduler.run_for(1'000'000'000);  // returns although the host has not answered
  EXPECT_FALSE(done);
  open_gate(gate);
  EXPECT_TRUE(scheduler.run_until([&] { return done; }));
}

TEST(BlockClient, RepeatableRunsCompleteAtTheirTimeHoweverSlowTheHostIs) {
  std::atomic<bool> gate = false;
  FakeScheduler scheduler(true);
  BlockDevice device("slow", std::make_unique<SlowStorage>(gate));
  BlockClient client(scheduler);
  u64 when = 0;
  client.start(device, {.data = Bytes(512)}, 1000, [&](const BlockRequest&) { when = scheduler.now(); });
  std::jthread opener([&] {
    usleep(30'000);
    open_gate(gate);
  });
  scheduler.run_for(5000);
  EXPECT_EQ(when, 1000U);
}

TEST(BlockClient, GivingUpIsFinal) {
  for (const bool past_due : {false, true}) {
    std::atomic<bool> gate = false;
    FakeScheduler scheduler(false);
    BlockDevice device("slow", std::make_unique<SlowStorage>(gate));
    bool done = false;
    {
      BlockClient client(scheduler);
      client.start(device, {.data = Bytes(512)}, 1000, [&](const BlockRequest&) { done = true; });
      if (past_due) scheduler.run_for(2000);
      client.cancel();
      bool second = false;
      open_gate(gate);
      client.start(device, {.data = Bytes(512)}, 1000, [&](const BlockRequest&) { second = true; });
      EXPECT_TRUE(scheduler.run_until([&] { return second; }));
      client.start(device, {.data = Bytes(512)}, 1000, [&](const BlockRequest&) { done = true; });
    }  // and so is the end of the client
    usleep(10'000);
    scheduler.run_for(10'000);
    EXPECT_FALSE(done);
  }
}

}  // namespace
}  // namespace quince::devices
