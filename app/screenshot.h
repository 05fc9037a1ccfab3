// Pictures of the guest's screen as PNG files.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "devices/display.h"

namespace quince::app {

// Writes the picture, replacing the file only when it is complete. A screen that is off, and one that does
// not exist, is a black picture of one pixel. The error is one line: "FILE: WHY".
// save: who writes the file; null: this process.
using FileSaver =
    std::function<tl::expected<void, std::string>(const std::string& path, std::span<const char>)>;
tl::expected<void, std::string> write_screenshot(const devices::Frame& frame, const std::string& path,
                                                 const FileSaver& save = nullptr);

}  // namespace quince::app
