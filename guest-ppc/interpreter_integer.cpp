// Integer, branch and system instructions, interpreted.
#include "guest-ppc/interpreter_handlers.h"

namespace quince::ppc {

namespace {

constexpr bool is_integer(Part part) {
  return part == Part::uisa || part == Part::vea || part == Part::oea || part == Part::external_control ||
         part == Part::dcba || part == Part::optional_tlbia;
}

// Fields in place, for the masks and values below.
constexpr u32 field(unsigned last, u32 value) { return value << (31 - last); }
constexpr u32 bo_bi_mask = field(10, 31) | field(15, 3) | field(30, 1) | field(31, 1);
constexpr u32 bo_bi(u32 bo, u32 bi) { return field(10, bo) | field(15, bi); }
constexpr u32 mb(u32 n) { return field(25, n); }
constexpr u32 me(u32 n) { return field(30, n); }
constexpr u32 spr(u32 n) { return field(20, (n & 31) << 5 | n >> 5); }
constexpr u32 aa_lk(u32 aa, u32 lk) { return field(30, aa) | field(31, lk); }

template <class Row, u32 mask, u32 value>
constexpr SpecialHandler special() {
  return {Row::op, mask, value, &handler_detail::execute<Row, handler_detail::KnownWord<mask, value>>};
}

// A conditional branch on CR bit n of a field, taken if the bit is set (BO = 12) or clear (BO = 4).
#define QUINCE_BRANCHES(bo)                                                                 \
  special<bc_row, bo_bi_mask, bo_bi(bo, 0)>(), special<bc_row, bo_bi_mask, bo_bi(bo, 1)>(), \
      special<bc_row, bo_bi_mask, bo_bi(bo, 2)>(), special<bc_row, bo_bi_mask, bo_bi(bo, 3)>()

using namespace handler_detail;

// What compiled code consists of mostly: forms with a zero Rc, LK and AA, conditions by name. Sorted by op.
constexpr SpecialHandler specials[] = {
    special<addi_row, field(15, 31), 0>(),
    special<add_row, field(21, 1) | field(31, 1), 0>(),
    special<subf_row, field(21, 1) | field(31, 1), 0>(),
    special<and__row, field(31, 1), 0>(),
    special<or__row, field(31, 1), 0>(),
    special<xor__row, field(31, 1), 0>(),
    special<rlwimi_row, field(31, 1), 0>(),
    special<rlwinm_row, mb(31) | me(31) | field(31, 1), me(31)>(),  // rotlwi
    special<rlwinm_row, mb(31) | field(31, 1), 0>(),                // slwi among others
    special<rlwinm_row, me(31) | field(31, 1), me(31)>(),           // srwi and clrlwi among others
    special<rlwinm_row, field(31, 1), 0>(),
    special<b_row, aa_lk(1, 1), aa_lk(0, 0)>(),
    special<b_row, aa_lk(1, 1), aa_lk(0, 1)>(),
    QUINCE_BRANCHES(12),
    QUINCE_BRANCHES(4),
    special<bc_row, bo_bi_mask & ~field(15, 3), bo_bi(16, 0)>(),
    special<bclr_row, field(10, 31) | field(31, 1), field(10, 20)>(),
    special<bcctr_row, field(10, 31) | field(31, 1), field(10, 20)>(),
    special<mfspr_row, spr(1023), spr(sem::spr_lr)>(),
    special<mtspr_row, spr(1023), spr(sem::spr_lr)>(),
    special<mtspr_row, spr(1023), spr(sem::spr_ctr)>(),
};
#undef QUINCE_BRANCHES

}  // namespace

constinit const HandlerTable integer_handlers = handler_detail::make_handlers<is_integer>();
constinit const std::span<const SpecialHandler> special_handlers = specials;

}  // namespace quince::ppc
