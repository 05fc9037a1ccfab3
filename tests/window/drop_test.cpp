// A file dropped on the window changes the CD, and one that can't be used does not.
#include <SDL2/SDL.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "app/window/window.h"
#include "guest-ppc/interpreter.h"
#include "machine/machine.h"

namespace quince::app {
namespace {

void drop(const char* path) {
  SDL_Event event{};
  event.type = SDL_DROPFILE;
  event.drop.file = SDL_strdup(path);
  SDL_PushEvent(&event);
}

TEST(Drop, ChangesTheCd) {
  setenv("SDL_VIDEODRIVER", "dummy", 1);
  const auto window = Window::connect({.machine = "test", .keyboard = {}});
  ASSERT_TRUE(window) << window.error();

  machine::MachineOptions options;
  options.engine = [](ppc::Cpu& cpu) {
    return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::deliver);
  };
  options.boot = machine::BootFrom::prompt;
  options.serial = "null";
  options.timeout_seconds = 60;
  std::vector<std::string> asked;
  options.started = [&](machine::FrontPanel& panel) {
    panel.change_cd = [&](const std::string& path) -> tl::expected<void, std::string> {
      asked.push_back(path);
      if (asked.size() == 2) panel.quit();
      if (path == "/none.iso") return tl::unexpected(path + ": No such file or directory");
      return {};
    };
    (*window)->attach(panel);
    drop("/none.iso");
    drop("/a disc.iso");
  };
  options.stopped = [&](machine::FrontPanel&) { (*window)->detach(); };
  testing::internal::CaptureStderr();
  EXPECT_EQ(machine::run_machine(options), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "quince: /none.iso: No such file or directory\nquince: in the CD drive: /a disc.iso\n");
  EXPECT_EQ(asked, (std::vector<std::string>{"/none.iso", "/a disc.iso"}));
}

}  // namespace
}  // namespace quince::app
