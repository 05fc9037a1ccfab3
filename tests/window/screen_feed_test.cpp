// Pictures from the processor's thread to the window's: nothing is lost, nothing is sent twice, and nothing
// while nothing changes. Also meant for a build with -DQUINCE_SANITIZE=thread.
#include "app/window/screen_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/devices/support/fake_scheduler.h"

namespace quince::app {
namespace {

using devices::Frame;
using devices::Lines;
using devices::u32;
using devices::u8;

class FakeDisplay final : public devices::Display {
 public:
  static constexpr u32 width = 16, height = 32, stride = 20;
  std::vector<u8> memory = std::vector<u8>(stride * height);
  std::vector<bool> changed = std::vector<bool>(height, true);
  bool new_shape = true, announced = true, off = false;
  int looks = 0;

  Frame frame() const override {
    if (off) return {};
    return {.width = width, .height = height, .stride = stride, .depth = 8, .pixels = memory};
  }
  Changes take_changes() override {
    ++looks;
    Changes changes{.shape = std::exchange(new_shape, false), .lines = {}};
    for (u32 y = 0; y < height && !off; ++y) {
      if (changed[y] || changes.shape) changes.lines.push_back({y, 1});
      changed[y] = false;
    }
    announced = false;
    return changes;
  }
  void draw(u32 y, u8 colour) {
    std::fill_n(memory.begin() + y * stride, width, colour);
    changed[y] = true;
    if (!std::exchange(announced, true) && on_change) on_change();
  }
};

class ScreenFeedTest : public ::testing::Test {
 protected:
  static constexpr devices::u64 long_enough = 10'000'000;
  FakeDisplay display;
  devices::FakeScheduler scheduler;
  int filled = 0;
  ScreenFeed feed{display, scheduler, [this] { ++filled; }};

  void take_everything() {
    feed.request();
    scheduler.run_for(long_enough);
    ASSERT_TRUE(feed.here());
    filled = display.looks = 0;
  }
};

TEST_F(ScreenFeedTest, TheFirstPictureIsAllOfIt) {
  display.draw(3, 77);
  feed.request();
  EXPECT_FALSE(feed.here());
  scheduler.run_for(0);
  ASSERT_TRUE(feed.here());
  EXPECT_EQ(filled, 1);
  EXPECT_TRUE(feed.picture().new_shape);
  const Frame packed = feed.picture().packed();
  EXPECT_EQ(packed.height, FakeDisplay::height);
  EXPECT_EQ(packed.stride, FakeDisplay::width);
  EXPECT_EQ(packed.pixels[3 * FakeDisplay::width], 77);
}

TEST_F(ScreenFeedTest, WaitsUntilThereIsSomethingNew) {
  take_everything();
  feed.request();
  scheduler.run_for(1'000'000'000);
  EXPECT_FALSE(feed.here());
  EXPECT_EQ(display.looks, 1);
  EXPECT_TRUE(scheduler.idle()) << "a screen that stands still costs nothing";
  display.draw(5, 1);
  display.draw(9, 2);
  EXPECT_FALSE(feed.here()) << "in the middle of a stroke";
  scheduler.run_for(long_enough);
  ASSERT_TRUE(feed.here());
  EXPECT_EQ(feed.picture().lines, (std::vector<Lines>{{5, 1}, {9, 1}}));
  EXPECT_EQ(feed.picture().packed().pixels[FakeDisplay::width], 2);
  EXPECT_FALSE(feed.picture().new_shape);
}

TEST_F(ScreenFeedTest, NobodyLooksWhileNoPictureIsWanted) {
  take_everything();
  display.draw(5, 1);
  scheduler.run_for(long_enough);
  EXPECT_EQ(display.looks, 0);
  feed.request();
  scheduler.run_for(0);
  EXPECT_TRUE(feed.here());
}

TEST_F(ScreenFeedTest, AScreenThatGoesOff) {
  take_everything();
  display.off = display.new_shape = true;
  feed.request();
  scheduler.run_for(long_enough);
  ASSERT_TRUE(feed.here());
  EXPECT_TRUE(feed.picture().shape.off());
  EXPECT_TRUE(feed.picture().lines.empty());
}

// One thread draws, the other one puts together what it is sent.
TEST_F(ScreenFeedTest, TwoThreads) {
  std::atomic<bool> stop{false};
  std::vector<u8> seen(FakeDisplay::width * FakeDisplay::height);
  std::thread window([&] {
    while (!stop) {
      feed.request();
      while (!feed.here() && !stop) std::this_thread::yield();
      if (!feed.here()) return;
      const Frame packed = feed.picture().packed();
      auto from = packed.pixels.begin();
      for (const Lines& range : feed.picture().lines) {
        const u32 bytes = range.count * FakeDisplay::width;
        std::copy_n(from, bytes, seen.begin() + range.first * FakeDisplay::width);
        from += bytes;
      }
    }
  });
  std::minstd_rand random(1);
  for (int n = 0; n < 20'000 || filled < 100; ++n) {
    display.draw(random() % FakeDisplay::height, static_cast<u8>(random()));
    scheduler.run_for(random() % 100'000);
  }
  // Everything has arrived when it asks for more and there is nothing.
  while (std::count(display.changed.begin(), display.changed.end(), true) != 0 || feed.here()) {
    scheduler.run_for(long_enough);
    std::this_thread::yield();
  }
  stop = true;
  window.join();
  for (u32 y = 0; y < FakeDisplay::height; ++y) {
    EXPECT_TRUE(std::equal(seen.begin() + y * FakeDisplay::width, seen.begin() + (y + 1) * FakeDisplay::width,
                           display.memory.begin() + y * FakeDisplay::stride))
        << y;
  }
}

}  // namespace
}  // namespace quince::app
