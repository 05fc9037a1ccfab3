// The firmware's configuration device: any items, any accesses. What is read is what a list of the items,
// kept here beside it, says.
#include "devices/fw_cfg.h"

#include <map>
#include <string>

#include "tests/fuzz/bytes.h"

namespace quince::fuzz {
namespace {

using namespace devices;

constexpr u16 directory = 0x19, first_file = 0x20, ignored_bit = 0x4000;
constexpr u16 nothing = ignored_bit;  // no item has such a key

class World {
 public:
  void play(Bytes in) {
    while (!in.empty()) step(in);
    read_directory();
  }

 private:
  void set_number(Bytes& in) {
    const u16 key = in.u16() & 0xff;
    const u64 value = in.u64();
    const unsigned bytes = 2u << in.below(3);
    if (bytes == 2) device_.set_u16(key, static_cast<u16>(value));
    if (bytes == 4) device_.set_u32(key, static_cast<u32>(value));
    if (bytes == 8) device_.set_u64(key, value);
    std::string& item = items_[key];
    item.clear();
    for (unsigned n = 0; n < bytes; ++n) item += static_cast<char>(value >> 8 * n);
  }
  static std::string text(Bytes& in) {
    const auto taken = in.take(in.u8());
    return {taken.begin(), taken.end()};
  }
  void add_file(Bytes& in) {
    if (files_.size() >= 64) return;
    const std::string name = text(in), content = text(in);
    device_.add_file(name, {content.begin(), content.end()});
    items_[static_cast<u16>(first_file + files_.size())] = content;
    files_.push_back(name.substr(0, 55));
  }

  void select(u16 key) {
    device_.write(FwCfg::selector, 2, key);
    selected_ = key & ~ignored_bit & 0xffff;
    if (selected_ != directory && !items_.contains(selected_)) selected_ = nothing;
    position_ = 0;
  }
  u8 expected() {
    const auto found = items_.find(selected_);
    if (found == items_.end() || position_ >= found->second.size()) return 0;
    return static_cast<u8>(found->second[position_++]);
  }
  void read(unsigned times) {
    for (; times > 0; --times) {
      const u64 byte = device_.read(FwCfg::data, 1);
      if (selected_ == directory) continue;  // read_directory() looks there
      require(byte == expected(), "an item reads as something else");
    }
  }
  void anywhere(Bytes& in) {
    const u32 offset = in.below(4);
    const unsigned bytes = 1u << in.below(4);
    const u64 value = in.u64();
    if (offset == FwCfg::selector && bytes == 2) return select(static_cast<u16>(value));
    if (offset == FwCfg::data && bytes == 1) return read(1);
    require(device_.read(offset, bytes) == 0, "there is a register that nobody knows");
    device_.write(offset, bytes, value);
  }
  u64 number(unsigned bytes) {
    u64 value = 0;
    for (; bytes > 0; --bytes) value = value << 8 | device_.read(FwCfg::data, 1);
    return value;
  }
  void read_directory() {
    select(directory);
    require(number(4) == files_.size(), "the directory counts otherwise");
    for (std::size_t n = 0; n < files_.size(); ++n) {
      (void)number(4);  // an item may have been set anew since
      require(number(2) == first_file + n && number(2) == 0, "a file has another key");
      std::string name;
      for (unsigned at = 0; at < 56; ++at) name += static_cast<char>(number(1));
      require(name == files_[n] + std::string(56 - files_[n].size(), '\0'), "a file has another name");
    }
    require(number(8) == 0, "the directory is longer than it is");
  }

  void step(Bytes& in) {
    switch (in.below(8)) {
      case 0: return set_number(in);
      case 1: return add_file(in);
      case 2: {
        const u16 key = in.u16() & 0x80ff;
        if (key == directory) return;
        const std::string content = text(in);
        device_.set_bytes(key, {content.begin(), content.end()});
        items_[key] = content;
        return;
      }
      case 3: return select(in.u16());
      case 4: return select(in.u16() & 0x401f);
      case 5: return read(in.u8());
      case 6: return read_directory();
      default: return anywhere(in);
    }
  }

  FwCfg device_;
  std::map<u16, std::string> items_;
  std::vector<std::string> files_;
  u16 selected_ = nothing;
  std::size_t position_ = 0;
};

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  quince::fuzz::World().play({data, size});
  return 0;
}
