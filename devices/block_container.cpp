#include "devices/block_container.h"

#include <dlfcn.h>
#include <libnbd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string_view>
#include <utility>

#include "devices/block_file.h"
#include "devices/image_server.h"

namespace quince::devices {

namespace {

constexpr std::array<const char*, 5> names{"raw", "qcow2", "vmdk", "vdi", "dmg"};

// --- What a file is, and whether it stands on its own ---

constexpr std::size_t head_bytes = 64 * 1024, sector_bytes = 512;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  ImageFormat format;
};

constexpr Signature signatures[] = {
    {0, "QFI\xfb", ImageFormat::qcow2},
    {0, "KDMV", ImageFormat::vmdk},
    {0, "# Disk DescriptorFile", ImageFormat::vmdk},
    {0x40, "\x7f\x10\xda\xbe", ImageFormat::vdi},
};

struct Ends {
  std::string head, trailer;
  u64 file_bytes;
};

bool holds(std::string_view text, std::size_t offset, std::string_view what) {
  return offset <= text.size() && text.substr(offset).starts_with(what);
}

bool is_zero(std::string_view text, std::size_t offset, std::size_t count) {
  return text.size() >= offset + count &&
         text.substr(offset, count).find_first_not_of('\0') == std::string_view::npos;
}

ImageFormat format_of(const Ends& ends) {
  for (const Signature& signature : signatures) {
    if (holds(ends.head, signature.offset, signature.bytes)) return signature.format;
  }
  return ends.trailer.starts_with("koly") ? ImageFormat::dmg : ImageFormat::raw;
}

bool refers_to_other_files(ImageFormat format, std::string_view head) {
  constexpr std::size_t qcow2_backing = 8, qcow2_version = 7, qcow2_incompatible = 79;
  constexpr char external_data = 1 << 2;
  constexpr std::size_t vmdk_capacity = 12;  // 0: a list of extents follows
  switch (format) {
    case ImageFormat::qcow2:
      if (!is_zero(head, qcow2_backing, 8)) return true;
      return head[qcow2_version] > 2 && head.size() > qcow2_incompatible &&
             (head[qcow2_incompatible] & external_data) != 0;
    case ImageFormat::vmdk:
      return !head.starts_with("KDMV") || is_zero(head, vmdk_capacity, 8) ||
             head.find("parentFileNameHint") != std::string_view::npos;
    case ImageFormat::raw:
    case ImageFormat::vdi:
    case ImageFormat::dmg: return false;
  }
  return false;
}

enum class Order { big, little };

u64 number(std::string_view head, std::size_t offset, unsigned bytes, Order order) {
  u64 value = 0;
  for (unsigned n = 0; n < bytes && offset + n < head.size(); ++n) {
    const u64 byte = static_cast<unsigned char>(head[offset + n]);
    value |= byte << 8 * (order == Order::little ? n : bytes - 1 - n);
  }
  return value;
}

// qemu-nbd reads zeros behind the end of a file: a disk that has lost its data, without a word. What the
// header says of the file's size is asked here.
bool is_cut_off(ImageFormat format, const Ends& ends) {
  const auto ends_after = [&](u64 offset, u64 count, u64 size) {
    return offset > ends.file_bytes || count > (ends.file_bytes - offset) / size;
  };
  if (format == ImageFormat::qcow2) {
    constexpr std::size_t cluster_bits = 20, l1_entries = 36, l1 = 40, refcounts = 48, refcount_clusters = 56;
    const auto field = [&](std::size_t offset, unsigned bytes) {
      return number(ends.head, offset, bytes, Order::big);
    };
    const u64 cluster = u64{1} << (field(cluster_bits, 4) & 31);
    return ends_after(field(l1, 8), field(l1_entries, 4), 8) ||
           ends_after(field(refcounts, 8), field(refcount_clusters, 4), cluster);
  }
  if (format == ImageFormat::vdi) {
    constexpr std::size_t data = 0x158, block_bytes = 0x178, blocks = 0x184;
    const auto field = [&](std::size_t offset) { return number(ends.head, offset, 4, Order::little); };
    return ends_after(field(data), field(blocks), std::max<u64>(1, field(block_bytes)));
  }
  return false;  // qemu-nbd says it
}

Ends read_ends(const HostFile& file) {
  const auto part = [&](u64 offset, u64 most) {
    std::string text(static_cast<std::size_t>(std::min(most, file.bytes() - offset)), '\0');
    const int error = file.read(offset, {reinterpret_cast<u8*>(text.data()), text.size()});
    return error == 0 ? text : std::string();
  };
  Ends ends{part(0, head_bytes), "", file.bytes()};
  if (file.bytes() >= sector_bytes) ends.trailer = part(file.bytes() - sector_bytes, sector_bytes);
  return ends;
}

// --- libnbd, loaded when it is needed: it needs libraries that would make every start slower ---

struct LibNbd {
  decltype(&nbd_create) create;
  decltype(&nbd_close) close;
  decltype(&nbd_connect_socket) connect;
  decltype(&nbd_shutdown) shutdown;
  decltype(&nbd_get_size) get_size;
  decltype(&nbd_is_read_only) is_read_only;
  decltype(&nbd_pread) pread;
  decltype(&nbd_pwrite) pwrite;
  decltype(&nbd_flush) flush;
  decltype(&nbd_get_errno) get_errno;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

constexpr const char* no_libnbd = "there is no libnbd (install the package libnbd0)";

// Stays loaded. Null: not installed.
const LibNbd* lib_nbd() {
  static const auto loaded = []() -> std::unique_ptr<const LibNbd> {
    void* const library = dlopen("libnbd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return nullptr;
    auto api = std::make_unique<LibNbd>();
    const bool whole =
        find(library, "nbd_create", api->create) && find(library, "nbd_close", api->close) &&
        find(library, "nbd_connect_socket", api->connect) && find(library, "nbd_shutdown", api->shutdown) &&
        find(library, "nbd_get_size", api->get_size) &&
        find(library, "nbd_is_read_only", api->is_read_only) && find(library, "nbd_pread", api->pread) &&
        find(library, "nbd_pwrite", api->pwrite) && find(library, "nbd_flush", api->flush) &&
        find(library, "nbd_get_errno", api->get_errno);
    if (!whole) return nullptr;
    return api;
  }();
  return loaded.get();
}

class NbdStorage final : public BlockStorage {
 public:
  NbdStorage(const LibNbd& api, nbd_handle* nbd, const ImageServer& server, u32 block_bytes)
      : api_(api),
        nbd_(nbd),
        server_(server),
        exported_(static_cast<u64>(std::max<i64>(0, api.get_size(nbd)))) {
    bytes_ = (exported_ + block_bytes - 1) / block_bytes * block_bytes;
    read_only_ = api.is_read_only(nbd) != 0;
  }
  ~NbdStorage() override {
    if (!read_only_) flush();
    api_.shutdown(nbd_, 0);
    api_.close(nbd_);
    end(server_);
  }
  NbdStorage(const NbdStorage&) = delete;
  NbdStorage& operator=(const NbdStorage&) = delete;

  u64 bytes() const override { return bytes_; }
  bool read_only() const override { return read_only_; }

  int read(u64 offset, std::span<u8> to) override {
    const u64 present = std::min<u64>(to.size(), exported_ - std::min(offset, exported_));
    std::ranges::fill(to.subspan(static_cast<std::size_t>(present)), u8{0});
    return in_parts(offset, to.first(static_cast<std::size_t>(present)), [this](std::span<u8> part, u64 at) {
      return api_.pread(nbd_, part.data(), part.size(), at, 0);
    });
  }
  int write(u64 offset, std::span<const u8> from) override {
    return in_parts(offset, from, [this](std::span<const u8> part, u64 at) {
      return api_.pwrite(nbd_, part.data(), part.size(), at, 0);
    });
  }
  int flush() override { return result(api_.flush(nbd_, 0)); }

 private:
  static constexpr std::size_t largest_request = 16u << 20;  // servers take 32 MiB

  int result(int returned) const {
    if (returned == 0) return 0;
    const int error = api_.get_errno();
    return error != 0 ? error : EIO;
  }
  template <class Span, class Transfer>
  int in_parts(u64 offset, Span data, Transfer transfer) const {
    while (!data.empty()) {
      const auto part = data.first(std::min(data.size(), largest_request));
      if (const int error = result(transfer(part, offset)); error != 0) return error;
      offset += part.size();
      data = data.subspan(part.size());
    }
    return 0;
  }

  const LibNbd& api_;
  nbd_handle* const nbd_;
  const ImageServer server_;
  const u64 exported_;  // what the image holds
  u64 bytes_ = 0;
  bool read_only_ = false;
};

// Of a server that is not spoken to any more: when it has ended, and has said all.
std::string last_complaint_of(ImageServer server) {
  const int complaints = std::exchange(server.complaints, -1);
  end(server);
  const ImageServer left{.complaints = complaints};
  std::string why = complaint_of(left);
  end(left);
  return why;
}

}  // namespace

const char* name_of(ImageFormat format) { return names.at(static_cast<std::size_t>(format)); }

tl::expected<ImageFormat, std::string> image_format(const HostFile& file, const std::string& name) {
  const Ends ends = read_ends(file);
  const ImageFormat format = format_of(ends);
  if (is_cut_off(format, ends)) {
    return tl::unexpected(name + ": " + name_of(format) +
                          ": is cut off, or garbled (was it copied completely? see qemu-img check)");
  }
  if (!refers_to_other_files(format, ends.head)) return format;
  return tl::unexpected(name + ": refers to other files (make one file of it: qemu-img convert -O qcow2)");
}

tl::expected<ImageFormat, std::string> image_format(const std::string& path) {
  const auto file = HostFile::open(path, HostFile::Mode::read_only);  // nobody else may be writing meanwhile
  if (!file) return tl::unexpected(file.error());
  return image_format(*file, path);
}

void prepare_containers() { lib_nbd(); }

tl::expected<std::unique_ptr<BlockStorage>, std::string> storage_of(const ImageServer& server,
                                                                    const std::string& name,
                                                                    u32 block_bytes) {
  const LibNbd* const api = lib_nbd();
  nbd_handle* const nbd = api ? api->create() : nullptr;
  if (nbd == nullptr) {
    end(server);
    return tl::unexpected(name + ": " + no_libnbd);
  }
  ImageServer rest = server;
  rest.socket = -1;  // libnbd's from here on
  if (api->connect(nbd, server.socket) != 0) {
    api->close(nbd);
    const std::string why = last_complaint_of(rest);
    return tl::unexpected(name + ": " + (why.empty() ? "qemu-nbd does not take it" : why) +
                          " (is it complete? see qemu-img check)");
  }
  auto storage = std::make_unique<NbdStorage>(*api, nbd, rest, block_bytes);
  if (storage->bytes() == 0) return tl::unexpected(name + ": holds nothing");
  // Not all that is wrong with a compressed image is found when it is opened.
  std::array<u8, sector_bytes> first;
  if (storage->read(0, first) != 0)
    return tl::unexpected(name + ": its contents can't be read (is it complete? see qemu-img check)");
  return storage;
}

tl::expected<std::unique_ptr<BlockStorage>, std::string> open_container(const std::string& path,
                                                                        ImageFormat format, bool read_only,
                                                                        u32 block_bytes) {
  assert(format != ImageFormat::raw);
  const std::string name = path + ": " + name_of(format);
  if (lib_nbd() == nullptr) return tl::unexpected(name + ": " + no_libnbd);
  const auto server = start_image_server(path, format, read_only || format == ImageFormat::dmg);
  if (!server) return tl::unexpected(name + ": " + server.error());
  return storage_of(*server, name, block_bytes);
}

}  // namespace quince::devices
