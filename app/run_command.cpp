// quince run: boots a machine.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

#include "app/commands.h"
#include "app/config_file.h"
#include "app/display.h"
#include "app/engine.h"
#include "app/error_line.h"
#include "app/gdb/server.h"
#include "app/monitor/console.h"
#include "app/monitor/json_server.h"
#include "app/sandbox/sandbox.h"
#include "app/screenshot.h"
#include "app/stats.h"
#include "app/window/window.h"
#include "app/words.h"
#include "machine/image.h"
#include "machine/machine.h"

namespace quince::app {

namespace {

struct Options {
  machine::MachineOptions machine;
  std::vector<std::string> images;
  std::string cpu = "750";
  EngineOptions engine;
  SandboxOptions sandbox;
  std::string stats;
  std::string screenshot;
  std::string config;
  std::string gdb, monitor, net = "none";
  bool paused = false, serial_given = false;
  DisplayOptions display;
};

const std::map<std::string, machine::BoardKind> boards = {{"beige-g3", machine::BoardKind::beige_g3},
                                                          {"bare", machine::BoardKind::bare}};
const std::map<std::string, machine::BootFrom> boot_choices = {{"disk", machine::BootFrom::disk},
                                                               {"cd", machine::BootFrom::cd},
                                                               {"kernel", machine::BootFrom::kernel},
                                                               {"prompt", machine::BootFrom::prompt}};
const std::map<std::string, machine::VirtualClock::Kind> clocks = {
    {"real", machine::VirtualClock::Kind::real}, {"instructions", machine::VirtualClock::Kind::instructions}};

int report(const machine::Error& error) {
  print_error(error.message);
  return error.status;
}

// An image goes where its content says.
tl::expected<void, machine::Error> place_image(const std::string& path, machine::MachineOptions& options) {
  const auto about = machine::examine_image(path);
  if (!about) return tl::unexpected(about.error());
  const bool bare = options.board == machine::BoardKind::bare;
  switch (about->kind) {
    case machine::ImageKind::elf: (bare ? options.image : options.kernel) = path; return {};
    case machine::ImageKind::cd: options.cd = path; return {};
    case machine::ImageKind::disk: options.disks.push_back({.path = path}); return {};
  }
  __builtin_unreachable();
}

// FILE[,readonly][,overlay=FILE]
machine::DiskImage parse_disk(const std::string& text) {
  constexpr std::string_view overlay = "overlay=";
  machine::DiskImage disk;
  disk.path = text;
  for (auto comma = disk.path.rfind(','); comma != std::string::npos; comma = disk.path.rfind(',')) {
    const std::string word = disk.path.substr(comma + 1);
    if (word == "readonly")
      disk.read_only = true;
    else if (word.starts_with(overlay))
      disk.overlay = word.substr(overlay.size());
    else
      break;  // a comma of the file's name
    disk.path.resize(comma);
  }
  return disk;
}

// What is typed for the monitor on a terminal that the serial line has.
class TypedForMonitor {
 public:
  TypedForMonitor() {
    if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) ends_[0] = ends_[1] = -1;
    if (ends_[0] >= 0) ::fcntl(ends_[0], F_SETFL, 0);
  }
  ~TypedForMonitor() {
    for (const int end : ends_) ::close(end);
  }
  TypedForMonitor(const TypedForMonitor&) = delete;
  TypedForMonitor& operator=(const TypedForMonitor&) = delete;
  int input() const { return ends_[0]; }
  // What the monitor does not fetch in time is lost. A Return shows the prompt.
  void typed(std::span<const ppc::u8> bytes, bool begins) const {
    static constexpr ppc::u8 enter = '\r';
    const auto all = begins ? std::span(&enter, 1) : bytes;
    [[maybe_unused]] const ssize_t taken = ::write(ends_[1], all.data(), all.size());
  }

