// Numbers as the guest keeps them in memory.
#pragma once

#include "guest-ppc/cpu.h"

namespace quince::machine::process {

using ppc::i32;
using ppc::i64;
using ppc::u16;
using ppc::u32;
using ppc::u64;
using ppc::u8;

// Has the size and the alignment of T, which for 1 to 8 bytes are the same on PowerPC and on x86-64: a struct
// of these has the guest's layout. Conversions truncate like the kernel's assignments do.
template <class T>
class BigEndian {
 public:
  BigEndian() = default;
  template <class U>
  BigEndian(U value) : raw_(ppc::swap_bytes(static_cast<T>(value))) {}
  operator T() const { return ppc::swap_bytes(raw_); }

 private:
  T raw_ = 0;
};

using be16 = BigEndian<u16>;
using be32 = BigEndian<u32>;
using be64 = BigEndian<u64>;
using be_i16 = BigEndian<ppc::i16>;
using be_i32 = BigEndian<i32>;
using be_i64 = BigEndian<i64>;

}  // namespace quince::machine::process
