// No page of the process is ever writable and executable, not at one address; the process as the kernel sees
// it.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/jit/machine.h"

namespace quince::jit_test {
namespace {

struct Pages {
  unsigned executable = 0, writable_and_executable = 0, of_the_code_cache = 0;
};

Pages pages_of_this_process() {
  Pages pages;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::string permissions = line.substr(line.find(' ') + 1, 4);
    const bool writable = permissions[1] == 'w', executable = permissions[2] == 'x';
    pages.executable += executable;
    pages.writable_and_executable += writable && executable;
    pages.of_the_code_cache += executable && line.find("/dev/zero") != std::string::npos;
    if (writable && executable) ADD_FAILURE() << line;
  }
  return pages;
}

TEST(MemoryMap, NothingIsWritableAndExecutable) {
  World world(EngineKind::translator);
  World flat(EngineKind::translator, 1u << 20, 1u << 20);
  world.put(0x1000, {as::li(3, 1), as::system_call});
  // Also while a guest writes and executes code.
  Pages during;
  world.memory.on_store = [&](u32) { during = pages_of_this_process(); };
  world.put(0x2000, {as::stw(3, 5, 0), as::system_call});
  ASSERT_TRUE(world.run(0x1000));
  world.r(5) = WorldMemory::device;
  ASSERT_TRUE(world.run(0x2000));
  EXPECT_EQ(during.writable_and_executable, 0u);
  EXPECT_EQ(during.of_the_code_cache, 2u);
  const Pages after = pages_of_this_process();
  EXPECT_EQ(after.writable_and_executable, 0u);
  EXPECT_GT(after.executable, 0u);
}

}  // namespace
}  // namespace quince::jit_test
