// What a guest is kept from, should it ever command this process and not only its own: files that nobody gave
// it, other programs, the network. The threat model is in SECURITY.md.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/sandbox/landlock.h"
#include "app/sandbox/opener.h"
#include "machine/machine.h"

namespace quince::app {

struct SandboxOptions {
  bool off = false;
  bool network = false;            // of a program
  std::vector<std::string> allow;  // PATH[,readonly]
};

// --no-sandbox, --allow
void add_sandbox_options(CLI::App& command, SandboxOptions& options);

// Instrumented builds (sanitizers) open files and start programs whenever they like: they have no sandbox.
bool sandbox_wanted(const SandboxOptions& options);
// One line on standard error where there is no sandbox because somebody said so.
void announce(const SandboxOptions& options);

// A folder with all that is in it may be given without being named if the home folder is not in it.
bool may_be_given(const std::string& folder);
// Where the user is, and what --allow names, if it may be given. Absolute, without symbolic links.
std::vector<Given> given_by(const SandboxOptions& options);

// What a program under `exec` may reach.
class ProgramSandbox {
 public:
  // `words`: the program and its arguments, of which those that are files are given to it. `outputs`: files
  // of our own that will be written later.
  ProgramSandbox(const SandboxOptions& options, const std::vector<std::string>& words,
                 const std::vector<std::string>& outputs);
  // Before the program's first instruction; `program` is the file that is executed (of a script, the
  // interpreter). The error is a line.
  tl::expected<void, std::string> close(const std::string& program);
  // The program could not open this, or (empty) no socket. Says so if it is the sandbox's doing, the first
  // time.
  void refused(const std::string& path);

 private:
  bool has(const std::string& path) const;
  bool network_;
  bool said_ = false;
  std::vector<Given> given_;
};

// What a machine under `run` is kept in: it works on what is open. Opener opens what the user names
// meanwhile.
class MachineSandbox {
 public:
  // Before there are other threads. `named`: files of the command line, from whose folders (and the current
  // one) images may be opened, and where pictures may be written. `pictures`: files that may be written, too.
  MachineSandbox(const SandboxOptions& options, const std::vector<std::string>& named,
                 const std::vector<std::string>& pictures);

  machine::HostFiles files();
  struct Needs {
    bool window = false;
    bool new_media = false;            // somebody is there who may change the CD
    std::vector<std::string> sockets;  // paths that are to disappear at the end
  };
  // Before the guest's first instruction, when all is open. The error is a line.
  tl::expected<void, std::string> close(const Needs& needs);

 private:
  std::unique_ptr<Opener> opener_;
};

// What there is, for --log sandbox.
std::string sandbox_description(const SandboxOptions& options);

}  // namespace quince::app
