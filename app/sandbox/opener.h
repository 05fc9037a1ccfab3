// A process that opens files in the stead of one that may not: what the user names while the machine runs, in
// the monitor or on the window. It trusts nobody. Of the folders that were given it hands out images of disks
// and CDs, for reading, and takes pictures; nothing else.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/sandbox/landlock.h"
#include "devices/block_image.h"

namespace quince::app {

class Opener {
 public:
  // Starts the process: before there are other threads. `given`: what images may be opened, and pictures
  // written where Reach says so. `pictures`: files beyond that may be written, as --screenshot. Null: it
  // can't be started.
  static std::unique_ptr<Opener> start(const std::vector<Given>& given,
                                       const std::vector<std::string>& pictures);
  // What remove_at_end() named is gone when it returns.
  ~Opener();
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  // A socket that is to disappear with this process, however it ends. Not after seal().
  void remove_at_end(const std::string& path);
  void seal();

  // From any thread. Errors are a line.
  tl::expected<devices::OpenedImage, std::string> open_image(const std::string& path);
  // Replaces the file when it is complete. Its name ends in .png.
  tl::expected<void, std::string> save_picture(const std::string& path, std::span<const char> png);

 private:
  Opener(int socket, pid_t process) : socket_(socket), process_(process) {}
  struct Answer;
  Answer ask(char request, const std::string& path, int descriptor = -1);

  int socket_;
  pid_t process_;
  std::mutex mutex_;
};

}  // namespace quince::app
