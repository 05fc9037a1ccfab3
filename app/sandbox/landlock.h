// Landlock: Linux's own limits to the files that a process can reach, from kernel 5.13 on. What is not named
// can't be opened, changed, made or removed. It holds for the thread that asks, and for what that thread
// starts.
#pragma once

#include <string>
#include <vector>

namespace quince::app {

enum class Reach : unsigned char {
  names,  // of a folder, and of those in it
  read,
  write,  // and read; in a folder: make and remove, too, but no devices
};

// A file, or a folder with all that is in it.
struct Given {
  std::string path;
  Reach reach = Reach::read;
};

// What the kernel's Landlock is able to do, as it numbers that; 0: there is none.
int landlock_version();

// From here on this thread reaches no files but these; those that do not exist are left out. Signals go to
// processes under the same limits only, where the kernel can tell (version 6). False: the kernel refuses.
bool limit_files(const std::vector<Given>& given);

}  // namespace quince::app
