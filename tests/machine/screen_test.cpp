// OpenBIOS on screen and keyboard: the display adapter, ADB, and the front panel that connects them to the
// host.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest-ppc/interpreter.h"
#include "machine/machine.h"

namespace quince::machine {
namespace {

constexpr u64 millisecond = 1'000'000, prompt_time = 2500 * millisecond, typing_time = 25 * millisecond;

// How many pixels are not of the colour of the last one, which is background.
std::size_t drawn(const devices::Frame& frame) {
  const unsigned bytes = frame.bytes_per_pixel();
  const auto background =
      frame.pixels.subspan(std::size_t{frame.height - 1} * frame.stride + (frame.width - 1) * bytes, bytes);
  std::size_t count = 0;
  for (u32 y = 0; y < frame.height; ++y) {
    for (u32 x = 0; x < frame.width; ++x) {
      const auto pixel = frame.pixels.subspan(std::size_t{y} * frame.stride + x * bytes, bytes);
      count += !std::equal(pixel.begin(), pixel.end(), background.begin());
    }
  }
  return count;
}

TEST(Screen, OpenFirmwareDrawsAndListensToTheKeyboard) {
  MachineOptions options;
  options.engine = [](ppc::Cpu& cpu) {
    return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::deliver);
  };
  options.boot = BootFrom::prompt;
  options.screen_console = true;
  options.serial = "null";
  options.clock = VirtualClock::Kind::instructions;
  options.timeout_seconds = 60;

  std::size_t at_prompt = 0, after_typing = 0;
  constexpr u8 key_w = 0x0d, key_o = 0x1f, key_r = 0x0f, key_d = 0x02, key_s = 0x01, key_return = 0x24;
  options.started = [&](FrontPanel& panel) {
    EXPECT_TRUE(panel.screen->frame().off());
    panel.scheduler.at(prompt_time, [&] { at_prompt = drawn(panel.screen->frame()); });
    u64 time = prompt_time;
    for (const u8 code : {key_w, key_o, key_r, key_d, key_s, key_return}) {
      panel.scheduler.at(time += typing_time, [&panel, code] { panel.keyboard->key(code, true); });
      panel.scheduler.at(time += typing_time, [&panel, code] { panel.keyboard->key(code, false); });
    }
    panel.scheduler.at(time + 200 * millisecond, [&] {
      const devices::Frame frame = panel.screen->frame();
      EXPECT_EQ(frame.width, 800u);
      EXPECT_EQ(frame.height, 600u);
      EXPECT_EQ(frame.depth, 32u);
      after_typing = drawn(frame);
      panel.quit();
    });
  };
  EXPECT_EQ(run_machine(options), 0);
  EXPECT_GT(at_prompt, 500u);
  EXPECT_LT(at_prompt, 10'000u);
  EXPECT_GT(after_typing, at_prompt + 100);  // the line typed, "ok", and a prompt
}

}  // namespace
}  // namespace quince::machine
