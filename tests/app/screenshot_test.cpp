// Screenshots: the PNG file holds the pixels of the frame.
#include "app/screenshot.h"

#include <gtest/gtest.h>
#include <png.h>
#include <unistd.h>

#include <filesystem>

namespace quince::app {
namespace {

using devices::Frame;
using devices::u8;

class ScreenshotTest : public ::testing::Test {
 protected:
  ScreenshotTest() { std::filesystem::create_directories(directory); }
  ~ScreenshotTest() override { std::filesystem::remove_all(directory); }

  struct Decoded {
    unsigned width = 0, height = 0;
    std::vector<u8> rgb;
  };
  static Decoded decode(const std::string& path) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    EXPECT_TRUE(png_image_begin_read_from_file(&image, path.c_str())) << image.message;
    image.format = PNG_FORMAT_RGB;
    Decoded decoded{image.width, image.height, std::vector<u8>(PNG_IMAGE_SIZE(image))};
    EXPECT_TRUE(png_image_finish_read(&image, nullptr, decoded.rgb.data(), 0, nullptr)) << image.message;
    return decoded;
  }

  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("quince-screenshot-" + std::to_string(getpid()));
  const std::string path = directory / "screen.png";
};

TEST_F(ScreenshotTest, PixelsSurvive) {
  const std::vector<u8> memory = {0, 1, 2, 3, 0, 4, 5, 6, 99, 99, 99, 99, 0, 7, 8, 9, 0, 255, 254, 253};
  const Frame frame{.width = 2, .height = 2, .stride = 12, .depth = 32, .pixels = memory};
  ASSERT_TRUE(write_screenshot(frame, path));
  const Decoded decoded = decode(path);
  EXPECT_EQ(decoded.width, 2u);
  EXPECT_EQ(decoded.height, 2u);
  EXPECT_EQ(decoded.rgb, (std::vector<u8>{1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 253}));
}

TEST_F(ScreenshotTest, AScreenThatIsOffIsBlack) {
  ASSERT_TRUE(write_screenshot({}, path));
  EXPECT_EQ(decode(path).rgb, (std::vector<u8>{0, 0, 0}));
}

TEST_F(ScreenshotTest, AFolderThatIsNotThere) {
  const auto written = write_screenshot({}, directory / "none" / "screen.png");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("none/screen.png: can't be written: No such file"), std::string::npos)
      << written.error();
}

TEST_F(ScreenshotTest, AFullDiskLeavesTheOldPicture) {
  ASSERT_TRUE(write_screenshot({}, path));
  const auto before = std::filesystem::file_size(path);
  std::filesystem::create_symlink("/dev/full", path + ".part");
  const std::vector<u8> memory(640 * 480 * 4, 7);
  const Frame frame{.width = 640, .height = 480, .stride = 2560, .depth = 32, .pixels = memory};
  const auto written = write_screenshot(frame, path);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("No space left"), std::string::npos) << written.error();
  EXPECT_EQ(std::filesystem::file_size(path), before);
}

}  // namespace
}  // namespace quince::app
