// Indirect branches: virtual calls, std::function, a tree map and a hash map, in C++.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/programs/program.h"

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual uint32_t area(uint32_t scale) const = 0;
};
struct Square final : Shape {
  uint32_t side;
  explicit Square(uint32_t s) : side(s) {}
  uint32_t area(uint32_t scale) const override { return side * side * scale; }
};
struct Oblong final : Shape {
  uint32_t a, b;
  Oblong(uint32_t x, uint32_t y) : a(x), b(y) {}
  uint32_t area(uint32_t scale) const override { return a * b + scale; }
};
struct Pair final : Shape {
  std::unique_ptr<Shape> first, second;
  Pair(std::unique_ptr<Shape> x, std::unique_ptr<Shape> y) : first(std::move(x)), second(std::move(y)) {}
  uint32_t area(uint32_t scale) const override { return first->area(scale) + second->area(scale + 1); }
};

std::unique_ptr<Shape> make_shape(uint32_t& seed, int depth) {
  const uint32_t kind = next_random(&seed) % 4, size = next_random(&seed) % 100;
  if (kind == 0) return std::make_unique<Square>(size);
  if (kind == 1 || depth == 0) return std::make_unique<Oblong>(size, kind + 3);
  auto first = make_shape(seed, depth - 1);  // before the second: the order of arguments is the compiler's
  return std::make_unique<Pair>(std::move(first), make_shape(seed, depth - 1));
}

uint32_t count_words(uint32_t& seed) {
  std::map<std::string, uint32_t> ordered;
  std::unordered_map<uint32_t, uint32_t> hashed;
  for (int n = 0; n < 1000; ++n) {
    std::string word;
    for (uint32_t k = 2 + next_random(&seed) % 12; k > 0; --k) {
      word += static_cast<char>('a' + next_random(&seed) % 3);
    }
    ++ordered[word];
    hashed[static_cast<uint32_t>(word.size()) * 7919 + word[0]] += 3;
  }
  uint32_t sum = 0;
  for (const auto& [word, times] : ordered) sum = fold(sum, static_cast<uint32_t>(word.size()) * 100 + times);
  for (const auto& [key, times] : hashed) sum += key * times;  // in whatever order
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 8, sum = 0;
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int n = 0; n < 200; ++n) shapes.push_back(make_shape(seed, 4));
  const std::array<std::function<uint32_t(uint32_t)>, 3> functions = {
      [&](uint32_t v) { return v * 3 + static_cast<uint32_t>(shapes.size()); },
      [](uint32_t v) { return v ^ v >> 3; }, [&](uint32_t v) { return v + sum; }};
  for (unsigned round = 0; round < rounds; ++round) {
    for (uint32_t pass = 0; pass < 20; ++pass) {
      for (const auto& shape : shapes) sum = functions[sum % 3](sum + shape->area(pass));
    }
    sum = fold(sum, count_words(seed));
  }
  return finish(sum);
}
