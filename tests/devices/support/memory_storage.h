// Storage for block devices that is in memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <random>
#include <vector>

#include "devices/block.h"

namespace quince::devices {

// Storage in memory that fails where and when a test says.
class MemoryStorage final : public BlockStorage {
 public:
  struct State {
    std::vector<u8> bytes;
    u64 bad_from = ~u64{0};  // reads and writes that reach this far fail
    bool flush_fails = false;
    bool is_read_only = false;
    std::atomic<unsigned> flushes = 0, writes = 0;
  };
  explicit MemoryStorage(std::shared_ptr<State> state) : state_(std::move(state)) {}
  u64 bytes() const override { return state_->bytes.size(); }
  bool read_only() const override { return state_->is_read_only; }
  int read(u64 offset, std::span<u8> to) override {
    if (offset + to.size() > state_->bad_from) return EIO;
    std::copy_n(state_->bytes.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return 0;
  }
  int write(u64 offset, std::span<const u8> from) override {
    if (offset + from.size() > state_->bad_from) return ENOSPC;
    std::ranges::copy(from, state_->bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    ++state_->writes;
    return 0;
  }
  int flush() override {
    ++state_->flushes;
    return state_->flush_fails ? EIO : 0;
  }

 private:
  std::shared_ptr<State> state_;
};

inline std::shared_ptr<MemoryStorage::State> random_medium(std::size_t size) {
  auto state = std::make_shared<MemoryStorage::State>();
  state->bytes.resize(size);
  std::mt19937 random(static_cast<u32>(size));
  for (u8& byte : state->bytes) byte = static_cast<u8>(random());
  return state;
}

inline std::unique_ptr<BlockDevice> block_device(std::shared_ptr<MemoryStorage::State> state) {
  return std::make_unique<BlockDevice>("medium", std::make_unique<MemoryStorage>(std::move(state)),
                                       [](const std::string&) {});
}

}  // namespace quince::devices
