// Disk images of other programs: qcow2, VMDK, VDI, and Apple's DMG. QEMU's qemu-nbd understands them; we talk
// to it through libnbd. It is a process of its own, with a private socket, that ends with the connection.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "devices/block.h"

namespace quince::devices {

class HostFile;
struct ImageServer;

enum class ImageFormat : u8 { raw, qcow2, vmdk, vdi, dmg };

const char* name_of(ImageFormat format);  // "raw", "qcow2"...

// By content. Refused are images that refer to other files (backing files, extents, external data): whoever
// made the image would choose what is read. Errors: "PATH: WHY (WHAT TO DO)", one line.
tl::expected<ImageFormat, std::string> image_format(const std::string& path);
tl::expected<ImageFormat, std::string> image_format(const HostFile& file, const std::string& name);

// Not for raw. The storage is a multiple of block_bytes; what is missing at its end reads as zeros. DMG
// images are read-only. Errors as above.
tl::expected<std::unique_ptr<BlockStorage>, std::string> open_container(const std::string& path,
                                                                        ImageFormat format, bool read_only,
                                                                        u32 block_bytes);
// For a process that can't load libraries later: loads what containers need, if it is installed.
void prepare_containers();
// Of an image that is served already; `name` for errors. Takes over the server.
tl::expected<std::unique_ptr<BlockStorage>, std::string> storage_of(const ImageServer& server,
                                                                    const std::string& name, u32 block_bytes);

}  // namespace quince::devices
