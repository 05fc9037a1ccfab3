#include "devices/mesh.h"

#include <gtest/gtest.h>

namespace quince::devices {
namespace {

constexpr u32 sequence = 0x30, exception = 0x70, interrupt_mask = 0x90, interrupt = 0xa0, mesh_id = 0xe0;

TEST(Mesh, AnEmptyBus) {
  Mesh mesh;
  const auto get = [&](u32 offset) { return mesh.read(offset, 1); };
  EXPECT_EQ(get(mesh_id), 4u);
  mesh.write(interrupt_mask, 1, 7);
  mesh.write(sequence, 1, 1);  // arbitrate: nobody else wants the bus
  EXPECT_EQ(get(interrupt), 1u);
  EXPECT_TRUE(mesh.interrupt.asserted());
  mesh.write(interrupt, 1, 7);
  EXPECT_FALSE(mesh.interrupt.asserted());
  mesh.write(sequence, 1, 0x22);  // select with attention
  EXPECT_EQ(get(interrupt), 3u);
  EXPECT_EQ(get(exception), 1u);  // selection time-out
  mesh.write(interrupt, 1, 2);
  EXPECT_EQ(get(exception), 0u);
  mesh.write(sequence, 1, 0x0e);  // reset
  EXPECT_EQ(get(interrupt_mask), 0u);
  EXPECT_EQ(get(interrupt), 1u);
  EXPECT_FALSE(mesh.interrupt.asserted());
  EXPECT_EQ(mesh.read(0xffc, 1), 0u);
  mesh.write(0xffc, 1, 1);
}

}  // namespace
}  // namespace quince::devices
