// What a lowering notes of code that it will place behind the block. No allocation: there is some for nearly
// every guest instruction that touches memory.
#pragma once

#include <cassert>
#include <initializer_list>
#include <new>
#include <type_traits>

#include "translator/ir.h"

namespace quince::jit {

// Where the displacements of jumps are that wait for their target.
class Jumps {
 public:
  // cppcheck-suppress uninitMemberVar ; those after count_ are nobody's
  Jumps() = default;
  Jumps(std::initializer_list<ppc::u32> places) {
    for (const ppc::u32 place : places) push_back(place);
  }
  // One by one: what has just been written word by word would have to reach the cache before it can be read
  // in larger pieces.
  Jumps(const Jumps& other) { *this = other; }
  Jumps& operator=(const Jumps& other) {
    if (this == &other) return *this;
    count_ = other.count_;
    for (unsigned i = 0; i < count_; ++i) places_[i] = other.places_[i];
    return *this;
  }
  void push_back(ppc::u32 place) {
    assert(count_ < most);
    places_[count_++] = place;
  }
  bool empty() const { return count_ == 0; }
  const ppc::u32* begin() const { return places_; }
  const ppc::u32* end() const { return places_ + count_; }

 private:
  static constexpr unsigned most = 15;
  ppc::u32 count_ = 0;
  ppc::u32 places_[most];
};

// A function object that emits such a piece, kept by value and copied as bytes: its captures are numbers,
// pointers and asmjit's operands, which are plain data although their copy constructors are not trivial.
class FarCode {
 public:
  template <class Emit>
  [[gnu::always_inline]] void keep(const Emit& emit) {
    static_assert(sizeof(Emit) <= sizeof kept_ && std::is_trivially_destructible_v<Emit>);
    call_ = [](void* kept) { (*std::launder(static_cast<Emit*>(kept)))(); };
    new (kept_) Emit(emit);
  }
  void operator()() { call_(kept_); }

 private:
  void (*call_)(void*);
  alignas(8) unsigned char kept_[56];
};

}  // namespace quince::jit
