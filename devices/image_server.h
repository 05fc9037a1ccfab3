// qemu-nbd, which reads disk images of other programs: a process of its own for each image, at the other end
// of a socket without a name. It ends with the connection.
#pragma once

#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>

#include "devices/block_container.h"

namespace quince::devices {

// Whoever has it owns socket and process.
struct ImageServer {
  int socket = -1;
  pid_t process = -1;   // a child of who started it; -1: somebody else waits for it
  int complaints = -1;  // a file without a name that takes what it says; -1: none
};

// Not for raw. Nothing is left to qemu-nbd's guesses: format and file are named, and there is no backing
// file. Whether it takes the image is known when it is spoken to. The error does not name the image.
tl::expected<ImageServer, std::string> start_image_server(const std::string& path, ImageFormat format,
                                                          bool read_only);

// The first line of what it complained about, or empty.
std::string complaint_of(const ImageServer& server);
// Closes what is open, then waits until the process has written all and ended.
void end(const ImageServer& server);

}  // namespace quince::devices
