// quince run: boots a machine.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

#include "app/commands.h"
#include "app/config_file.h"
#include "app/display.h"
#include "app/engine.h"
#include "app/gdb/server.h"
#include "app/monitor/console.h"
#include "app/monitor/json_server.h"
#include "app/screenshot.h"
#include "app/stats.h"
#include "machine/image.h"
#include "machine/machine.h"

namespace quince::app {

namespace {

struct Options {
  machine::MachineOptions machine;
  std::vector<std::string> images;
  std::string cpu = "750";
  EngineOptions engine;
  std::string stats;
  std::string screenshot;
  std::string config;
  std::string gdb, monitor;
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
  std::fprintf(stderr, "quince: %s\n", error.message.c_str());
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

// What controls a machine from outside, while it exists.
struct Controls {
  std::unique_ptr<Monitor> monitor;
  std::unique_ptr<JsonServer> programs{};
  std::unique_ptr<Console> person{};
  std::unique_ptr<gdb::Server> gdb{};
};

// The error is a line about the option.
tl::expected<Controls, std::string> open_controls(const Options& options, machine::FrontPanel& panel) {
  Controls controls{.monitor = std::make_unique<Monitor>(panel)};
  if (options.monitor == "stdio")
    controls.person = std::make_unique<Console>(*controls.monitor, panel.scheduler);
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

int run(Options& options) {
  machine::MachineOptions& request = options.machine;
  for (const std::string& path : options.images) {
    if (const auto placed = place_image(path, request); !placed) return report(placed.error());
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
  request.cpu = ppc::find_cpu_model(options.cpu);
  const auto handling = ppc::ExceptionHandling::deliver;
  const auto log = open_log(options.engine, handling);
  request.witness = log.get();
  request.engine = engine_factory(options.engine, handling, log);
  request.on_terminal = [](const std::string& path) {
    std::fprintf(stderr, "quince: serial line: %s\n", path.c_str());
  };
  const StatsFile stats(options.stats);
  request.finished = [&](const machine::Core& core, const machine::StorageCounters& storage) {
    stats.write(core.cpu, *core.engine, &storage);
  };
  const auto window = open_window(options.display, request.board, options.cpu);
  if (!window) return report(window.error());
  request.screen_console = *window != nullptr;
  std::optional<Controls> controls;
  request.started = [&](machine::FrontPanel& panel) {
    if (options.paused) panel.loop.pause();
    if (log) log->set_devices(panel.devices);
    auto opened = open_controls(options, panel);
    if (opened) {
      controls.emplace(std::move(*opened));
    } else {
      std::fprintf(stderr, "quince: %s\n", opened.error().c_str());
      panel.loop.stop(machine::status::usage);
    }
    if (*window) (*window)->attach(panel);
  };
  request.stopped = [&](machine::FrontPanel& panel) {
    if (*window) (*window)->detach();
    controls.reset();
    if (log) log->set_devices({});
    if (options.screenshot.empty()) return;
    const auto written = write_screenshot(panel.screen.frame(), options.screenshot);
    if (!written) std::fprintf(stderr, "quince: %s\n", written.error().c_str());
  };
  const auto status = machine::run_machine(request);
  return status ? *status : report(status.error());
}

template <class T>
CLI::Option* choice(CLI::App& command, const std::string& name, T& value,
                    const std::map<std::string, T>& names, const std::string& help) {
  std::vector<std::string> words;
  for (const auto& entry : names) words.push_back(entry.first);
  return command
      .add_option_function<std::string>(
          name, [&value, &names](const std::string& word) { value = names.at(word); }, help)
      ->check(CLI::IsMember(words));
}

void add_machine_options(CLI::App& command, Options& options) {
  machine::MachineOptions& machine = options.machine;
  choice(command, "--board", machine.board, boards, "The computer: beige-g3 (the default) or bare");
  command.add_option("--cpu", options.cpu, "Processor: 750 or 7400 (with AltiVec)")
      ->check(CLI::IsMember({"750", "7400"}))
      ->capture_default_str();
  command.add_option("--ram", machine.ram_bytes, "Guest memory, such as 256M or 1G")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->default_str("256M");
  add_engine_options(command, options.engine);
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
      ->check(CLI::IsMember({"disk", "cd", "kernel", "prompt"}));
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
      ->check(CLI::PositiveNumber)
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
  command->footer("On a terminal, Ctrl-A X ends the machine and Ctrl-A Ctrl-A is a Ctrl-A for the guest.");
  add_boot_options(*command, *options);
  add_machine_options(*command, *options);
  add_run_options(*command, *options);
  command->callback([options, command, &status] {
    if (const auto configured = apply_configs(*options, *command); !configured) {
      status = report({machine::status::usage, configured.error()});
      return;
    }
    options->serial_given = command->count("--serial") > 0;
    status = run(*options);
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
