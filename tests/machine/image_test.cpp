#include "machine/image.h"

#include <gtest/gtest.h>

#include "tests/machine/files.h"

namespace quince::machine {
namespace {

std::string with(std::size_t offset, const std::string& bytes, std::string file = std::string(70'000, '\0')) {
  return file.replace(offset, bytes.size(), bytes);
}

TEST(Image, KindsByContent) {
  const test::Folder folder;
  const struct {
    std::string content;
    ImageKind kind;
  } files[] = {
      {test::make_elf(0, 0, {0}), ImageKind::elf},
      {with(0x8001, "CD001"), ImageKind::cd},
      {with(512, std::string("PM\0\0", 4), with(0x8001, "CD001")), ImageKind::cd},
      {with(512, std::string("PM\0\0", 4)), ImageKind::disk},
      {with(510, "\x55\xaa"), ImageKind::disk},
      {with(1080, "\x53\xef"), ImageKind::disk},
      {with(1024, "BD"), ImageKind::disk},
  };
  for (const auto& file : files) {
    const auto about = examine_image(folder.put("image", file.content));
    ASSERT_TRUE(about.has_value()) << about.error().message;
    EXPECT_EQ(about->kind, file.kind) << about->description;
  }
}

TEST(Image, Refusals) {
  const test::Folder folder;
  for (const auto& path : {folder.path("missing"), folder.path("."), folder.put("empty", ""),
                           folder.put("text", "hello"), folder.put("zeros", std::string(1 << 20, '\0')),
                           folder.put("elf", test::make_elf(0, 0, {0}).substr(0, 60))}) {
    const auto about = examine_image(path);
    ASSERT_FALSE(about.has_value()) << path;
    EXPECT_EQ(about.error().status, status::unusable_image);
  }
}

}  // namespace
}  // namespace quince::machine
