// quince image: what can be done with disk images without a machine.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <tl/expected.hpp>

#include "app/commands.h"
#include "app/error_line.h"
#include "machine/error.h"

namespace quince::app {

namespace {

using machine::Error;

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t most_bytes = sector_bytes << 32;  // what a partition map can number

tl::expected<void, Error> check_size(std::uint64_t bytes) {
  if (bytes > 0 && bytes <= most_bytes && bytes % sector_bytes == 0) return {};
  return tl::unexpected(
      Error{machine::status::usage, "image create: SIZE: a multiple of 512 bytes, at most 2T"});
}

// Of the file's size, but without any block of the host's disk until somebody writes there.
tl::expected<void, Error> create_image(const std::string& path, std::uint64_t bytes) {
  if (auto checked = check_size(bytes); !checked) return checked;
  const auto failure = [&](int error) {
    const std::string advice = error == EEXIST ? " (name a new file; nothing is overwritten)" : "";
    return tl::unexpected(
        Error{machine::status::unusable_image, path + ": " + std::strerror(error) + advice});
  };
  constexpr mode_t permissions = 0666;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
  if (fd < 0) return failure(errno);
  const int error = ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  close(fd);
  if (error == 0) return {};
  unlink(path.c_str());
  return failure(error);
}

}  // namespace

void add_image_command(CLI::App& app, int& status) {
  struct Request {
    std::string path;
    std::uint64_t bytes = 0;
  };
  auto request = std::make_shared<Request>();
  CLI::App* command = app.add_subcommand("image", "Make disk images: quince image create FILE SIZE");
  command->require_subcommand(1);
  CLI::App* create = command->add_subcommand("create", "Make an empty disk, for the guest to partition");
  create->add_option("FILE", request->path, "The new file; it takes no room until the guest writes")
      ->required();
  create->add_option("SIZE", request->bytes, "How much the disk holds, such as 512M or 4G")
      ->transform(CLI::AsSizeValue(false))
      ->required();
  create->callback([request, &status] {
    const auto created = create_image(request->path, request->bytes);
    if (created) return;
    print_error(created.error().message);
    status = created.error().status;
  });
}

}  // namespace quince::app
