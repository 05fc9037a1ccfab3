#include "app/gdb/session.h"

#include <algorithm>

namespace quince::app::gdb {

namespace {

using ppc::u32;
using ppc::u8;

constexpr u32 most_memory = 0x1000;  // bytes in one reply
const std::string bad_arguments = "E01", no_memory = "E14", no_register = "E02";

// ADDRESS,LENGTH
struct Range {
  u32 address, length;
};
std::optional<Range> take_range(std::string_view& text) {
  const auto address = take_number(text);
  if (!address || !take(text, ",")) return std::nullopt;
  const auto length = take_number(text);
  if (!length) return std::nullopt;
  return Range{*address, *length};
}

std::string hex_number(u32 value) {
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text.push_back("0123456789abcdef"[value >> shift & 15]);
  return text;
}

}  // namespace

Session::Session(machine::Debugger& debugger, machine::RunLoop& loop, Host host)
    : debugger_(debugger), loop_(loop), host_(std::move(host)), target_(debugger) {
  loop_.pause();
}

Session::~Session() {
  if (waiting_) reply("W00");  // the machine has ended, or GDB is gone and does not hear it
  remove_points();
  if (!detached_) loop_.resume();
}

// Names are prefixes; the first that fits is taken.
std::span<const Session::Command> Session::commands() {
  static constexpr Command all[] = {
      {"qSupported", &Session::query_supported},
      {"QStartNoAckMode", &Session::start_no_ack},
      {"qXfer:features:read:target.xml:", &Session::read_features},
      {"qRcmd,", &Session::run_command},
      {"qC", &Session::current_thread},
      {"qfThreadInfo", &Session::first_threads},
      {"qsThreadInfo", &Session::no_more_threads},
      {"qAttached", &Session::attached},
      {"qSymbol", &Session::accept},
      {"vCont?", &Session::list_actions},
      {"vCont;", &Session::act},
      {"vKill", &Session::kill},
      {"?", &Session::stop_reason},
      {"g", &Session::read_general},
      {"G", &Session::write_general},
      {"p", &Session::read_register},
      {"P", &Session::write_register},
      {"m", &Session::read_memory},
      {"M", &Session::write_memory},
      {"X", &Session::write_binary},
      {"Z", &Session::insert_point},
      {"z", &Session::remove_point},
      {"c", &Session::go_on},
      {"C", &Session::go_on_with_signal},
      {"s", &Session::step},
      {"S", &Session::step_with_signal},
      {"D", &Session::detach},
      {"k", &Session::kill},
      {"H", &Session::accept},
      {"T", &Session::accept},
  };
  return all;
}

// --- Packets ---

void Session::receive(std::string_view bytes) {
  for (const PacketReader::Event& event : reader_.feed(bytes)) handle(event);
}

void Session::handle(const PacketReader::Event& event) {
  using Kind = PacketReader::Event::Kind;
  switch (event.kind) {
    case Kind::interrupt: interrupted_ = true; return loop_.pause();
    case Kind::acknowledged: last_.clear(); return;
    case Kind::refused: return host_.send(last_);
    case Kind::damaged:
      if (acknowledges_) host_.send("-");
      return;
    case Kind::packet: break;
  }
  if (acknowledges_) host_.send("+");
  if (const Reply payload = answer(event.payload)) reply(*payload);
}

Session::Reply Session::answer(std::string_view packet) {
  for (const Command& command : commands()) {
    std::string_view arguments = packet;
    if (take(arguments, command.name)) return (this->*command.run)(arguments);
  }
  return "";  // not supported
}

void Session::reply(std::string_view payload) {
  std::string bytes = frame(payload);
  host_.send(bytes);
  last_ = acknowledges_ ? std::move(bytes) : std::string();
}

// --- What this is ---

Session::Reply Session::query_supported(std::string_view) {
  return "PacketSize=" + hex_number(PacketReader::longest_packet) +
         ";qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;vContSupported+";
}

Session::Reply Session::start_no_ack(std::string_view) {
  reply("OK");
  acknowledges_ = false;
  return std::nullopt;
}

Session::Reply Session::read_features(std::string_view arguments) {
  const auto range = take_range(arguments);
  if (!range) return bad_arguments;
  const std::string& text = target_.description;
  if (range->address >= text.size()) return "l";
  const std::string part = text.substr(range->address, std::min(range->length, most_memory));
  return (range->address + part.size() < text.size() ? "m" : "l") + part;
}

Session::Reply Session::run_command(std::string_view hex) {
  const auto text = from_hex(hex);
  if (!text || !host_.command) return bad_arguments;
  const std::string said = host_.command(std::string(text->begin(), text->end()));
  if (said.empty()) return "OK";
  const std::vector<u8> bytes(said.begin(), said.end());
  constexpr std::size_t piece = PacketReader::longest_packet / 4;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reply("O" + to_hex(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at))));
  }
  return "OK";
}

// --- Registers ---

Session::Reply Session::read_general(std::string_view) {
  std::string text;
  for (std::size_t n = 0; n < target_.general; ++n) text += to_hex(debugger_.read(target_.registers[n]));
  return text;
}

Session::Reply Session::write_general(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return bad_arguments;
  std::span<const u8> rest(*bytes);
  for (std::size_t n = 0; n < target_.general && rest.size() >= target_.registers[n].bits / 8; ++n) {
    const std::size_t size = target_.registers[n].bits / 8;
    debugger_.write(target_.registers[n], rest.first(size));
    rest = rest.subspan(size);
  }
  return "OK";
}

