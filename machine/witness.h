// Somebody who watches what passes between a processor and its machine. A machine without one is built
// without any of this in its way.
#pragma once

#include <string>
#include <string_view>

#include "guest-ppc/address_space.h"

namespace quince::machine {

// Called on the processor's thread. Nothing here may change the machine.
class Witness {
 public:
  virtual ~Witness() = default;
  // Which of the following it wants to hear of; does not change.
  virtual bool sees_translations() const = 0;
  virtual bool sees_accesses() const = 0;
  virtual bool sees_devices() const = 0;
  // The processor had no entry for this effective address in its software TLB, and asked the MMU.
  virtual void translated(ppc::u32 ea, ppc::Access access,
                          const tl::expected<ppc::Mapping, ppc::GuestException>& to) = 0;
  virtual void forgot_translations() = 0;  // tlbie, tlbia, or another page table
  // Of a device: 1, 2, 4 or 8 bytes, as the processor sees them.
  virtual void accessed(ppc::u32 physical, unsigned bytes, ppc::u64 value, bool write) = 0;
  // A device did something of its own, or was told to.
  virtual void happened(std::string_view device, const std::string& what) = 0;
};

class WitnessedTranslation final : public ppc::Translation {
 public:
  WitnessedTranslation(ppc::Translation& original, Witness& witness)
      : original_(original), witness_(witness) {}
  tl::expected<ppc::Mapping, ppc::GuestException> translate(const ppc::CpuState& state, ppc::u32 ea,
                                                            ppc::Access access) override {
    auto result = original_.translate(state, ea, access);
    witness_.translated(ea, access, result);
    return result;
  }
  void forget() override {
    witness_.forgot_translations();
    original_.forget();
  }

 private:
  ppc::Translation& original_;
  Witness& witness_;
};

class WitnessedMemory final : public ppc::PhysicalMemory {
 public:
  WitnessedMemory(ppc::PhysicalMemory& original, Witness& witness) : original_(original), witness_(witness) {}
  ppc::u8* page(ppc::u32 physical_page, bool write) override { return original_.page(physical_page, write); }
  const ppc::u8* flat() override { return original_.flat(); }
  bool stores_can_fault() override { return original_.stores_can_fault(); }
  void guard_code(ppc::u32 physical_page) override { original_.guard_code(physical_page); }
  ppc::u64 read(ppc::u32 physical, unsigned bytes) override {
    const ppc::u64 value = original_.read(physical, bytes);
    witness_.accessed(physical, bytes, value, false);
    return value;
  }
  void write(ppc::u32 physical, unsigned bytes, ppc::u64 value) override {
    witness_.accessed(physical, bytes, value, true);
    original_.write(physical, bytes, value);
  }

 private:
  ppc::PhysicalMemory& original_;
  Witness& witness_;
};

}  // namespace quince::machine
