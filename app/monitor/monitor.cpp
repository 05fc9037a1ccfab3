#include "app/monitor/monitor.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/monitor/arguments.h"
#include "app/screenshot.h"
#include "app/stats.h"
#include "guest-ppc/disassembler.h"
#include "jit-x86/host_text.h"
#include "translator/translator.h"

namespace quince::app {

namespace {

using Json = nlohmann::ordered_json;
using Result = Monitor::Result;
using ppc::u64;
using ppc::u8;

// Keys come no faster than the guest reads them: ADB is polled about every 11 ms.
constexpr u64 key_interval = 25'000'000;  // ns of guest time
constexpr std::size_t most_keys = 16384;  // going down or up
constexpr u32 most_bytes = 0x1'0000, most_instructions = 4096;

tl::unexpected<std::string> no(std::string why) { return tl::unexpected(std::move(why)); }

std::string hex_of(const std::vector<u8>& bytes) {
  std::string text = "0x";
  for (const u8 byte : bytes) {
    std::array<char, 3> digits;
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    text += digits.data();
  }
  return text;
}

std::optional<std::vector<u8>> bytes_of(std::string_view hex, std::size_t wanted) {
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  if (hex.empty() || hex.size() > 2 * wanted) return std::nullopt;
  std::string digits(2 * wanted - hex.size(), '0');
  digits += hex;
  std::vector<u8> bytes;
  for (std::size_t n = 0; n < digits.size(); n += 2) {
    const std::string byte = digits.substr(n, 2);
    if (byte.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
    bytes.push_back(static_cast<u8>(std::stoul(byte, nullptr, 16)));
  }
  return bytes;
}

}  // namespace

Monitor::Monitor(machine::FrontPanel& panel) : panel_(panel), debugger_(panel.core) {
  panel.loop.observe({.paused = [this](const auto& at) { paused(at); },
                      .resumed =
                          [this] {
                            if (on_event) on_event({{"event", "resumed"}});
                          }});
  jit::prepare_to_disassemble();
}

std::span<const Monitor::Command> Monitor::commands() {
  using enum Parameter::Kind;
  static constexpr Command all[] = {
      {"help", "this list", {}, &Monitor::help},
      {"status", "whether the machine runs, and where it is", {}, &Monitor::status},
      {"pause", "the machine stands still", {}, &Monitor::pause},
      {"continue", "it goes on", {}, &Monitor::go_on},
      {"step",
       "executes so many instructions (1), without interrupts",
       {{{"count", number, true}}},
       &Monitor::step},
      {"reset", "restarts it at once", {}, &Monitor::reset},
      {"power-key", "presses the power key of the keyboard", {}, &Monitor::power_key},
      {"quit", "switches it off at once", {}, &Monitor::quit},
      {"cd", "puts this image into the CD drive", {{{"file", rest}}}, &Monitor::cd},
      {"eject", "presses the CD drive's button", {}, &Monitor::eject},
      {"screenshot", "writes the screen as PNG", {{{"file", rest}}}, &Monitor::screenshot},
      {"type", "types a text on the keyboard; \\n is the Return key", {{{"text", rest}}}, &Monitor::type},
      {"key", "presses keys together, such as command-q or f1", {{{"keys"}}}, &Monitor::key},
      {"mouse-move",
       "moves the mouse, right and down, in counts",
       {{{"right", number}, {"down", number}}},
       &Monitor::mouse_move},
      {"mouse-button",
       "left, right or middle; down or up (a click, otherwise)",
       {{{"button"}, {"state", text, true}}},
       &Monitor::mouse_button},
      {"registers", "all registers, or one", {{{"name", text, true}}}, &Monitor::registers},
      {"set", "a register's value", {{{"name"}, {"value"}}}, &Monitor::set_register},
      {"memory",
       "bytes (64) at an effective address",
       {{{"address", number}, {"bytes", number, true}}},
       &Monitor::memory},
      {"physical",
       "bytes (64) at a physical address",
       {{{"address", number}, {"bytes", number, true}}},
       &Monitor::physical_memory},
      {"write",
       "hexadecimal bytes to an effective address",
       {{{"address", number}, {"data"}}},
       &Monitor::set_memory},
      {"translate", "an effective address through the MMU", {{{"address", number}}}, &Monitor::translate},
      {"disassemble",
       "instructions (16) at an effective address (where it is)",
       {{{"address", number, true}, {"count", number, true}}},
       &Monitor::disassemble},
      {"host",
       "host code of the translation that has an effective address (where it is)",
       {{{"address", number, true}}},
       &Monitor::host_code},
      {"break",
       "stops before the instruction at an effective address",
       {{{"address", number}}},
       &Monitor::add_breakpoint},
      {"watch",
       "stops before an access to so many bytes (4): read, write or access (write)",
       {{{"address", number}, {"bytes", number, true}, {"kind", text, true}}},
       &Monitor::add_watchpoint},
      {"delete",
       "a breakpoint, or the watchpoints that begin there",
       {{{"address", number}}},
       &Monitor::remove_point},
      {"points", "breakpoints and watchpoints", {}, &Monitor::points},
      {"statistics", "counters, as of --stats", {}, &Monitor::statistics},
      {"devices", "chips, and where the processor finds them", {}, &Monitor::devices},
  };
  return all;
}

Result Monitor::execute(std::string_view name, const Json& arguments) {
  for (const Command& command : commands()) {
    if (name != command.name) continue;
    if (auto checked = check_arguments(command, arguments); !checked) return no(checked.error());
    return (this->*command.run)(arguments);
  }
  return no("there is no command '" + std::string(name) + "' (see help)");
}

std::string Monitor::execute_line(std::string_view line) {
  const auto parsed = parse_line(commands(), line);
  if (!parsed) return parsed.error();
  if (!parsed->command) return "";
  const Result result = execute(parsed->command->name, parsed->arguments);
  return result ? as_text(*result) : result.error();
}

// --- The machine ---

Result Monitor::help(const Json&) {
  Json list = Json::array();
  for (const Command& command : commands()) {
    list.push_back({{"command", command.name}, {"usage", usage(command)}, {"help", command.help}});
  }
  return list;
}

Result Monitor::status(const Json&) {
  const ppc::Cpu& cpu = panel_.core.cpu;
  Json result = {{"state", panel_.loop.paused() ? "paused" : "running"},
                 {"pc", hexadecimal(cpu.state.pc)},
                 {"processor", std::string(cpu.model.name)},
                 {"instructions", cpu.instructions()},
                 {"guest_seconds", static_cast<double>(panel_.scheduler.now()) / 1e9}};
  if (panel_.loop.paused()) result["why"] = why_;
  return result;
}

Result Monitor::pause(const Json&) {
  panel_.loop.pause();
  return nullptr;
}

Result Monitor::go_on(const Json&) {
  panel_.loop.resume();
  return nullptr;
}

Result Monitor::step(const Json& arguments) {
  if (!panel_.loop.paused()) return no("step: the machine runs (pause it first)");
  panel_.loop.step(number_or(arguments, "count", 1));
  return nullptr;
}

Result Monitor::reset(const Json&) {
  panel_.loop.request_restart();
  return nullptr;
}

Result Monitor::power_key(const Json&) {
  if (!panel_.keyboard) return no("power-key: this board has no keyboard");
  press({{devices::adb_key::power, true}, {devices::adb_key::power, false}});
  return nullptr;
}

Result Monitor::quit(const Json&) {
  panel_.quit();
  return nullptr;
}

void Monitor::paused(const std::optional<ppc::GuestException>& at) {
  const bool watch = at && at->srr1 == ppc::debugger_cause::watchpoint;
  why_ = !at ? "paused" : watch ? "watchpoint" : "breakpoint";
  Json event = {{"event", "paused"}, {"why", why_}, {"pc", hexadecimal(panel_.core.cpu.state.pc)}};
  if (watch) event["address"] = hexadecimal(at->dar);
  if (on_event) on_event(event);
}

// --- What a user touches ---

Result Monitor::cd(const Json& arguments) {
  if (auto changed = panel_.change_cd(arguments["file"]); !changed) return no("cd: " + changed.error());
  return nullptr;
}

Result Monitor::eject(const Json&) {
  if (auto changed = panel_.change_cd(""); !changed) return no("eject: " + changed.error());
  return nullptr;
}

Result Monitor::screenshot(const Json& arguments) {
  if (!panel_.screen) return no("screenshot: this board has no screen");
  const auto written = write_screenshot(panel_.screen->frame(), arguments["file"], panel_.files.save);
  if (!written) return no("screenshot: " + written.error());
  return nullptr;
}

Result Monitor::type(const Json& arguments) {
  if (!panel_.keyboard) return no("type: this board has no keyboard");
  auto strokes = keystrokes_of(with_newlines(arguments["text"]));
  if (!strokes) return no("type: there is a character that the US keyboard does not have");
  if (keys_.size() + strokes->size() > most_keys)
    return no("type: too much at once (wait until it is typed)");
  press(std::move(*strokes));
  return nullptr;
}

Result Monitor::key(const Json& arguments) {
  if (!panel_.keyboard) return no("key: this board has no keyboard");
  auto strokes = keystrokes_of_chord(arguments["keys"].get<std::string>());
  if (!strokes)
    return no("key: there is no such key (try return, escape, f1, command-q, control-option-left)");
  if (keys_.size() + strokes->size() > most_keys) return no("key: too much at once (wait until it is typed)");
  press(std::move(*strokes));
  return nullptr;
}

void Monitor::press(std::vector<Keystroke> strokes) {
  const bool idle = keys_.empty();
  keys_.insert(keys_.end(), strokes.begin(), strokes.end());
  if (idle) press_next();
}

void Monitor::press_next() {
  if (keys_.empty()) return;
  panel_.keyboard->key(keys_.front().key, keys_.front().pressed);
  panel_.scheduler.at(panel_.scheduler.now() + key_interval, [this] {
    keys_.pop_front();
    press_next();
  });
}

Result Monitor::mouse_move(const Json& arguments) {
  if (!panel_.mouse) return no("mouse-move: this board has no mouse");
  constexpr i64 most = 10'000;
  const i64 right = signed_number(arguments["right"]), down = signed_number(arguments["down"]);
  if (std::abs(right) > most || std::abs(down) > most) return no("mouse-move: at most 10000 counts at once");
  panel_.mouse->move(static_cast<int>(right), static_cast<int>(down));
  return nullptr;
}

Result Monitor::mouse_button(const Json& arguments) {
  using Button = devices::AdbMouse::Button;
  static constexpr std::pair<const char*, Button> buttons[] = {
      {"left", Button::left}, {"right", Button::right}, {"middle", Button::middle}};
  if (!panel_.mouse) return no("mouse-button: this board has no mouse");
  const std::string which = arguments["button"], state = arguments.value("state", "click");
  const auto found = std::ranges::find(buttons, which, [](const auto& row) { return row.first; });
  if (found == std::end(buttons)) return no("mouse-button: left, right or middle, not '" + which + "'");
  if (state != "down" && state != "up" && state != "click") return no("mouse-button: down, up or click");
  const Button button = found->second;
  if (state != "up") panel_.mouse->button(button, true);
  if (state == "up") panel_.mouse->button(button, false);
  if (state == "click") {
    panel_.scheduler.at(panel_.scheduler.now() + key_interval,
                        [this, button] { panel_.mouse->button(button, false); });
  }
  return nullptr;
}

// --- Registers and memory ---

Result Monitor::registers(const Json& arguments) {
  Json result = Json::object();
  const std::string wanted = arguments.value("name", "");
  for (const machine::Register& reg : debugger_.registers()) {
    if (wanted.empty() || wanted == reg.name) result[reg.name] = hex_of(debugger_.read(reg));
  }
  if (result.empty()) return no("registers: there is no register '" + wanted + "'");
  return result;
}

Result Monitor::set_register(const Json& arguments) {
  const std::string name = arguments["name"];
  for (const machine::Register& reg : debugger_.registers()) {
    if (name != reg.name) continue;
    const auto bytes = bytes_of(arguments["value"].get<std::string>(), reg.bits / 8);
    if (!bytes)
      return no("set: the value has at most " + std::to_string(reg.bits / 4) + " hexadecimal digits");
    debugger_.write(reg, *bytes);
    return nullptr;
  }
  return no("set: there is no register '" + name + "'");
}

Result Monitor::dump(const std::vector<u8>& bytes, u32 address) const {
  if (bytes.empty()) return no(hexadecimal(address) + ": no memory there");
  return Json{{"address", hexadecimal(address)}, {"data", hex_of(bytes).substr(2)}};
}

Result Monitor::memory(const Json& arguments) {
  const u32 address = address_of(arguments["address"]);
  std::vector<u8> bytes(std::min(number_or(arguments, "bytes", 64), u64{most_bytes}));
  bytes.resize(debugger_.read_memory(address, bytes));
  return dump(bytes, address);
}

Result Monitor::physical_memory(const Json& arguments) {
  const u32 address = address_of(arguments["address"]);
  std::vector<u8> bytes(std::min(number_or(arguments, "bytes", 64), u64{most_bytes}));
  bytes.resize(debugger_.read_physical(address, bytes));
  return dump(bytes, address);
}

Result Monitor::set_memory(const Json& arguments) {
  const std::string data = arguments["data"];
  const auto bytes = bytes_of(data, (data.size() - (data.starts_with("0x") ? 2 : 0)) / 2);
  if (!bytes) return no("write: pairs of hexadecimal digits are wanted");
  const u32 address = address_of(arguments["address"]);
  if (!debugger_.write_memory(address, *bytes))
    return no("write: " + hexadecimal(address) + " is not all RAM");
  return nullptr;
}

Result Monitor::translate(const Json& arguments) {
  const u32 ea = address_of(arguments["address"]);
  Json result = Json::object();
  const std::pair<const char*, ppc::Access> accesses[] = {
      {"fetch", ppc::Access::fetch}, {"load", ppc::Access::read}, {"store", ppc::Access::write}};
  for (const auto& [name, access] : accesses) {
    const auto mapping = panel_.core.mmu.look_up(panel_.core.cpu.state, ea, access);
    const u32 cause = mapping                        ? 0
                      : access == ppc::Access::fetch ? mapping.error().srr1
                                                     : mapping.error().dsisr;
    result[name] = mapping
                       ? hexadecimal(mapping->physical | (ea & ppc::page_mask))
                       : (access == ppc::Access::fetch ? "ISI, SRR1 " : "DSI, DSISR ") + hexadecimal(cause);
    if (mapping && mapping->cache_inhibited) result["cache_inhibited"] = true;
    if (mapping && mapping->in_tlb) result["through"] = "page table";
  }
  return result;
}

Result Monitor::disassemble(const Json& arguments) {
  u32 address = arguments.contains("address") ? address_of(arguments["address"]) : panel_.core.cpu.state.pc;
  address &= ~3u;
  Json lines = Json::array();
  const u64 count = std::min(number_or(arguments, "count", 16), u64{most_instructions});
  for (u64 n = 0; n < count; ++n, address += 4) {
    const auto word = debugger_.word(address);
    if (!word) break;
    lines.push_back({{"address", hexadecimal(address)},
                     {"word", hexadecimal(*word)},
                     {"instruction", ppc::disassemble(*word, address)}});
  }
  if (lines.empty()) return no("disassemble: no memory at " + hexadecimal(address));
  return lines;
}

Result Monitor::host_code(const Json& arguments) {
  const u32 address =
      (arguments.contains("address") ? address_of(arguments["address"]) : panel_.core.cpu.state.pc) & ~3u;
  const auto* translator = dynamic_cast<const translator::Translator*>(panel_.core.engine.get());
  if (!translator) return no("host: the interpreter makes no code (--engine jit does)");
  const auto mapping = panel_.core.mmu.look_up(panel_.core.cpu.state, address, ppc::Access::fetch);
  if (!mapping) return no("host: no code can be fetched from " + hexadecimal(address));
  const auto made = translator->made_for(mapping->physical | (address & ppc::page_mask));
  if (!made.entry) return no("host: " + hexadecimal(address) + " is not translated");
  const auto& backend = static_cast<const jit::X86Backend&>(translator->backend());
  const translator::CompiledBlock code{made.entry, made.bytes, {}, {}, made.links};
  Json lines = Json::array();
  lines.push_back({{"block", hexadecimal(made.pc)}, {"guest_instructions", made.insns}});
  for (const jit::HostInsn& insn : jit::disassemble(code, backend.thunks())) {
    lines.push_back({{"offset", insn.offset}, {"instruction", insn.mnemonic + " " + insn.operands}});
  }
  return lines;
}

// --- Points ---

Result Monitor::add_breakpoint(const Json& arguments) {
  const u32 address = address_of(arguments["address"]);
  if (address & 3) return no("break: an instruction's address is a multiple of 4");
  debugger_.add_breakpoint(address);
  return nullptr;
}

Result Monitor::add_watchpoint(const Json& arguments) {
  const std::string kind = arguments.value("kind", "write");
  if (kind != "read" && kind != "write" && kind != "access") return no("watch: read, write or access");
  const u32 address = address_of(arguments["address"]);
  const u64 bytes = number_or(arguments, "bytes", 4);
  if (bytes == 0 || address + (bytes - 1) > ~u32{0}) return no("watch: that is no range of addresses");
  debugger_.add_watchpoint({address, address + static_cast<u32>(bytes - 1), kind != "write", kind != "read"});
  return nullptr;
}

Result Monitor::remove_point(const Json& arguments) {
  const u32 address = address_of(arguments["address"]);
  bool found = debugger_.remove_breakpoint(address);
  const std::vector<ppc::Watchpoint> watchpoints = debugger_.points().watchpoints;
  for (const ppc::Watchpoint& point : watchpoints) {
    if (point.first == address) found |= debugger_.remove_watchpoint(point);
  }
  if (!found) return no("delete: nothing is at " + hexadecimal(address));
  return nullptr;
}

Result Monitor::points(const Json&) {
  Json list = Json::array();
  for (const u32 ea : debugger_.points().breakpoints)
    list.push_back({{"address", hexadecimal(ea)}, {"kind", "break"}});
  for (const ppc::Watchpoint& point : debugger_.points().watchpoints) {
    list.push_back({{"address", hexadecimal(point.first)},
                    {"kind", point.read ? (point.write ? "access" : "read") : "write"},
                    {"bytes", u64{point.last} - point.first + 1}});
  }
  return list;
}

// --- Reports ---

Result Monitor::statistics(const Json&) {
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started_;
  const machine::StorageCounters storage = panel_.storage();
  std::ostringstream text;
  write_statistics(text, wall.count(), panel_.core.cpu, *panel_.core.engine, &storage);
  return Json::parse(text.str());
}

Result Monitor::devices(const Json&) {
  Json list = Json::array();
  for (const machine::DeviceRow& row : panel_.devices()) {
    Json entry = {{"bus", row.bus}, {"name", row.name}};
    if (row.size != 0) entry.update({{"address", hexadecimal(row.base)}, {"bytes", hexadecimal(row.size)}});
    list.push_back(entry);
  }
  return list;
}

}  // namespace quince::app
