// C++: exceptions through frames with destructors, thread-local objects, static initialisation, threads.
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

int alive = 0;
struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
};

struct Base {
  virtual ~Base() = default;
  virtual std::string name() const { return "base"; }
};
struct Derived : Base {
  std::string name() const override { return "derived"; }
};

void deep(int n) {
  Counted counted;
  const double keep = n * 1.5;
  if (n == 0) throw std::runtime_error("from the depth");
  try {
    deep(n - 1);
  } catch (const std::logic_error&) {
    std::puts("wrong handler");
  }
  std::printf("not reached %g\n", keep);
}

const std::map<std::string, int> table = {{"one", 1}, {"two", 2}, {"three", 3}};
thread_local std::string own = "initial";

}  // namespace

int main() {
  try {
    deep(50);
  } catch (const std::exception& e) {
    std::printf("caught: %s, alive %d\n", e.what(), alive);
  }
  try {
    std::vector<int>{1, 2, 3}.at(7) = 1;
  } catch (const std::out_of_range&) {
    std::puts("out of range");
  }
  try {
    try {
      throw 42;
    } catch (int n) {
      std::printf("int %d\n", n);
      throw;
    }
  } catch (...) {
    std::puts("again");
  }
  std::unique_ptr<Base> object = std::make_unique<Derived>();
  std::printf("%s %d\n", object->name().c_str(), dynamic_cast<Derived*>(object.get()) != nullptr);
  for (const auto& [name, number] : table) std::printf("%s=%d ", name.c_str(), number);
  std::string there;
  std::thread([&] {
    own += " changed";
    there = own;
    try {
      throw std::string("in a thread");
    } catch (const std::string& text) {
      there += ", " + text;
    }
  }).join();
  std::printf("\n%s; %s\n", own.c_str(), there.c_str());
  std::printf("%.17g %a\n", 0.1, 0.1);
  return 3;
}
