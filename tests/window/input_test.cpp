// Host keys and buttons to the guest's, and the place of the picture in the window.
#include "app/window/input.h"

#include <SDL2/SDL_mouse.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/window/canvas.h"
#include "devices/adb_keyboard.h"

namespace quince::app {
namespace {

using devices::u8;
using Button = devices::AdbMouse::Button;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class InputTest : public ::testing::Test, public InputDevices {
 protected:
  void key(u8 code, bool pressed) override {
    std::ostringstream text;
    text << (pressed ? '+' : '-') << std::hex << int{code};
    events.push_back(text.str());
  }
  void move(int right, int down) override {
    events.push_back(std::to_string(right) + "," + std::to_string(down));
  }
  void button(Button which, bool pressed) override {
    events.push_back((pressed ? "press " : "release ") + std::to_string(static_cast<int>(which)));
  }
  std::vector<std::string> taken() { return std::exchange(events, {}); }

  std::vector<std::string> events;
  Input input{*this, {}};
};

TEST_F(InputTest, KeysGoDownAndUp) {
  input.key(SDL_SCANCODE_A, true);
  input.key(SDL_SCANCODE_RETURN, true);
  input.key(SDL_SCANCODE_A, false);
  input.key(SDL_SCANCODE_RETURN, false);
  EXPECT_THAT(taken(), ElementsAre("+0", "+24", "-0", "-24"));
}

TEST_F(InputTest, RepetitionsAndStrayReleasesAreDropped) {
  input.key(SDL_SCANCODE_B, false);
  input.key(SDL_SCANCODE_B, true);
  input.key(SDL_SCANCODE_B, true);
  input.key(SDL_SCANCODE_AUDIONEXT, true);
  EXPECT_THAT(taken(), ElementsAre("+b"));
}

TEST_F(InputTest, TwoKeysThatAreOneOfTheGuests) {
  input.key(SDL_SCANCODE_LGUI, true);
  input.key(SDL_SCANCODE_RGUI, true);
  input.key(SDL_SCANCODE_LGUI, false);
  EXPECT_THAT(taken(), ElementsAre("+37"));
  input.key(SDL_SCANCODE_RGUI, false);
  EXPECT_THAT(taken(), ElementsAre("-37"));
}

TEST_F(InputTest, NothingStaysDown) {
  input.key(SDL_SCANCODE_LSHIFT, true);
  input.key(SDL_SCANCODE_X, true);
  input.button(SDL_BUTTON_RIGHT, true);
  taken();
  input.release_all();
  EXPECT_THAT(taken(), UnorderedElementsAre("-38", "-7", "release 1"));
  input.key(SDL_SCANCODE_X, false);
  input.button(SDL_BUTTON_RIGHT, false);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(InputTest, CapsLockIsDownWhileEngaged) {
  input.caps_lock(false);
  input.caps_lock(true);
  input.caps_lock(true);
  input.release_all();
  EXPECT_THAT(taken(), ElementsAre("+39"));
  input.caps_lock(false);
  EXPECT_THAT(taken(), ElementsAre("-39"));
}

TEST_F(InputTest, ThreeButtonsAndMotion) {
  for (const unsigned which : {SDL_BUTTON_LEFT, SDL_BUTTON_MIDDLE, SDL_BUTTON_RIGHT, SDL_BUTTON_X1}) {
    input.button(which, true);
  }
  input.move(0, 0);
  input.move(-3, 4);
  EXPECT_THAT(taken(), ElementsAre("press 0", "press 2", "press 1", "-3,4"));
}

TEST(KeyboardMapTest, ModifiersByNameOrByPlace) {
  const KeyboardMap named{}, placed{.swap_command_option = true};
  EXPECT_EQ(named.adb_key(SDL_SCANCODE_LALT), devices::adb_key::option_left);
  EXPECT_EQ(named.adb_key(SDL_SCANCODE_LGUI), devices::adb_key::command);
  EXPECT_EQ(placed.adb_key(SDL_SCANCODE_LALT), devices::adb_key::command);
  EXPECT_EQ(placed.adb_key(SDL_SCANCODE_RALT), devices::adb_key::command);
  EXPECT_EQ(placed.adb_key(SDL_SCANCODE_LGUI), devices::adb_key::option_left);
  EXPECT_EQ(placed.adb_key(SDL_SCANCODE_RGUI), devices::adb_key::option_right);
  EXPECT_EQ(placed.adb_key(SDL_SCANCODE_LCTRL), named.adb_key(SDL_SCANCODE_LCTRL));
}

// Every key of a US keyboard with 104 keys has one of its own.
TEST(KeyboardMapTest, AllKeysAndNoneTwice) {
  const KeyboardMap map{};
  std::map<int, int> users;
  int keys = 0;
  for (int key = SDL_SCANCODE_A; key <= SDL_SCANCODE_KP_PERIOD; ++key) {
    const auto code = map.adb_key(static_cast<SDL_Scancode>(key));
    if (key == SDL_SCANCODE_NONUSHASH || key == SDL_SCANCODE_CAPSLOCK)
      continue;  // not US; a state, not a key
    ASSERT_TRUE(code) << key;
    EXPECT_LT(*code, 0x80);
    ++users[*code];
    ++keys;
  }
  EXPECT_EQ(static_cast<int>(users.size()), keys);
}

bool operator==(const SDL_Rect& a, const SDL_Rect& b) {
  return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

TEST(PlacePictureTest, WholePixelsAsLargeAsTheyFit) {
  EXPECT_TRUE((place_picture(800, 600, 800, 600, Scaling::whole) == SDL_Rect{0, 0, 800, 600}));
  EXPECT_TRUE((place_picture(1920, 1080, 640, 480, Scaling::whole) == SDL_Rect{320, 60, 1280, 960}));
  EXPECT_TRUE((place_picture(1000, 700, 640, 480, Scaling::whole) == SDL_Rect{180, 110, 640, 480}));
}

TEST(PlacePictureTest, SmoothFillsOneDirection) {
  EXPECT_TRUE((place_picture(1920, 1080, 640, 480, Scaling::smooth) == SDL_Rect{240, 0, 1440, 1080}));
}

TEST(PlacePictureTest, APictureThatDoesNotFit) {
  for (const Scaling scaling : {Scaling::whole, Scaling::smooth}) {
    EXPECT_TRUE((place_picture(400, 1000, 800, 600, scaling) == SDL_Rect{0, 350, 400, 300}));
    EXPECT_TRUE((place_picture(1, 1, 1920, 1200, scaling) == SDL_Rect{0, 0, 1, 1}));
  }
}

}  // namespace
}  // namespace quince::app
