#include "devices/fw_cfg.h"

namespace quince::devices {

namespace {

constexpr u16 first_file_key = 0x20;
constexpr std::size_t name_bytes = 56;
constexpr u16 index_and_namespace = 0xbfff;  // without the bit that once selected writing

void append_big_endian(std::vector<u8>& to, u64 value, unsigned bytes) {
  for (unsigned n = bytes; n-- > 0;) to.push_back(static_cast<u8>(value >> 8 * n));
}

}  // namespace

void FwCfg::set_number(u16 key, u64 value, unsigned bytes) {
  std::vector<u8> item;
  for (unsigned n = 0; n < bytes; ++n) item.push_back(static_cast<u8>(value >> 8 * n));
  items_[key] = std::move(item);
}

void FwCfg::add_file(std::string_view name, std::vector<u8> bytes) {
  const u16 key = static_cast<u16>(first_file_key + files_++);
  directory_[2] = static_cast<u8>(files_ >> 8);
  directory_[3] = static_cast<u8>(files_);
  append_big_endian(directory_, bytes.size(), 4);
  append_big_endian(directory_, key, 2);
  append_big_endian(directory_, 0, 2);
  const std::string_view kept = name.substr(0, name_bytes - 1);
  directory_.insert(directory_.end(), kept.begin(), kept.end());
  directory_.insert(directory_.end(), name_bytes - kept.size(), 0);
  items_[key] = std::move(bytes);
}

u64 FwCfg::read(u32 offset, unsigned bytes) {
  if (offset != data || bytes != 1 || !selected_) return 0;
  return position_ < selected_->size() ? (*selected_)[position_++] : 0;
}

void FwCfg::write(u32 offset, unsigned bytes, u64 value) {
  if (offset != selector || bytes != 2) return;
  const u16 key = static_cast<u16>(value) & index_and_namespace;
  position_ = 0;
  if (key == fw_cfg_key::file_directory) {
    selected_ = &directory_;
    return;
  }
  const auto found = items_.find(key);
  selected_ = found == items_.end() ? nullptr : &found->second;
}

}  // namespace quince::devices
