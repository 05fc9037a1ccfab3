// Any bytes from GDB, and any payloads in sound packets: the session stays in step, and answers a question
// afterwards.
#include "app/gdb/session.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/small_machine.h"

namespace {

using namespace quince;  // NOLINT(google-build-using-namespace)

struct World : fuzz::SmallMachine {
  World() {
    loop.observe({.paused = [this](const auto& at) {
      if (session) session->paused(at);
    }});
    session.emplace(debugger, loop,
                    app::gdb::Session::Host{.send = [this](std::string_view bytes) { sent += bytes; },
                                            .quit = [this] { loop.stop(9); },
                                            .command = [](const std::string& text) { return "<" + text; }});
  }
  machine::Debugger debugger{core};
  std::string sent;
  std::optional<app::gdb::Session> session;
};

void send_packets(World& world, fuzz::Bytes& in) {
  while (!in.empty()) {
    std::string payload;
    while (!in.empty()) {
      const char c = static_cast<char>(in.u8());
      if (c == '\n') break;
      payload.push_back(c);
    }
    world.session->receive(app::gdb::frame(payload));
  }
}

void send_bytes(World& world, fuzz::Bytes& in) {
  while (!in.empty()) {
    const auto part = in.take(1 + in.below(100));
    world.session->receive({reinterpret_cast<const char*>(part.data()), part.size()});
  }
  world.session->receive("#00");  // ends a packet that was begun
  world.session->receive("#00");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  World world;
  in.flag() ? send_packets(world, in) : send_bytes(world, in);
  world.run();
  world.sent.clear();
  world.session->receive(app::gdb::frame("qC"));
  fuzz::require(world.sent.find("QC1") != std::string::npos, "no answer to a question");
  world.session.reset();
  return 0;
}
