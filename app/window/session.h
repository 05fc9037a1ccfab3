// What the window's thread does while the machine runs: events of the host to the guest, pictures of the
// guest to the host, and the keys that are for neither.
#pragma once

#include <SDL2/SDL.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "app/window/canvas.h"
#include "app/window/input.h"
#include "app/window/screen_feed.h"
#include "app/window/window.h"

namespace quince::app {

// Wakes the window's thread, from any thread.
class Doorbell {
 public:
  enum class Reason : Sint32 { picture, screenshot, end };
  Doorbell() : type_(SDL_RegisterEvents(1)) {}
  void ring(Reason reason, void* what = nullptr) const;
  std::optional<Reason> reason_of(const SDL_Event& event) const;

 private:
  Uint32 type_;
};

class Session final : public InputDevices {
 public:
  Session(std::unique_ptr<Canvas> canvas, const WindowOptions& options, machine::FrontPanel& panel,
          ScreenFeed& feed, const Doorbell& doorbell);
  // Until Reason::end.
  void run();

  // --- InputDevices: to the processor's thread ---
  void key(devices::u8 adb_code, bool pressed) override;
  void move(int right, int down) override;
  void button(devices::AdbMouse::Button which, bool pressed) override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Command {
    SDL_Scancode key;
    void (Session::*execute)();
  };
  static const Command commands[];

  void handle(const SDL_Event& event);
  void handle_key(const SDL_KeyboardEvent& event);
  void handle_button(const SDL_MouseButtonEvent& event);
  void handle_window(const SDL_WindowEvent& event);
  void handle_doorbell(const SDL_Event& event, Doorbell::Reason reason);

  void show_picture();
  void request_picture();
  void update_title();
  int milliseconds_to_sleep() const;

  void capture(bool on);
  void close();
  void insert_cd(const std::string& path);  // the file that was dropped on the window
  // Commands
  void toggle_capture() { capture(!captured_); }
  void toggle_full_screen() { canvas_->toggle_full_screen(); }
  void toggle_scaling() { canvas_->toggle_scaling(); }
  void toggle_pause();
  void restart();
  void power_key();
  void quit();
  void take_screenshot();

  std::unique_ptr<Canvas> canvas_;
  const std::string machine_;
  machine::FrontPanel& panel_;
  ScreenFeed& feed_;
  const Doorbell& doorbell_;
  Input input_;

  bool ended_ = false, captured_ = false, closing_ = false;
  bool picture_awaited_ = false;
  Time next_picture_{}, next_title_{}, last_title_{};

  // Written on the processor's thread.
  struct Gauge {
    std::atomic<devices::u64> instructions{0};
    std::atomic<bool> paused{false};
  };
  Gauge gauge_;
  devices::u64 instructions_before_ = 0;
};

}  // namespace quince::app
