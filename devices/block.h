// Storage that survives the guest: what disks and CDs are made of. Requests are carried out one after the
// other by a thread of the device's own, so that the processor never waits for the host's disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "devices/types.h"

namespace quince::devices {

// Bytes on the host. Functions wait for the host and return 0 or an errno; nobody reaches beyond bytes().
class BlockStorage {
 public:
  virtual ~BlockStorage() = default;
  virtual u64 bytes() const = 0;
  virtual bool read_only() const = 0;
  virtual int read(u64 offset, std::span<u8> to) = 0;
  virtual int write(u64 offset, std::span<const u8> from) = 0;
  // Everything written before will be there after the host has lost its power.
  virtual int flush() = 0;
};

struct BlockRequest {
  enum class Kind : u8 { read, write, flush };
  Kind kind = Kind::read;
  u64 offset = 0;          // offset + data.size() <= BlockDevice::bytes()
  std::vector<u8> data{};  // of a read: to be filled
  bool durable = false;    // of a write: flush after it
  int error = 0;           // the result: 0 or an errno
};

class BlockDevice {
 public:
  // One line about something that went wrong, without its end; called on any thread.
  using Report = std::function<void(const std::string&)>;
  using Done = std::function<void(BlockRequest)>;
  struct Counters {
    u64 bytes_read = 0, bytes_written = 0, flushes = 0;
    u64 host_nanoseconds = 0;  // of processor time, on the device's thread
  };

  // name: for messages. The first failure of the host is reported; the guest sees every one.
  BlockDevice(std::string name, std::unique_ptr<BlockStorage> storage, Report report = to_standard_error);
  ~BlockDevice();  // finishes what was submitted
  BlockDevice(const BlockDevice&) = delete;
  BlockDevice& operator=(const BlockDevice&) = delete;

  u64 bytes() const { return bytes_; }
  bool read_only() const { return read_only_; }
  // done is called on the device's thread. Requests are carried out in the order of submission; one that
  // comes after a write sees what it wrote.
  void submit(BlockRequest request, Done done);
  Counters counters() const;

  static void to_standard_error(const std::string& line);

 private:
  struct Job {
    BlockRequest request;
    Done done;
  };
  void work();
  void carry_out(BlockRequest& request);
  int perform(BlockRequest& request);

  const std::string name_;
  const std::unique_ptr<BlockStorage> storage_;
  const Report report_;
  const u64 bytes_;
  const bool read_only_;
  bool reported_ = false;  // the device's thread only

  mutable std::mutex mutex_;  // for all below
  std::condition_variable wakeup_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  Counters counters_;
  std::thread thread_;  // last: it uses everything else
};

}  // namespace quince::devices
