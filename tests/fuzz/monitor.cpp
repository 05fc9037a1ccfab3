// Any lines to the monitor, as a person types them and as a program sends them: each is answered, with JSON
// where JSON is wanted, and the machine can be looked at afterwards.
#include "app/monitor/monitor.h"

#include <nlohmann/json.hpp>

#include "app/monitor/json_session.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/small_machine.h"

namespace {

using namespace quince;  // NOLINT(google-build-using-namespace)
using Json = app::Monitor::Json;

struct World : fuzz::SmallMachine {
  devices::AdbKeyboard keyboard;
  devices::AdbMouse mouse;
  // No screen and no drive: nothing of the host's is written or opened.
  machine::FrontPanel panel{.keyboard = &keyboard,
                            .mouse = &mouse,
                            .scheduler = core.scheduler,
                            .core = core,
                            .loop = loop,
                            .quit = [this] { loop.stop(0); },
                            .change_cd = [](const std::string&) -> tl::expected<void, std::string> {
                              return tl::unexpected<std::string>("no drive");
                            },
                            .devices =
                                [] {
                                  return std::vector<machine::DeviceRow>{{"RAM", "processor"}};
                                },
                            .storage = [] { return machine::StorageCounters{}; }};
  app::Monitor monitor{panel};
};

void from_a_program(World& world, fuzz::Bytes& in) {
  unsigned answers = 0;
  app::JsonSession session(world.monitor, [&](const Json& message) {
    ++answers;
    const std::string text = app::JsonSession::text_of(message);
    fuzz::require(text.find('\n') == text.size() - 1, "an answer is not one line");
    fuzz::require(Json::accept(text), "an answer is not JSON");
  });
  session.greet();
  fuzz::require(answers == 1, "no greeting");
  while (!in.empty()) {
    const auto part = in.take(1 + in.below(200));
    session.receive({reinterpret_cast<const char*>(part.data()), part.size()});
  }
  session.receive("\n");
  answers = 0;
  session.receive("{\"command\": \"registers\", \"id\": 1}\n");
  fuzz::require(answers == 1, "no answer");
}

void from_a_person(World& world, fuzz::Bytes& in) {
  while (!in.empty()) {
    std::string line;
    while (!in.empty()) {
      const char c = static_cast<char>(in.u8());
      if (c == '\n') break;
      line.push_back(c);
    }
    world.monitor.execute_line(line);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  World world;
  in.flag() ? from_a_program(world, in) : from_a_person(world, in);
  world.run();
  return 0;
}
