// What GDB is answered, packet by packet.
#include "app/gdb/session.h"

#include <gtest/gtest.h>

#include "guest-ppc/interpreter.h"

namespace quince::app::gdb {
namespace {

using machine::u32;

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { start(); }
  void start() {
    session.emplace(debugger, loop,
                    Session::Host{.send = [this](std::string_view bytes) { sent += bytes; },
                                  .quit = [this] { loop.stop(9); },
                                  .command = [](const std::string& text) { return "<" + text + ">"; }});
    loop.observe({.paused = [this](const auto& at) {
      session->paused(at);
      if (on_pause) on_pause();
    }});
  }
  // The payload of the one reply to this packet.
  std::string ask(std::string_view payload) {
    sent.clear();
    session->receive(frame(payload));
    if (sent.substr(0, 2) != "+$" || sent.size() < 5) return "no reply: " + sent;
    std::string result = sent.substr(2, sent.size() - 5);
    EXPECT_EQ(sent, "+" + frame(result));
    return result;
  }
  void put(u32 address, std::initializer_list<u32> words) {
    for (const u32 word : words) {
      const u32 bytes = ppc::swap_bytes(word);
      std::memcpy(&core.bus.ram()[address], &bytes, 4);
      address += 4;
    }
  }

  machine::Core core{ppc::cpu_7400, 1u << 20, machine::VirtualClock::Kind::instructions, 16'600'000,
                     [](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu); }};
  machine::RunLoop loop{core, 10};
  machine::Debugger debugger{core};
  std::string sent;
  std::function<void()> on_pause;
  std::optional<Session> session;
};

TEST_F(SessionTest, DamagedPacketsAreRefused) {
  session->receive("$g#00");
  EXPECT_EQ(sent, "-");
  sent.clear();
  session->receive("$qC#x");
  session->receive("y$qC#b4");
  EXPECT_EQ(sent, "-+" + frame("QC1"));
  sent.clear();
  session->receive("-");  // once more, please
  EXPECT_EQ(sent, frame("QC1"));
  session->receive("+");
  sent.clear();
  session->receive("-");
  EXPECT_EQ(sent, "");
}

TEST_F(SessionTest, WithoutAcknowledgements) {
  EXPECT_NE(ask("qSupported:multiprocess+").find("QStartNoAckMode+"), std::string::npos);
  EXPECT_EQ(ask("QStartNoAckMode"), "OK");
  sent.clear();
  session->receive(frame("qC"));
  EXPECT_EQ(sent, frame("QC1"));
}

TEST_F(SessionTest, UnknownPacketsAreNotSupported) {
  EXPECT_EQ(ask("qNothing"), "");
  EXPECT_EQ(ask(""), "");
}