 private:
  int ends_[2];
};

// What controls a machine from outside, while it exists.
struct Controls {
  std::unique_ptr<Monitor> monitor;
  std::unique_ptr<JsonServer> programs{};
  std::unique_ptr<Console> person{};
  std::unique_ptr<gdb::Server> gdb{};
};

// The error is a line about the option.
tl::expected<Controls, std::string> open_controls(const Options& options, const TypedForMonitor& typed,
                                                  machine::FrontPanel& panel) {
  Controls controls{.monitor = std::make_unique<Monitor>(panel)};
  if (options.monitor == "stdio")
    controls.person = std::make_unique<Console>(*controls.monitor, panel.scheduler);
  else if (options.machine.serial == "stdio" && ::isatty(STDIN_FILENO))
    controls.person = std::make_unique<Console>(*controls.monitor, panel.scheduler, typed.input());
  if (options.monitor.starts_with("unix:")) {
    auto server = JsonServer::open(options.monitor, *controls.monitor, panel.scheduler);
    if (!server) return tl::unexpected("--monitor: " + server.error() + " (name a path that is free)");
    controls.programs = std::move(*server);
    controls.monitor->on_event = [programs = controls.programs.get()](const auto& event) {
      programs->send(event);
    };
  }
  if (!options.gdb.empty()) {
    auto server = gdb::Server::open(
        options.gdb, panel,
        [monitor = controls.monitor.get()](const std::string& line) { return monitor->execute_line(line); });
    if (!server) return tl::unexpected("--gdb: " + server.error() + " (name a free HOST:PORT or unix:PATH)");
    controls.gdb = std::move(*server);
  }
  return controls;
}

// --config, and images whose name says that they are none.
tl::expected<void, std::string> apply_configs(Options& options, CLI::App& command) {
  std::vector<std::string> files, images;
  if (!options.config.empty()) files.push_back(options.config);
  for (const std::string& path : options.images) (path.ends_with(".toml") ? files : images).push_back(path);
  if (images.empty() && !options.images.empty()) command.get_option("IMAGE")->clear();
  options.images = images;
  for (const std::string& file : files) {
    if (auto applied = apply_config(file, command); !applied) return applied;
  }
  return {};
}

using Checked = tl::expected<void, std::string>;

// What the board does not have, or has nothing to do with.
Checked check_board(const CLI::App& command, machine::BoardKind board) {
  static constexpr const char* needs_mac[] = {
      "--disk",     "--cd",    "--kernel", "--initrd",     "--append", "--boot",
      "--firmware", "--nvram", "--screen", "--screenshot", "--net",    "--swap-command-option"};
  if (board != machine::BoardKind::bare) return {};
  for (const char* option : needs_mac) {
    if (command.count(option) == 0) continue;
    return tl::unexpected(std::string(option) + ": the board bare has no use for it (" +
                          (option == std::string_view("--kernel") ? "give the ELF file alone"
                                                                  : "leave it out, or use --board beige-g3") +
                          ")");
  }
  return {};
}

// Options that make sense only beside another.
Checked check_combination(const CLI::App& command, const Options& options, bool person_there) {
  using machine::BootFrom;
  const machine::MachineOptions& machine = options.machine;
  const struct {
    bool wrong;
    const char* text;
  } rules[] = {
      {machine.kernel.empty() && !machine.initrd.empty(), "--initrd: there is no kernel (add --kernel FILE)"},
      {machine.kernel.empty() && !machine.append.empty(), "--append: there is no kernel (add --kernel FILE)"},
      {machine.kernel.empty() && machine.boot == BootFrom::kernel,
       "--boot kernel: there is none (add --kernel FILE)"},
      {machine.disks.empty() && machine.boot == BootFrom::disk,
       "--boot disk: there is none (add --disk FILE)"},
      {machine.cd.empty() && machine.boot == BootFrom::cd, "--boot cd: the drive is empty (add --cd FILE)"},
      {options.net == "user", "--net user: there is no network yet (use --net none)"},
      {options.paused && options.gdb.empty() && options.monitor.empty() && !person_there,
       "--paused: nobody could start the guest (add --gdb HOST:PORT or --monitor stdio)"},
  };
  for (const auto& rule : rules) {
    if (rule.wrong) return tl::unexpected<std::string>(rule.text);
  }
  return check_board(command, machine.board);
}

// Where sockets lie, of the words unix:PATH among these.
std::vector<std::string> socket_paths(const Options& options) {
  constexpr std::string_view prefix = "unix:";
  std::vector<std::string> paths;
  for (const std::string& where : {options.machine.serial, options.monitor, options.gdb}) {
    if (where.starts_with(prefix)) paths.push_back(where.substr(prefix.size()));
  }
  return paths;
}

std::vector<std::string> named_files(const Options& options) {
  const machine::MachineOptions& machine = options.machine;
  std::vector<std::string> files = {machine.image, machine.kernel, machine.initrd,    machine.cd,
                                    machine.nvram, options.config, options.screenshot};
  for (const machine::DiskImage& disk : machine.disks) files.insert(files.end(), {disk.path, disk.overlay});
  const auto sockets = socket_paths(options);
  files.insert(files.end(), sockets.begin(), sockets.end());
  return files;
}

int run(Options& options, const CLI::App& command) {
  machine::MachineOptions& request = options.machine;
  for (const std::string& path : options.images) {
    if (const auto placed = place_image(path, request); !placed) return report(placed.error());
  }
  const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && request.serial == "stdio";
  const bool person_there = has_terminal || wants_window(options.display, request.board);
  if (const auto checked = check_combination(command, options, person_there); !checked) {
    return report({machine::status::usage, checked.error()});
  }
  if (request.board == machine::BoardKind::bare && request.image.empty()) {
    return report({machine::status::usage, "bare: no program (give an ELF file)"});
  }
  if (options.monitor == "stdio") {
    if (options.serial_given && request.serial == "stdio") {
      return report(
          {machine::status::usage, "--monitor: the serial line has the terminal (add --serial pty)"});
    }
    if (!options.serial_given) request.serial = "null";
  }
  if (wants_window(options.display, request.board)) Window::enter_program();
  announce(options.sandbox);
  std::optional<MachineSandbox> sandbox;
  if (sandbox_wanted(options.sandbox)) {
    sandbox.emplace(options.sandbox, named_files(options), std::vector{options.screenshot});
    request.files = sandbox->files();
  }
  request.cpu = ppc::find_cpu_model(options.cpu);
  const auto handling = ppc::ExceptionHandling::deliver;
  const auto log = open_log(options.engine, handling);
  request.witness = log.get();
  request.engine = engine_factory(options.engine, handling, log);
  request.on_terminal = [](const std::string& path) {
    std::fprintf(stderr, "quince: serial line: %s\n", path.c_str());
  };
  StatsFile stats(options.stats);
  request.finished = [&](const machine::Core& core, const machine::StorageCounters& storage) {
    stats.write(core.cpu, *core.engine, &storage);
  };
  const auto window = open_window(options.display, request.board, options.cpu);
  if (!window) return report(window.error());
  request.screen_console = *window != nullptr;
  const TypedForMonitor typed;
  request.on_monitor = [&typed](auto bytes, bool begins) { typed.typed(bytes, begins); };
  std::optional<Controls> controls;
  request.started = [&](machine::FrontPanel& panel) {
    if (options.paused) panel.loop.pause();
    if (log) log->set_devices(panel.devices);
    auto opened = open_controls(options, typed, panel);
    if (opened) {
      controls.emplace(std::move(*opened));
    } else {
      print_error(opened.error());
      panel.loop.stop(machine::status::usage);
    }
    if (*window) (*window)->attach(panel);
    if (log) log->sandbox(sandbox_description(options.sandbox));
    if (!sandbox || !opened) return;
    stats.keep_open();
    if (auto closed = sandbox->close(
            {*window != nullptr, person_there || !options.monitor.empty(), socket_paths(options)});
        !closed) {
      print_error(closed.error());
      panel.loop.stop(machine::status::usage);
    }
  };
  request.stopped = [&](machine::FrontPanel& panel) {
    if (*window) (*window)->detach();
    controls.reset();
    if (log) log->set_devices({});
    if (options.screenshot.empty() || !panel.screen) return;
    const auto written = write_screenshot(panel.screen->frame(), options.screenshot, panel.files.save);
    if (!written) print_error(written.error());
  };
  const auto status = machine::run_machine(request);
  return status ? *status : report(status.error());
}

template <class T>
CLI::Option* choice(CLI::App& command, const std::string& name, T& value,
                    const std::map<std::string, T>& names, const std::string& help) {
  std::vector<std::string> words;
  words.reserve(names.size());
  for (const auto& entry : names) words.push_back(entry.first);
  return command
      .add_option_function<std::string>(
          name, [&value, &names](const std::string& word) { value = names.at(word); }, help)
      ->check(one_of(words));
}

void add_machine_options(CLI::App& command, Options& options) {
  machine::MachineOptions& machine = options.machine;
  choice(command, "--board", machine.board, boards, "The computer: beige-g3 (the default) or bare");
  command.add_option("--cpu", options.cpu, "Processor: 750 or 7400 (with AltiVec)")
      ->check(one_of({"750", "7400"}))
      ->capture_default_str();
  command.add_option("--ram", machine.ram_bytes, "Guest memory, such as 256M or 1G")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->default_str("256M");
  add_engine_options(command, options.engine);
  add_sandbox_options(command, options.sandbox);
}

void add_boot_options(CLI::App& command, Options& options) {
  machine::MachineOptions& machine = options.machine;
  command.add_option("IMAGE", options.images,
                     "Kernel, disk or CD image, recognised by its content; or a machine's FILE.toml");
  command
      .add_option_function<std::vector<std::string>>(
          "--disk",
          [&machine](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) machine.disks.push_back(parse_disk(text));
          },
          "Hard disk image; may be repeated")
      ->allow_extra_args(false)
      ->type_name("FILE[,readonly][,overlay=FILE]");
  command.add_option("--cd", machine.cd, "CD image for the CD drive")->type_name("FILE");
  command.add_option("--kernel", machine.kernel, "Boot this kernel (ELF) through the firmware")
      ->type_name("FILE");
  command.add_option("--initrd", machine.initrd, "Its initial RAM disk")->type_name("FILE");
  command.add_option("--append", machine.append, "Its command line")->type_name("TEXT");
  command
      .add_option_function<std::string>(
          "--boot", [&machine](const std::string& word) { machine.boot = boot_choices.at(word); },
          "Where the firmware boots from; prompt: stop at the Open Firmware prompt")
      ->check(one_of({"disk", "cd", "kernel", "prompt"}));
  command.add_option("--firmware", machine.firmware, "Boot ROM; otherwise the installed OpenBIOS")
      ->type_name("FILE");
  command.add_option("--nvram", machine.nvram, "Keep the NVRAM in this file")->type_name("FILE");
}

