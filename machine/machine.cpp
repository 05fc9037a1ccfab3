#include "machine/machine.h"

#include "devices/host_character.h"
#include "machine/bare.h"
#include "machine/beige_g3.h"
#include "machine/output_matcher.h"
#include "machine/termination.h"

namespace quince::machine {

namespace {

// What a board says of itself before it exists.
struct BoardTraits {
  u64 timebase_hertz, least_ram, most_ram;
};

template <class Board>
constexpr BoardTraits traits_of{Board::timebase_hertz, Board::least_ram, Board::most_ram};

const BoardTraits& traits(BoardKind board) {
  return board == BoardKind::bare ? traits_of<Bare> : traits_of<BeigeG3>;
}

std::string mebibytes(u64 bytes) { return std::to_string(bytes >> 20) + "M"; }

tl::expected<void, Error> check_ram(u64 bytes, const BoardTraits& board) {
  constexpr u64 granularity = 1u << 20;
  if (bytes >= board.least_ram && bytes <= board.most_ram && bytes % granularity == 0) return {};
  return tl::unexpected(Error{status::usage, "--ram: this board takes " + mebibytes(board.least_ram) +
                                                 " to " + mebibytes(board.most_ram) + " in whole mebibytes"});
}

tl::expected<int, Error> run_watched(const MachineOptions& options, FrontPanel& panel) {
  if (options.started) options.started(panel);
  auto result = panel.loop.run();
  if (options.stopped) options.stopped(panel);
  return result;
}

tl::expected<int, Error> run_bare(const MachineOptions& options, Core& core, RunLoop& loop,
                                  devices::CharacterBackend& serial, StorageCounters&) {
  Bare board(options, core, loop, serial);
  if (auto loaded = board.load(); !loaded) return tl::unexpected(loaded.error());
  FrontPanel panel{.scheduler = core.scheduler,
                   .core = core,
                   .loop = loop,
                   .quit = [&loop] { loop.stop(0); },
                   .change_cd = [](const std::string&) -> tl::expected<void, std::string> {
                     return tl::unexpected<std::string>("this board has no CD drive");
                   },
                   .devices = [&board] { return board.devices(); },
                   .storage = [] { return StorageCounters{}; },
                   .files = options.files};
  return run_watched(options, panel);
}

tl::expected<int, Error> run_beige_g3(const MachineOptions& options, Core& core, RunLoop& loop,
                                      devices::CharacterBackend& serial, StorageCounters& storage) {
  devices::NullCharacter second_port;
  BeigeG3 board(options, core, loop, serial, second_port);
  if (auto loaded = board.load(); !loaded) return tl::unexpected(loaded.error());
  if (auto ready = board.reset(); !ready) return tl::unexpected(ready.error());
  FrontPanel panel{
      .screen = &board.screen(),
      .keyboard = &board.keyboard,
      .mouse = &board.mouse,
      .scheduler = core.scheduler,
      .core = core,
      .loop = loop,
      .quit = [&loop] { loop.stop(0); },
      .change_cd = [&board, &options](const std::string& path) -> tl::expected<void, std::string> {
        if (path.empty()) return board.press_eject(), tl::expected<void, std::string>{};
        auto medium = options.files.open_cd(path);
        if (!medium) return tl::unexpected(medium.error());
        board.insert_cd(std::move(*medium));
        return {};
      },
      .devices = [&board] { return board.devices(); },
      .storage = [&board] { return board.storage(); },
      .files = options.files};
  auto result = run_watched(options, panel);
  storage = board.storage();
  return result;
}

}  // namespace

tl::expected<int, Error> run_machine(const MachineOptions& options) {
  const BoardTraits& board = traits(options.board);
  if (auto checked = check_ram(options.ram_bytes, board); !checked) return tl::unexpected(checked.error());
  if (options.disks.size() > MachineOptions::most_disks) {
    return tl::unexpected(Error{status::usage, "--disk: this board has room for 3 (leave one out)"});
  }
  Core core(*options.cpu, static_cast<u32>(options.ram_bytes), options.clock, board.timebase_hertz,
            options.engine, options.witness);
  RunLoop loop(core, options.timeout_seconds);
  const Termination termination(core.scheduler,
                                [&loop](int signal) { loop.stop(status::signal_base + signal); });
  std::string terminal;
  auto host = devices::open_character_backend(
      options.serial,
      {.scheduler = core.scheduler, .on_quit = [&loop] { loop.stop(0); }, .on_monitor = options.on_monitor},
      &terminal);
  if (!host)
    return tl::unexpected(Error{status::usage, "--serial: " + host.error() + " (see quince run --help)"});
  if (!terminal.empty() && options.on_terminal) options.on_terminal(terminal);
  OutputMatcher serial(**host, options.until, [&loop] { loop.stop(0); });
  StorageCounters storage;
  const auto run = options.board == BoardKind::bare ? run_bare : run_beige_g3;
  auto result = run(options, core, loop, serial, storage);
  if (options.finished) options.finished(core, storage);
  return result;
}

}  // namespace quince::machine
