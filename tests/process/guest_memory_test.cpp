#include "machine/process/guest_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace quince::machine::process {
namespace {

constexpr u32 page = ppc::page_size;
constexpr int rw = PROT_READ | PROT_WRITE;
const GuestMemory::Backing anonymous{MAP_PRIVATE | MAP_ANONYMOUS};

u32 dsisr(GuestMemory& memory, u32 ea, ppc::Access access) {
  const auto result = memory.translate({}, ea, access);
  if (result) return 0;
  EXPECT_EQ(result.error().dar, ea);
  EXPECT_EQ(result.error().vector, ppc::Vector::dsi);
  return result.error().dsisr;
}

TEST(GuestMemory, NothingIsMappedAtFirst) {
  GuestMemory memory;
  for (const u32 ea : {0u, 0x1000'0000u, 0xbfff'ffffu, 0xffff'ffffu}) {
    EXPECT_EQ(dsisr(memory, ea, ppc::Access::read), 0x4000'0000u);
    EXPECT_EQ(dsisr(memory, ea, ppc::Access::write), 0x4200'0000u);
    const auto fetch = memory.translate({}, ea, ppc::Access::fetch);
    ASSERT_FALSE(fetch);
    EXPECT_EQ(fetch.error().vector, ppc::Vector::isi);
    EXPECT_EQ(fetch.error().srr1, 0x4000'0000u);
    EXPECT_THROW(memory.readable(ea, 1), BadAddress);
    EXPECT_THROW(memory.get<be32>(ea), BadAddress);
  }
}

TEST(GuestMemory, RightsArePerPage) {
  GuestMemory memory;
  ASSERT_EQ(memory.map(0x2000'0000, 3 * page, rw, anonymous), 0x2000'0000);
  ASSERT_EQ(memory.protect(0x2000'1000, page, PROT_READ), 0);
  ASSERT_EQ(memory.protect(0x2000'2000, page, PROT_NONE), 0);
  EXPECT_EQ(dsisr(memory, 0x2000'0004, ppc::Access::write), 0u);
  EXPECT_EQ(dsisr(memory, 0x2000'1004, ppc::Access::read), 0u);
  EXPECT_EQ(dsisr(memory, 0x2000'1004, ppc::Access::write), 0x0a00'0000u);
  EXPECT_EQ(dsisr(memory, 0x2000'2004, ppc::Access::read), 0x0800'0000u);
  EXPECT_TRUE(memory.translate({}, 0x2000'0000, ppc::Access::fetch)) << "the 750 has no execution right";
  EXPECT_TRUE(memory.translate({}, 0x2000'0123, ppc::Access::read)->writable);
  EXPECT_FALSE(memory.translate({}, 0x2000'1123, ppc::Access::read)->writable);
  EXPECT_EQ(memory.translate({}, 0x2000'1123, ppc::Access::read)->physical, 0x2000'1000u);

  EXPECT_EQ(memory.accessible(0x2000'0ffe, 100, true), 2u);
  EXPECT_EQ(memory.accessible(0x2000'0ffe, 3 * page, false), page + 2u);
  EXPECT_NO_THROW(memory.readable(0x2000'0fff, 2));
  EXPECT_THROW(memory.writable(0x2000'0fff, 2), BadAddress);
  EXPECT_THROW(memory.readable(0x2000'1fff, 2), BadAddress);
  EXPECT_THROW(memory.readable(0x2000'0000, u64{1} << 32), BadAddress);
  EXPECT_EQ(memory.accessible(0x1000, 0, true), 0u) << "nothing is always accessible";
}

// The host's write() to a pipe and read() back tell what the host may do with a page, without a signal.
bool host_can_write(u8* at) {
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1) return false;
  const bool could = read(ends[0], at, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return could;
}

TEST(GuestMemory, GuardedPagesFaultUntilSomebodyMayWriteThem) {
  constexpr u32 at = 0x2000'0000;
  GuestMemory memory;
  ASSERT_EQ(memory.map(at, 4 * page, rw, anonymous), at);
  for (u32 n = 0; n < 4; ++n) memory.guard_code(at + n * page);
  for (u32 n = 0; n < 4; ++n) EXPECT_FALSE(host_can_write(memory.host(at + n * page)));
  EXPECT_TRUE(memory.translate({}, at, ppc::Access::write)) << "only the host minds";
  memory.put(at, be32(1));
  EXPECT_EQ(memory.accessible(at + page + 8, 4, true), 4u);
  memory.page(at + 2 * page, true);
  EXPECT_EQ(memory.readable(at + 3 * page, 4), memory.host(at + 3 * page));
  for (u32 n = 0; n < 3; ++n) EXPECT_TRUE(host_can_write(memory.host(at + n * page)));
  EXPECT_FALSE(host_can_write(memory.host(at + 3 * page)));
  ASSERT_EQ(memory.protect(at + 3 * page, page, PROT_READ), 0);
  ASSERT_EQ(memory.protect(at + 3 * page, page, rw), 0);
  EXPECT_TRUE(host_can_write(memory.host(at + 3 * page)));
}

TEST(GuestMemory, ManyWritesToGuardedPagesEndTheGuarding) {
  constexpr u32 at = 0x2000'0000;
  GuestMemory memory;
  ASSERT_EQ(memory.map(at, 2 * page, rw, anonymous), at);
  memory.guard_code(at + page);
  unsigned writes = 0;
  for (; memory.stores_can_fault() && writes < 1000; ++writes) {
    memory.guard_code(at);
    memory.put(at, be32(writes));
  }
  EXPECT_LT(writes, 100u);
  EXPECT_TRUE(host_can_write(memory.host(at + page)));
  memory.guard_code(at);
  EXPECT_TRUE(host_can_write(memory.host(at)));
  memory.clear();
  EXPECT_TRUE(memory.stores_can_fault()) << "for the next program";
}

TEST(GuestMemory, TheTaskEndsAt3GiB) {
  GuestMemory memory;
  EXPECT_EQ(memory.map(layout::task_end - page, page, rw, anonymous), i64{layout::task_end - page});
  EXPECT_EQ(memory.map(layout::task_end, page, rw, anonymous), -ENOMEM);
  EXPECT_EQ(memory.map(0xffff'f000, page, rw, anonymous), -ENOMEM);
  EXPECT_EQ(memory.map(0x1000'0000, u64{4} << 30, rw, anonymous), -ENOMEM);
  EXPECT_EQ(memory.unmap(layout::task_end - page, 2 * page), -EINVAL);
  EXPECT_EQ(memory.map(0x1001, page, rw, anonymous), -EINVAL);
  EXPECT_EQ(memory.map(0x1000'0000, 0, rw, anonymous), -EINVAL);
  EXPECT_THROW(memory.readable(layout::task_end - 2, 3), BadAddress);
}

TEST(GuestMemory, FindsTheHighestRoom) {
  GuestMemory memory;
  EXPECT_EQ(memory.find_free(page), layout::mmap_top - page);
  memory.map(layout::mmap_top - 4 * page, 2 * page, rw, anonymous);
  EXPECT_EQ(memory.find_free(2 * page), layout::mmap_top - 2 * page);
  EXPECT_EQ(memory.find_free(3 * page), layout::mmap_top - 7 * page);
  memory.unmap(layout::mmap_top - 4 * page, page);
  EXPECT_EQ(memory.find_free(3 * page), layout::mmap_top - 6 * page);
  EXPECT_TRUE(memory.is_free(layout::mmap_top - 4 * page, page));
  EXPECT_FALSE(memory.is_free(layout::mmap_top - 4 * page, 2 * page));
  EXPECT_EQ(memory.find_free(u64{3} << 30), 0u);
}

TEST(GuestMemory, FreshPagesAreZeroAndUnmappedOnesForget) {
  GuestMemory memory;
  memory.map(0x3000'0000, page, rw, anonymous);
  memory.put(0x3000'0010, be32(0x1234'5678));
  EXPECT_EQ(*memory.readable(0x3000'0010, 4), 0x12);
  memory.unmap(0x3000'0000, page);
  memory.map(0x3000'0000, page, rw, anonymous);
  EXPECT_EQ(u32{memory.get<be32>(0x3000'0010)}, 0u);
}

TEST(GuestMemory, RemapKeepsWhatIsThere) {
  GuestMemory memory;
  memory.map(0x3000'0000, 2 * page, rw, anonymous);
  memory.put(0x3000'1000, be32(7u));
  EXPECT_EQ(memory.remap(0x3000'0000, 2 * page, 4 * page, false, 0), 0x3000'0000) << "in place";
  EXPECT_EQ(u32{memory.get<be32>(0x3000'1000)}, 7u);
  EXPECT_EQ(u32{memory.get<be32>(0x3000'3000)}, 0u);
  memory.map(0x3000'4000, page, PROT_READ, anonymous);
  EXPECT_EQ(memory.remap(0x3000'0000, 4 * page, 8 * page, false, 0), -ENOMEM);
  const i64 moved = memory.remap(0x3000'0000, 4 * page, 8 * page, true, 0);
  ASSERT_GT(moved, 0x3000'0000);
  EXPECT_EQ(u32{memory.get<be32>(static_cast<u32>(moved) + page)}, 7u);
  EXPECT_FALSE(memory.is_mapped(0x3000'0000));
  EXPECT_EQ(memory.remap(static_cast<u32>(moved), 8 * page, page, false, 0), moved);
  EXPECT_FALSE(memory.is_mapped(static_cast<u32>(moved) + page));
  EXPECT_EQ(memory.remap(0x5000'0000, page, page, true, 0), -EFAULT);
}

TEST(GuestMemory, TheHeapGrowsUntilItMeetsSomething) {
  GuestMemory memory;
  memory.start_heap(0x1010'0000);
  EXPECT_EQ(memory.set_heap_end(0), 0x1010'0000u);
  EXPECT_EQ(memory.set_heap_end(0x1010'0004), 0x1010'0004u);
  memory.put(0x1010'0ffc, be32(1u));
  EXPECT_EQ(memory.set_heap_end(0x1010'5000), 0x1010'5000u);
  memory.map(0x1011'0000, page, rw, anonymous);
  EXPECT_EQ(memory.set_heap_end(0x1020'0000), 0x1010'5000u) << "refused";
  EXPECT_EQ(memory.set_heap_end(0x1010'1000), 0x1010'1000u);
  EXPECT_FALSE(memory.is_mapped(0x1010'1000));
  EXPECT_EQ(memory.set_heap_end(0xc000'0000), 0x1010'1000u);
}

TEST(GuestMemory, StringsEndAtNulOrFail) {
  GuestMemory memory;
  memory.map(0x3000'0000, 2 * page, rw, anonymous);
  std::memcpy(memory.writable(0x3000'0ffd, 6), "hello", 6);
  EXPECT_EQ(memory.string(0x3000'0ffd), "hello") << "across pages";
  std::memset(memory.writable(0x3000'1f00, 0x100), 'x', 0x100);
  EXPECT_THROW(memory.string(0x3000'1f00), BadAddress) << "runs out of memory";
  EXPECT_THROW(memory.string(0), BadAddress);
}

TEST(GuestMemory, RecordsThePagesThatAreWritten) {
  GuestMemory memory;
  memory.map(0x3000'0000, 4 * page, rw, anonymous);
  memory.start_recording();
  memory.put(0x3000'1000, be32(1u));
  memory.put(0x3000'1004, be32(1u));
  memory.page(0x3000'3000, true);
  memory.page(0x3000'0000, false);
  EXPECT_EQ(memory.recorded_pages(), (std::vector<u32>{0x3'0001, 0x3'0003}));
}

class Nothing : public ppc::Clock, public ppc::ExecutionHooks {
 public:
  u64 ticks(u64) override { return 0; }
  void invalidate_code(u32 physical, u32 bytes) override { changed.emplace_back(physical, bytes); }
  u32 uncounted_instructions() const override { return 0; }
  void system_call(u32) override {}
  std::vector<std::pair<u32, u32>> changed;
};

// Linux may unmap the destination before it finds that the source is two mappings, or that a file must not be
// mapped.
TEST(GuestMemory, HasNoHolesWhateverFails) {
  constexpr u64 all = u64{1} << 32;
  constexpr u32 source = 0x3000'0000, destination = 0x3010'0000;
  GuestMemory memory;
  const auto in_one_piece = [&] { return msync(memory.host(0), all, MS_ASYNC) == 0; };
  ASSERT_TRUE(in_one_piece());
  memory.map(source, 4 * page, rw, anonymous);
  memory.protect(source + page, page, PROT_READ);
  memory.map(destination, 4 * page, rw, anonymous);
  EXPECT_EQ(memory.remap(source, 4 * page, 2 * page, true, destination), -EFAULT);
  EXPECT_TRUE(in_one_piece());
  EXPECT_TRUE(memory.is_mapped(destination + 2 * page));
  // Since 6.17, Linux moves mappings that are not to change their size.
  memory.map(source, 2 * page, rw, anonymous);
  memory.protect(source + page, page, PROT_READ);
  const i64 moved = memory.remap(source, 2 * page, 2 * page, true, destination);
  EXPECT_TRUE(in_one_piece());
  EXPECT_EQ(memory.is_mapped(destination), moved == destination);
  if (moved == destination) {
    EXPECT_EQ(dsisr(memory, destination, ppc::Access::write), 0u);
    EXPECT_NE(dsisr(memory, destination + page, ppc::Access::write), 0u) << "rights move, too";
    EXPECT_FALSE(memory.is_mapped(source));
  } else {
    EXPECT_EQ(moved, -EFAULT);
  }

  const int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
  ASSERT_EQ(ftruncate(sealed, page), 0);
  ASSERT_EQ(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE), 0);
  memory.map(destination, page, rw, anonymous);
  EXPECT_EQ(memory.map(destination, page, rw, {MAP_SHARED, sealed, 0}), -EPERM);
  EXPECT_TRUE(in_one_piece());
  close(sealed);
}

// What can be written on the host is what the guest may write, after a change of rights that ends in the
// middle, too.
TEST(GuestMemory, RightsAreAsBeforeWhereAChangeFails) {
  GuestMemory memory;
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(memory.map(0x3000'0000, page, PROT_READ, anonymous), 0x3000'0000);
  ASSERT_EQ(memory.map(0x3000'1000, page, PROT_READ, {MAP_SHARED, file, 0}), 0x3000'1000);
  EXPECT_EQ(memory.protect(0x3000'0000, 2 * page, rw), -EACCES);
  EXPECT_THROW(memory.writable(0x3000'0000, 1), BadAddress);
  const int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read(zeros, memory.host(0x3000'0000), 1), -1) << "the host's page can be written";
  close(zeros);
  close(file);
}

TEST(GuestMemory, TellsTheProcessorWhatChanges) {
  GuestMemory memory;
  Nothing rest;
  ppc::Cpu cpu(ppc::cpu_750, memory, memory, rest);
  memory.attach(&cpu);
  cpu.set_hooks(&rest);
  cpu.set_msr(ppc::msr::pr | ppc::msr::ir | ppc::msr::dr);
  memory.map(0x3000'0000, 2 * page, rw, anonymous);
  cpu.store<u32>(0x3000'0000, 0x6000'0000);
  EXPECT_NE(cpu.tlb.write_distance()[0x3'0000], 0u);
  memory.protect(0x3000'0000, page, PROT_READ);
  EXPECT_EQ(cpu.tlb.write_distance()[0x3'0000], 0u) << "the software TLB forgot the page";
  EXPECT_THROW(cpu.store<u32>(0x3000'0000, 1), ppc::GuestException);
  EXPECT_EQ(cpu.load<u32>(0x3000'0000), 0x6000'0000u);
  memory.unmap(0x3000'0000, page);
  EXPECT_THROW(cpu.load<u32>(0x3000'0000), ppc::GuestException);

  cpu.watch_code(0x3000'1040, 64);
  memory.put(0x3000'1000, be32(0u));
  EXPECT_TRUE(rest.changed.empty());
  memory.put(0x3000'1044, be32(0u));
  EXPECT_EQ(rest.changed.size(), 1u);
  cpu.watch_code(0x3000'1040, 64);
  memory.map(0x3000'1000, page, rw, anonymous);
  EXPECT_EQ(rest.changed.size(), 2u) << "another page is there now";
}

// The host has a limit for pieces of memory, which the guest must not use up.
TEST(GuestMemory, PiecesAreLimited) {
  GuestMemory memory;
  u32 at = 0x1000'0000;
  i64 result = 0;
  for (; (result = memory.map(at, page, rw, anonymous)) == at; at += 2 * page) {
  }
  EXPECT_EQ(result, -ENOMEM);
  const u32 ranges = (at - 0x1000'0000) / (2 * page);
  EXPECT_GT(ranges, 10'000u);
  EXPECT_LE(2 * ranges, GuestMemory::most_pieces);
  EXPECT_EQ(memory.protect(0x1000'0000, page, PROT_READ), 0) << "a whole piece can change";
  EXPECT_EQ(memory.unmap(0x1000'0000, page), 0);
  EXPECT_EQ(memory.map(0x1000'0000, page, rw, anonymous), 0x1000'0000) << "room for one again";
  memory.clear();
  EXPECT_EQ(memory.map(0x1000'0000, page, rw, anonymous), 0x1000'0000);

  // Rights that change from page to page are pieces, too.
  memory.clear();
  constexpr u32 many = 100'000;
  ASSERT_EQ(memory.map(0x1000'0000, u64{many} * page, rw, anonymous), 0x1000'0000);
  u32 changed = 0;
  while (changed < many / 2 && memory.protect(0x1000'0000 + 2 * changed * page, page, PROT_READ) == 0)
    ++changed;
  EXPECT_GT(changed, 10'000u);
  EXPECT_LE(2 * changed, GuestMemory::most_pieces);
}

TEST(GuestMemory, GuardsAreLimited) {
  GuestMemory memory;
  memory.map(0x1000'0000, 20'000 * page, rw, anonymous);
  for (u32 n = 0; n <= GuestMemory::most_guarded_pages; ++n) {
    EXPECT_TRUE(memory.stores_can_fault());
    memory.settle();
    memory.guard_code(0x1000'0000 + 2 * n * page);
  }
  memory.settle();
  EXPECT_FALSE(memory.stores_can_fault());
}

TEST(GuestMemory, NeighboursThatAreAlikeAreOnePiece) {
  GuestMemory memory;
  memory.start_heap(0x1000'0000);
  for (u32 n = 1; n <= 3 * GuestMemory::most_pieces; ++n) {
    ASSERT_EQ(memory.set_heap_end(0x1000'0000 + n * page), 0x1000'0000 + n * page);
  }
}

}  // namespace
}  // namespace quince::machine::process
