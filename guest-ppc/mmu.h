// The memory management unit of the 32-bit PowerPC: block address translation, segments and the hashed page
// table (PEM chapter 7; MPC750UM chapter 5; MPC7400UM chapter 5).
#pragma once

#include "guest-ppc/address_space.h"

namespace quince::ppc {

// Walks the guest's tables at every call and keeps no copies: the SoftTlb is the cache. It writes R and C
// into page table entries as the access demands: R with any permitted access, C with a permitted store,
// nothing when the access is refused. A page table (or a part of it) that is not in RAM holds no
// translations.
class Mmu : public Translation {
 public:
  explicit Mmu(PhysicalMemory& memory) : memory_(memory) {}
  tl::expected<Mapping, GuestException> translate(const CpuState& state, u32 ea, Access access) override {
    return translate(state, ea, access, Record::yes);
  }
  // The same for a debugger, which leaves R and C alone.
  tl::expected<Mapping, GuestException> look_up(const CpuState& state, u32 ea, Access access) {
    return translate(state, ea, access, Record::no);
  }

 private:
  enum class Record : bool { no, yes };
  tl::expected<Mapping, GuestException> translate(const CpuState& state, u32 ea, Access access,
                                                  Record record);
  tl::expected<Mapping, GuestException> translate_page(const CpuState& state, u32 ea, Access access,
                                                       Record record);
  u8* find_entry(u32 sdr1, u32 vsid, u32 ea);
  u8* search_group(u32 address, u32 wanted);

  PhysicalMemory& memory_;
};

}  // namespace quince::ppc