Session::Reply Session::read_register(std::string_view arguments) {
  const auto number = take_number(arguments);
  if (!number || *number >= target_.registers.size()) return no_register;
  return to_hex(debugger_.read(target_.registers[*number]));
}

Session::Reply Session::write_register(std::string_view arguments) {
  const auto number = take_number(arguments);
  if (!number || *number >= target_.registers.size() || !take(arguments, "=")) return no_register;
  const machine::Register& reg = target_.registers[*number];
  const auto bytes = from_hex(arguments);
  if (!bytes || bytes->size() != reg.bits / 8) return bad_arguments;
  debugger_.write(reg, *bytes);
  return "OK";
}

// --- Memory ---

Session::Reply Session::read_memory(std::string_view arguments) {
  const auto range = take_range(arguments);
  if (!range) return bad_arguments;
  std::vector<u8> bytes(std::min(range->length, most_memory));
  bytes.resize(debugger_.read_memory(range->address, bytes));
  if (bytes.empty() && range->length > 0) return no_memory;
  return to_hex(bytes);
}

Session::Reply Session::write_memory(std::string_view arguments) {
  const auto range = take_range(arguments);
  if (!range || !take(arguments, ":")) return bad_arguments;
  const auto bytes = from_hex(arguments);
  if (!bytes || bytes->size() != range->length) return bad_arguments;
  return debugger_.write_memory(range->address, *bytes) ? "OK" : no_memory;
}

Session::Reply Session::write_binary(std::string_view arguments) {
  const auto range = take_range(arguments);
  if (!range || !take(arguments, ":") || arguments.size() != range->length) return bad_arguments;
  const std::vector<u8> bytes(arguments.begin(), arguments.end());
  return debugger_.write_memory(range->address, bytes) ? "OK" : no_memory;
}

// --- Points ---

void Session::insert(const Point& point) {
  points_.push_back(point);
  point.watch ? debugger_.add_watchpoint(point.range) : debugger_.add_breakpoint(point.range.first);
}

void Session::remove(const Point& point) {
  std::erase(points_, point);
  point.watch ? debugger_.remove_watchpoint(point.range) : debugger_.remove_breakpoint(point.range.first);
}

void Session::remove_points() {
  while (!points_.empty()) remove(Point(points_.back()));
}

// TYPE,ADDRESS,KIND. The kind of a watchpoint is its length. Setting one again changes nothing.
Session::Reply Session::change_point(std::string_view arguments, bool wanted) {
  enum Type : u32 { software, hardware, write, read, access };
  const auto type = take_number(arguments);
  if (!type || *type > access || !take(arguments, ",")) return "";
  const auto range = take_range(arguments);
  if (!range) return bad_arguments;
  Point point{*type >= write, {range->address, range->address, *type != write, *type != read}};
  if (point.watch) {
    if (range->length == 0 || range->address + (range->length - 1) < range->address) return bad_arguments;
    point.range.last += range->length - 1;
  } else {
    point.range.read = point.range.write = false;
  }
  const bool there = std::find(points_.begin(), points_.end(), point) != points_.end();
  if (wanted && !there) insert(point);
  if (!wanted && there) remove(point);
  return "OK";
}

// --- Going on and stopping ---

Session::Reply Session::resume(std::string_view address, bool one) {
  if (const auto pc = take_number(address)) debugger_.cpu().state.pc = *pc & ~3u;
  waiting_ = true;
  interrupted_ = false;
  if (!loop_.paused()) {  // somebody else has let it go on already
    return std::nullopt;
  }
  one ? loop_.step() : loop_.resume();
  return std::nullopt;
}

// SIGNAL[;ADDRESS]: a machine has no signals.
Session::Reply Session::go_on_with_signal(std::string_view arguments) {
  take_number(arguments);
  take(arguments, ";");
  return resume(arguments, false);
}

Session::Reply Session::step_with_signal(std::string_view arguments) {
  take_number(arguments);
  take(arguments, ";");
  return resume(arguments, true);
}

// ACTION[:THREAD][;...]: there is one thread, so the first action is its own.
Session::Reply Session::act(std::string_view arguments) {
  const bool one = take(arguments, "s") || take(arguments, "S");
  if (!one && !take(arguments, "c") && !take(arguments, "C")) return bad_arguments;
  return resume("", one);
}

Session::Reply Session::detach(std::string_view) {
  remove_points();
  detached_ = true;
  loop_.resume();
  return "OK";
}

Session::Reply Session::kill(std::string_view) {
  host_.quit();
  return "OK";
}

std::string Session::describe_stop(const std::optional<ppc::GuestException>& at) const {
  constexpr const char* interrupt = "T02thread:1;";
  constexpr const char* trap = "T05thread:1;";
  if (!at) return interrupted_ ? interrupt : trap;
  if (at->srr1 != ppc::debugger_cause::watchpoint) return std::string(trap) + "swbreak:;";
  const bool write = at->dsisr & ppc::dsi_cause::store;
  const ppc::Watchpoint* point = debugger_.points().met(at->dar, 1, write);
  if (!point) return trap;
  const char* kind = point->read ? (point->write ? "awatch:" : "rwatch:") : "watch:";
  return trap + (kind + hex_number(at->dar)) + ";";
}

void Session::paused(const std::optional<ppc::GuestException>& at) {
  stop_reply_ = describe_stop(at);
  interrupted_ = false;
  if (std::exchange(waiting_, false)) reply(stop_reply_);
}

}  // namespace quince::app::gdb
