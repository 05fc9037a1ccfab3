#include "app/sandbox/sandbox.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "app/sandbox/calls.h"

namespace quince::app {

namespace {

namespace fs = std::filesystem;

#if defined(__has_feature)
#define QUINCE_HAS_FEATURE(name) __has_feature(name)
#else
#define QUINCE_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    QUINCE_HAS_FEATURE(address_sanitizer) || QUINCE_HAS_FEATURE(thread_sanitizer)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif

constexpr std::string_view readonly_suffix = ",readonly";

// What any program may have: nothing of it is the user's own.
constexpr const char* public_files[] = {
    "/etc/localtime", "/usr/share/zoneinfo", "/usr/lib/locale", "/usr/share/locale",       "/etc/ld.so.cache",
    "/usr/lib/gconv", "/etc/nsswitch.conf",  "/proc/cpuinfo",   "/proc/meminfo",           "/proc/stat",
    "/proc/loadavg",  "/proc/uptime",        "/proc/version",   "/sys/devices/system/cpu", "/dev/random",
    "/dev/urandom"};
constexpr const char* public_devices[] = {"/dev/null", "/dev/zero", "/dev/full"};

// Where what lies is nobody's data: naming it as an argument does not give it.
constexpr const char* system_folders[] = {"/boot",    "/dev",     "/etc",     "/proc",     "/run",    "/sys",
                                          "/var/lib", "/var/log", "/usr/bin", "/usr/sbin", "/usr/lib"};

// As far as it exists, without symbolic links.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path real = fs::weakly_canonical(absolute, error);
  return error ? absolute.string() : real.string();
}

bool is_in(const std::string& path, const std::string& folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string in_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void add_folder(std::vector<Given>& given, const std::string& folder) {
  if (!folder.empty() && may_be_given(folder)) given.push_back({real_path(folder), Reach::write});
}

// The file or folder that a word names.
void add_word(std::vector<Given>& given, const std::string& word) {
  std::error_code error;
  const auto status = fs::status(word, error);
  if (!fs::exists(status)) return;
  const std::string path = real_path(word);
  const bool of_system = std::any_of(std::begin(system_folders), std::end(system_folders),
                                     [&](const char* folder) { return is_in(path, folder); });
  if (of_system) return;
  if (fs::is_directory(status)) return add_folder(given, path);
  given.push_back({path, Reach::write});
}

tl::unexpected<std::string> failed(const std::string& why) {
  return tl::unexpected("the sandbox can't be put up: " + why + " (--no-sandbox runs without)");
}

}  // namespace

void add_sandbox_options(CLI::App& command, SandboxOptions& options) {
  command.add_flag("--no-sandbox", options.off, "Let the guest's process reach everything that you can");
  command.add_option("--allow", options.allow, "A file or folder that it may reach, too; may be repeated")
      ->allow_extra_args(false)
      ->type_name("PATH[,readonly]");
}

bool sandbox_wanted(const SandboxOptions& options) { return !options.off && !instrumented; }

void announce(const SandboxOptions& options) {
  if (options.off)
    std::fputs("quince: --no-sandbox: a guest that breaks out can do all that you can\n", stderr);
}

bool may_be_given(const std::string& folder) {
  const std::string real = real_path(folder), home = in_environment("HOME");
  return real != "/" && (home.empty() || !is_in(real_path(home), real));
}

std::vector<Given> given_by(const SandboxOptions& options) {
  std::vector<Given> given;
  add_folder(given, ".");
  for (std::string path : options.allow) {
    const bool readonly = path.ends_with(readonly_suffix);
    if (readonly) path.resize(path.size() - readonly_suffix.size());
    given.push_back({real_path(path), readonly ? Reach::read : Reach::write});
  }
  return given;
}

ProgramSandbox::ProgramSandbox(const SandboxOptions& options, const std::vector<std::string>& words,
                               const std::vector<std::string>& outputs)
    : network_(options.network), given_(given_by(options)) {
  for (const char* path : public_files) given_.push_back({path, Reach::read});
  for (const char* path : public_devices) given_.push_back({path, Reach::write});
  given_.push_back({"/proc", Reach::names});  // which descriptors are open, among others
  for (const std::string& folder : {std::string("/tmp"), in_environment("TMPDIR")})
    add_folder(given_, folder);
  for (std::size_t n = 1; n < words.size(); ++n) add_word(given_, words[n]);
  for (const std::string& path : outputs) {
    if (!path.empty()) given_.push_back({path, Reach::write});
  }
  given_.push_back({real_path(words.front()), Reach::read});
}

tl::expected<void, std::string> ProgramSandbox::close(const std::string& program) {
  given_.push_back({real_path(program), Reach::read});
  if (landlock_version() > 0 && !limit_files(given_))
    return failed("Landlock: " + std::string(std::strerror(errno)));
  if (auto limited = limit_calls(network_ ? Calls::networked : Calls::program); !limited)
    return failed("seccomp: " + limited.error());
  return {};
}

bool ProgramSandbox::has(const std::string& path) const {
  const std::string real = real_path(path);
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& one) { return one.reach != Reach::names && is_in(real, one.path); });
}

void ProgramSandbox::refused(const std::string& path) {
  if (said_ || (path.empty() ? network_ : has(path))) return;
  said_ = true;
  const std::string what =
      path.empty() ? "the network (--allow-net gives it" : path + " (--allow PATH gives it";
  std::fprintf(stderr, "quince: exec: the sandbox keeps the program from %s, --no-sandbox everything)\n",
               what.c_str());
}

MachineSandbox::MachineSandbox(const SandboxOptions& options, const std::vector<std::string>& named,
                               const std::vector<std::string>& pictures) {
  std::vector<Given> given = given_by(options);
  for (const std::string& file : named) {
    if (!file.empty()) add_folder(given, fs::path(real_path(file)).parent_path());
  }
  opener_ = Opener::start(given, pictures);
}

machine::HostFiles MachineSandbox::files() {
  machine::HostFiles files;
  if (!opener_) return files;
  files.open_cd = [opener = opener_.get()](const std::string& path) -> machine::HostFiles::Opened {
    const auto image = opener->open_image(path);
    if (!image) return tl::unexpected(image.error());
    return devices::adopt_cd(*image, path);
  };
  files.save = [opener = opener_.get()](const std::string& path, std::span<const char> content) {
    return opener->save_picture(path, content);
  };
  return files;
}

tl::expected<void, std::string> MachineSandbox::close(const Needs& needs) {
  if (needs.new_media) devices::prepare_containers();
  if (opener_) {
    for (const std::string& path : needs.sockets) opener_->remove_at_end(fs::absolute(path));
    opener_->seal();
  }
  tzset();  // reads a file
  if (landlock_version() > 0 && !limit_files({}))
    return failed("Landlock: " + std::string(std::strerror(errno)));
  if (auto limited = limit_calls(needs.window ? Calls::with_window : Calls::machine); !limited)
    return failed("seccomp: " + limited.error());
  return {};
}

std::string sandbox_description(const SandboxOptions& options) {
  if (!sandbox_wanted(options)) return "none";
  const int version = landlock_version();
  return version > 0 ? "seccomp and Landlock " + std::to_string(version)
                     : "seccomp; this kernel has no Landlock";
}

}  // namespace quince::app
