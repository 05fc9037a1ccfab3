// Experiments on translation, protection, privilege and exceptions, for guest.S.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::test {

inline constexpr ppc::u32 image_entry = 0x4000, stub_address = 0x5000;
inline constexpr ppc::u32 cases_address = 0x0010'0000, results_address = 0x0080'0000, header_bytes = 16;
inline constexpr ppc::u32 done_marker = 0x444f'4e45;
inline constexpr ppc::u32 ram_bytes = 256u << 20;

inline constexpr ppc::u32 icbi = 0x7c00'1fac;   // 0,r3
inline constexpr ppc::u32 mfxer = 0x7c81'02a6;  // r4

// The guest's layout: words in this order.
struct SystemCase {
  ppc::u32 instruction;  // executed at the stub, then sc
  ppc::u32 start;        // where rfi goes: the stub, or the address of an instruction fetch
  ppc::u32 msr;
  ppc::u32 ea;     // in r3
  ppc::u32 value;  // in r4
  ppc::u32 sdr1, segment, ibat_upper, ibat_lower, dbat_upper, dbat_lower;
  ppc::u32 entry_address, entry_word0, entry_word1;  // page table entry
  ppc::u32 target;                                   // physical address where the access should lead
  ppc::u32 target_word0, target_word1;               // what is there before
};

struct SystemResult {
  ppc::u32 vector, srr0, srr1, handler_msr, dsisr, dar;
  ppc::u32 value;         // r4
  ppc::u32 target_word0;  // afterwards
  ppc::u32 entry_word1;
  bool operator==(const SystemResult&) const = default;
};

// The same cases for the same seed.
std::vector<SystemCase> make_cases(unsigned count, ppc::u32 seed);

// The guest's bytes of the header and the cases, for cases_address.
std::vector<ppc::u8> encode(std::span<const SystemCase> cases);
// From memory at results_address; empty if the guest has not finished.
std::vector<SystemResult> decode_results(std::span<const ppc::u8> memory, std::size_t count);

}  // namespace quince::test