TEST_F(SessionTest, Registers) {
  core.cpu.state.gpr[0] = 0x12345678;
  core.cpu.state.fpr[0] = 0x3ff0'0000'0000'0001;
  core.cpu.state.pc = 0x1000;
  const std::string all = ask("g");
  EXPECT_EQ(all.size(), 2u * (32 * 4 + 32 * 8 + 7 * 4));
  EXPECT_EQ(all.substr(0, 8), "12345678");
  EXPECT_EQ(all.substr(256, 16), "3ff0000000000001");
  EXPECT_EQ(ask("p40"), "00001000");
  EXPECT_EQ(ask("P1=cafe0001"), "OK");
  EXPECT_EQ(core.cpu.state.gpr[1], 0xcafe0001);
  std::string changed = all;
  changed.replace(8, 8, "00000007");
  EXPECT_EQ(ask("G" + changed), "OK");
  EXPECT_EQ(core.cpu.state.gpr[1], 7u);
  EXPECT_EQ(ask("P1=cafe"), "E01");
  EXPECT_EQ(ask("p7777"), "E02");
  EXPECT_EQ(ask("P47=000102030405060708090a0b0c0d0e0f"), "OK");  // vr0
  EXPECT_EQ(ask("p47"), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(core.cpu.state.vr[0].lanes<ppc::u8>()[15], 0);
}

TEST_F(SessionTest, DescriptionInPieces) {
  std::string text;
  for (;;) {
    const std::string part = ask("qXfer:features:read:target.xml:" + [&] {
      std::string hex;
      for (std::size_t n = text.size(); n > 0; n >>= 4) hex.insert(0, 1, "0123456789abcdef"[n & 15]);
      return hex.empty() ? std::string("0") : hex;
    }() + ",800");
    text += part.substr(1);
    if (part[0] == 'l') break;
    ASSERT_EQ(part[0], 'm');
  }
  for (const char* wanted : {"org.gnu.gdb.power.core", "org.gnu.gdb.power.altivec", "\"sdr1\"", "\"hid0\"",
                             "name=\"pc\" bitsize=\"32\" regnum=\"64\"", "</target>"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted;
  }
}

TEST_F(SessionTest, Memory) {
  EXPECT_EQ(ask("M2000,4:deadbeef"), "OK");
  EXPECT_EQ(ask("m2001,3"), "adbeef");
  EXPECT_EQ(ask("X2000,2:#a"), "OK");  // an escaped '#'
  EXPECT_EQ(ask("m2000,2"), "2361");
  EXPECT_EQ(ask("mffffe,4"), "0000");  // to the end of memory
  EXPECT_EQ(ask("m90000000,4"), "E14");
  EXPECT_EQ(ask("M90000000,1:00"), "E14");
  EXPECT_EQ(ask("m2000"), "E01");
  EXPECT_EQ(ask("M2000,4:00"), "E01");
  EXPECT_EQ(ask("m123456789,4"), "E01");
}

TEST_F(SessionTest, BreakpointWatchpointStep) {
  put(0x1000, {0x3863'0001, 0x9065'0000, 0x4bff'fff8});  // addi r3,r3,1; stw r3,0(r5); b 0x1000
  core.cpu.state.pc = 0x1000;
  core.cpu.state.msr = 0;
  core.cpu.state.gpr[5] = 0x2000;
  EXPECT_EQ(ask("?"), "T05thread:1;");
  EXPECT_EQ(ask("Z0,1004,4"), "OK");
  EXPECT_EQ(ask("Z0,1004,4"), "OK");
  EXPECT_EQ(ask("Z2,2001,2"), "OK");
  EXPECT_EQ(ask("Z2,2001,0"), "E01");
  EXPECT_EQ(ask("Z9,2001,1"), "");
  std::vector<std::string> stops;
  const std::vector<std::string> next = {"vCont;c", "z0,1004,4", "c", "vCont;s:1", "z2,2001,2", "s", "k"};
  std::size_t at = 0;
  on_pause = [&] {
    if (sent.find("T0") != std::string::npos) stops.push_back(sent.substr(sent.find("T0")));
    while (at < next.size()) {
      sent.clear();
      const std::string& packet = next[at++];
      session->receive(frame(packet));
      if (sent == "+") return;  // it goes on
    }
  };
  EXPECT_EQ(loop.run(), 9);
  ASSERT_EQ(stops.size(), 4u);
  EXPECT_EQ(stops[0].substr(0, 21), "T05thread:1;swbreak:;");
  EXPECT_EQ(stops[1].substr(0, 27), "T05thread:1;watch:00002001;");
  EXPECT_EQ(stops[2].substr(0, 13), "T05thread:1;#");
  EXPECT_EQ(core.cpu.state.gpr[3], 1u);
  EXPECT_EQ(core.cpu.state.pc, 0x1000u);
}

TEST_F(SessionTest, LeavingRemovesPoints) {
  ask("Z0,1000,4");
  ask("Z4,1000,4");
  EXPECT_EQ(debugger.points().breakpoints.size(), 1u);
  session.reset();
  EXPECT_TRUE(debugger.points().breakpoints.empty());
  EXPECT_TRUE(debugger.points().watchpoints.empty());
}

TEST_F(SessionTest, MonitorCommands) {
  sent.clear();
  session->receive(frame("qRcmd,6869"));
  EXPECT_EQ(sent, "+" + frame("O3c68693e") + frame("OK"));
  EXPECT_EQ(ask("qRcmd,6"), "E01");
}

}  // namespace
}  // namespace quince::app::gdb