void add_run_options(CLI::App& command, Options& options) {
  machine::MachineOptions& machine = options.machine;
  command
      .add_option("--serial", machine.serial, "First serial port: stdio, null, pty, file:PATH or unix:PATH")
      ->type_name("WHERE")
      ->capture_default_str();
  command.add_option("--net", options.net, "Network: none, as the card is not connected to anything")
      ->check(one_of({"user", "none"}))
      ->capture_default_str();
  add_display_options(command, options.display, machine.screen);
  command.add_option("--config", options.config, "Take options from this file, too; the command line wins")
      ->type_name("FILE.toml");
  command.add_option("--screenshot", options.screenshot, "Write the screen when stopping")
      ->type_name("FILE.png");
  choice(command, "--clock", machine.clock, clocks,
         "Guest time: real (the default), or instructions (repeatable)");
  command.add_option("--until", machine.until, "Stop with status 0 when the serial line has printed TEXT")
      ->type_name("TEXT");
  command.add_option("--timeout", machine.timeout_seconds, "Stop with status 124 after SECONDS of host time")
      ->check(seconds())
      ->type_name("SECONDS");
  command
      .add_option("--monitor", options.monitor,
                  "Control the machine: stdio (a prompt on the terminal) or unix:PATH (for programs)")
      ->check([](const std::string& where) {
        return where == "stdio" || where.starts_with("unix:") ? ""
                                                              : "stdio or unix:PATH, not '" + where + "'";
      })
      ->type_name("WHERE");
  command.add_option("--gdb", options.gdb, "Let GDB connect here: target remote HOST:PORT")
      ->type_name("HOST:PORT");
  command.add_flag("--paused", options.paused, "Do not start the guest yet: a debugger will");
  command.add_option("--stats", options.stats, "Write counters as JSON when the machine stops")
      ->type_name("FILE");
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Boot a machine");
  command->footer(
      "On a terminal, Ctrl-A X ends the machine, Ctrl-A C leads to the monitor and back, Ctrl-A H tells the "
      "rest.");
  add_boot_options(*command, *options);
  add_machine_options(*command, *options);
  add_run_options(*command, *options);
  command->callback([options, command, &status] {
    if (const auto configured = apply_configs(*options, *command); !configured) {
      status = report({machine::status::usage, configured.error()});
      return;
    }
    options->serial_given = command->count("--serial") > 0;
    status = run(*options, *command);
  });
}

void add_info_command(CLI::App& app, int& status) {
  auto path = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("info", "Say what an image is and how it would be booted");
  command->add_option("IMAGE", *path, "The file")->required();
  command->callback([path, &status] {
    const auto about = machine::examine_image(*path);
    if (!about) {
      status = report(about.error());
      return;
    }
    std::printf("%s: %s\n", path->c_str(), about->description.c_str());
  });
}

}  // namespace quince::app
