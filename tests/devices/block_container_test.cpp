// Disk images of other programs, made and checked by qemu-img; DMG images are made here, of Apple's blocks.
#include "devices/block_container.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>

#include "devices/block_file.h"
#include "devices/block_image.h"

namespace quince::devices {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<u8>;
using Kind = BlockRequest::Kind;

constexpr std::size_t disk_bytes = 3 << 20;

class ContainerTest : public testing::TestWithParam<const char*> {
 protected:
  ContainerTest() {
    std::string name = (fs::temp_directory_path() / "quince-container-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~ContainerTest() override { fs::remove_all(folder); }
  void SetUp() override {
    if (!succeeds("qemu-img --version && qemu-nbd --version")) GTEST_SKIP() << "no qemu-utils";
    put("raw", content);
  }

  static bool succeeds(const std::string& command) {
    return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0;
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  void put(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  Bytes get(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Bytes pattern(std::size_t size, u32 seed) {
    std::mt19937 random(seed);
    Bytes bytes(size);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    return bytes;
  }
  // The disk as an image of this format; odd characters of its name are nobody's syntax.
  std::string converted(const std::string& format) const {
    std::string name = path("an \"image, x:" + format);
    EXPECT_TRUE(succeeds("qemu-img convert -f raw -O " + format + " '" + path("raw") + "' '" + name + "'"));
    return name;
  }
  Bytes converted_back(const std::string& format, const std::string& image) const {
    EXPECT_TRUE(succeeds("qemu-img convert -f " + format + " -O raw '" + image + "' '" + path("back") + "'"));
    return get("back");
  }
  static std::string error_of(const DiskOptions& options) {
    const auto device = open_disk(options);
    std::string error = device ? "" : device.error();
    EXPECT_EQ(error.find('\n'), std::string::npos);
    return error;
  }
  static BlockRequest perform(BlockDevice& device, BlockRequest request) {
    std::promise<BlockRequest> promise;
    device.submit(std::move(request), [&](BlockRequest result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  static Bytes read(BlockDevice& device, u64 offset, std::size_t bytes) {
    const auto result = perform(device, {.kind = Kind::read, .offset = offset, .data = Bytes(bytes, 0xee)});
    EXPECT_EQ(result.error, 0);
    return result.data;
  }

  fs::path folder;
  const Bytes content = pattern(disk_bytes, 1);
};

TEST_P(ContainerTest, IsReadWrittenAndKept) {
  const std::string image = converted(GetParam());
  Bytes expected = content;
  const Bytes news = pattern(70'144, 2);
  constexpr u64 place = 123 * 512;
  {
    auto device = open_disk({.path = image});
    ASSERT_TRUE(device) << device.error();
    EXPECT_EQ((*device)->bytes(), disk_bytes);
    EXPECT_FALSE((*device)->read_only());
    EXPECT_EQ(read(**device, 0, disk_bytes), content);
    EXPECT_EQ(perform(**device, {.kind = Kind::write, .offset = place, .data = news}).error, 0);
    EXPECT_EQ(perform(**device, {.kind = Kind::flush}).error, 0);
    EXPECT_NE(error_of({.path = image}), "");  // somebody has it
  }
  std::ranges::copy(news, expected.begin() + place);
  EXPECT_EQ(converted_back(GetParam(), image), expected);
  const auto again = open_disk({.path = image, .read_only = true, .report = [](const std::string&) {}});
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE((*again)->read_only());
  EXPECT_EQ(read(**again, place, news.size()), news);
  EXPECT_EQ(perform(**again, {.kind = Kind::write, .offset = 0, .data = Bytes(512)}).error, EROFS);
}

TEST_P(ContainerTest, AnOverlayTakesTheChanges) {
  const std::string image = converted(GetParam());
  const Bytes news = pattern(1024, 3);
  for (int round = 0; round < 2; ++round) {
    auto device = open_disk({.path = image, .overlay = path("overlay")});
    ASSERT_TRUE(device) << device.error();
    EXPECT_EQ(read(**device, 512, 512), Bytes(content.begin() + 512, content.begin() + 1024));
    if (round == 1) {
      EXPECT_EQ(read(**device, 4096, news.size()), news);
    } else {
      EXPECT_EQ(perform(**device, {.kind = Kind::write, .offset = 4096, .data = news}).error, 0);
    }
  }
  EXPECT_EQ(converted_back(GetParam(), image), content);
}

TEST_P(ContainerTest, CutOffOrGarbledIsRefusedInOneLine) {
  const std::string image = converted(GetParam());
  fs::resize_file(image, 600);
  EXPECT_NE(error_of({.path = image}).find(std::string(GetParam()) + ": "), std::string::npos);
  const std::string garbled = converted(GetParam());
  std::fstream file(garbled, std::ios::binary | std::ios::in | std::ios::out);
  const std::string ones(200, '\xff');
  file.seekp(std::string(GetParam()) == "vdi" ? 0x44 : 20).write(ones.data(), 200);
  file.close();
  EXPECT_NE(error_of({.path = garbled}), "");
}

INSTANTIATE_TEST_SUITE_P(Formats, ContainerTest, testing::Values("qcow2", "vmdk", "vdi"),
                         [](const auto& about) { return std::string(about.param); });

class OtherContainerTest : public ContainerTest {};

TEST_F(OtherContainerTest, ReferencesToOtherFilesAreRefused) {
  const std::string base = converted("qcow2");
  ASSERT_TRUE(succeeds("qemu-img create -f qcow2 -F qcow2 -b '" + base + "' '" + path("backed") + "'"));
  ASSERT_TRUE(
      succeeds("qemu-img create -f qcow2 -o data_file='" + path("data") + "' '" + path("split") + "' 1M"));
  ASSERT_TRUE(succeeds("qemu-img create -f vmdk -o subformat=monolithicFlat '" + path("flat") + "' 1M"));
  ASSERT_TRUE(succeeds("qemu-img convert -f raw -O vmdk '" + path("raw") + "' '" + path("below") + "'"));
  ASSERT_TRUE(succeeds("qemu-img create -f vmdk -F vmdk -b '" + path("below") + "' '" + path("child") + "'"));
  for (const char* name : {"backed", "split", "flat", "child"}) {
    EXPECT_NE(error_of({.path = path(name)}).find("refers to other files"), std::string::npos) << name;
  }
}

TEST_F(OtherContainerTest, ReadersShareAFileWithQemuAndWritersDoNot) {
  using Mode = HostFile::Mode;
  const std::string qemu_io = "qemu-io -f raw ";
  const auto qemu = [&](const std::string& options) {
    return qemu_io + options + " -c 'read 0 512' '" + path("raw") + "'";
  };
  const auto opens = [&](Mode mode) { return HostFile::open(path("raw"), mode).has_value(); };
  {
    const auto reader = HostFile::open(path("raw"), Mode::read_only);
    ASSERT_TRUE(reader.has_value());
    EXPECT_TRUE(succeeds(qemu("-r")));
    EXPECT_FALSE(succeeds(qemu("")));
    EXPECT_TRUE(opens(Mode::read_only));
    EXPECT_FALSE(opens(Mode::read_write));
  }
  {
    const auto writer = HostFile::open(path("raw"), Mode::read_write);
    ASSERT_TRUE(writer.has_value());
    EXPECT_FALSE(succeeds(qemu("-r")));
    EXPECT_FALSE(succeeds(qemu("")));
    EXPECT_FALSE(opens(Mode::read_only));
    EXPECT_FALSE(opens(Mode::read_write));
  }
  // As long as its standard input is open, it has the file open, too.
  for (const bool writes : {false, true}) {
    const std::string said = writes ? "writer" : "reader";
    const std::string command =
        qemu_io + (writes ? "" : " -r") + " '" + path("raw") + "' >'" + path(said) + "' 2>&1";
    std::FILE* const other = popen(command.c_str(), "w");
    ASSERT_NE(other, nullptr);
    for (int n = 0; n < 500 && get(said).empty(); ++n) usleep(10'000);  // its prompt
    EXPECT_EQ(opens(Mode::read_only), !writes);
    EXPECT_FALSE(opens(Mode::read_write));
    pclose(other);
  }
  EXPECT_TRUE(opens(Mode::read_write));
}

TEST_F(OtherContainerTest, WithoutQemuTheLineNamesThePackage) {
  const std::string image = converted("qcow2");
  const char* path = std::getenv("PATH");
  ASSERT_TRUE(path);
  const std::string before = path;
  setenv("PATH", folder.c_str(), 1);
  EXPECT_NE(error_of({.path = image}).find("qemu-utils"), std::string::npos);
  setenv("PATH", before.c_str(), 1);
}

TEST_F(OtherContainerTest, ACdMayBeInOneToo) {
  put("raw", pattern(5 * 512, 4));
  const auto cd = open_cd(converted("qcow2"));
  ASSERT_TRUE(cd) << cd.error();
  EXPECT_EQ((*cd)->bytes() % 2048, 0U);
  EXPECT_TRUE((*cd)->read_only());
  Bytes expected = pattern(5 * 512, 4);
  expected.resize(4096);
  EXPECT_EQ(read(**cd, 0, 4096), expected);
}

// --- DMG: blocks, a property list that lists them, a trailer ---

void put_number(Bytes& to, u64 value, unsigned bytes) {
  while (bytes-- > 0) to.push_back(static_cast<u8>(value >> 8 * bytes));
}

std::string base64(const Bytes& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t n = 0; n < bytes.size(); n += 3) {
    u32 group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (n + k < bytes.size() ? bytes[n + k] : 0);
    for (int shift = 18; shift >= 0; shift -= 6) text += digits[group >> shift & 63];
  }
  for (std::size_t k = 0; k < (3 - bytes.size() % 3) % 3; ++k) text[text.size() - 1 - k] = '=';
  return text;
}

// One block of raw data, and one of as many zeros.
Bytes dmg(const Bytes& data) {
  const u64 sectors = data.size() / 512;
  Bytes table{'m', 'i', 's', 'h'};
  put_number(table, 1, 4);
  put_number(table, 0, 8);            // first sector
  put_number(table, 2 * sectors, 8);  // sectors
  put_number(table, 0, 8);            // data offset
  table.resize(200);
  put_number(table, 3, 4);  // entries
  const struct {
    u64 type, first, count, offset, bytes;
  } chunks[] = {{1, 0, sectors, 0, data.size()},
                {2, sectors, sectors, data.size(), 0},
                {0xffff'ffff, 2 * sectors, 0, data.size(), 0}};
  for (const auto& chunk : chunks) {
    put_number(table, chunk.type, 4);
    put_number(table, 0, 4);
    for (const u64 number : {chunk.first, chunk.count, chunk.offset, chunk.bytes})
      put_number(table, number, 8);
  }
  const std::string list =
      "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>resource-fork</key><dict><key>blkx</key>"
      "<array><dict><key>Data</key><data>" +
      base64(table) + "</data></dict></array></dict></dict></plist>";
  Bytes file = data;
  file.insert(file.end(), list.begin(), list.end());
  Bytes trailer{'k', 'o', 'l', 'y'};
  for (const u64 number : {u64{4} << 32 | 512, u64{1}, u64{0}, u64{data.size()}, u64{0}, u64{0}})
    put_number(trailer, number, 8);
  trailer.resize(24);
  put_number(trailer, 0, 8);            // data fork's offset
  put_number(trailer, data.size(), 8);  // and bytes
  trailer.resize(0xd8);
  put_number(trailer, data.size(), 8);  // the list's offset
  put_number(trailer, list.size(), 8);
  trailer.resize(0x1ec);
  put_number(trailer, 2 * sectors, 8);
  trailer.resize(512);
  file.insert(file.end(), trailer.begin(), trailer.end());
  return file;
}

TEST_F(OtherContainerTest, DmgIsReadAndNeverWritten) {
  const Bytes image = dmg(content);
  put("dmg", image);
  const auto device = open_disk({.path = path("dmg"), .report = [](const std::string&) {}});
  ASSERT_TRUE(device) << device.error();
  EXPECT_TRUE((*device)->read_only());
  EXPECT_EQ((*device)->bytes(), 2 * disk_bytes);
  EXPECT_EQ(read(**device, 0, disk_bytes), content);
  EXPECT_EQ(read(**device, disk_bytes, disk_bytes), Bytes(disk_bytes));
  EXPECT_EQ(perform(**device, {.kind = Kind::write, .offset = 0, .data = Bytes(512)}).error, EROFS);
  EXPECT_EQ(get("dmg"), image);
}

}  // namespace
}  // namespace quince::devices
