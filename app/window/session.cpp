#include "app/window/session.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "app/screenshot.h"
#include "devices/adb_keyboard.h"

namespace quince::app {

namespace {

using devices::u64;
using devices::u8;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr u64 power_key_time = 300'000'000;  // nanoseconds: how long it is held

// A copy of the screen that can leave the processor's thread.
struct StillPicture {
  devices::Frame frame;
  std::vector<u8> pixels;
};

std::unique_ptr<StillPicture> still_picture(const devices::Frame& frame) {
  auto still = std::make_unique<StillPicture>();
  still->pixels.assign(frame.pixels.begin(), frame.pixels.end());
  still->frame = frame;
  still->frame.pixels = still->pixels;
  return still;
}

std::string name_of_screenshot() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  std::array<char, 64> name;
  std::strftime(name.data(), name.size(), "quince-%Y%m%d-%H%M%S.png", localtime_r(&now, &local));
  return name.data();
}

void save(const StillPicture& still, const FileSaver& saver) {
  const std::string name = name_of_screenshot();
  const auto written = write_screenshot(still.frame, name, saver);
  std::fprintf(stderr, "quince: %s\n", written ? ("screenshot: " + name).c_str() : written.error().c_str());
}

}  // namespace

// --- Doorbell ---

void Doorbell::ring(Reason reason, void* what) const {
  SDL_Event event{};
  event.type = type_;
  event.user.code = static_cast<Sint32>(reason);
  event.user.data1 = what;
  SDL_PushEvent(&event);
}

std::optional<Doorbell::Reason> Doorbell::reason_of(const SDL_Event& event) const {
  if (event.type != type_) return std::nullopt;
  return static_cast<Reason>(event.user.code);
}

// --- The loop ---

// With Control and Alt.
const Session::Command Session::commands[] = {
    {SDL_SCANCODE_G, &Session::toggle_capture}, {SDL_SCANCODE_F, &Session::toggle_full_screen},
    {SDL_SCANCODE_Z, &Session::toggle_scaling}, {SDL_SCANCODE_P, &Session::toggle_pause},
    {SDL_SCANCODE_R, &Session::restart},        {SDL_SCANCODE_O, &Session::power_key},
    {SDL_SCANCODE_Q, &Session::quit},           {SDL_SCANCODE_S, &Session::take_screenshot},
};

Session::Session(std::unique_ptr<Canvas> canvas, const WindowOptions& options, machine::FrontPanel& panel,
                 ScreenFeed& feed, const Doorbell& doorbell)
    : canvas_(std::move(canvas)),
      machine_(options.machine),
      panel_(panel),
      feed_(feed),
      doorbell_(doorbell),
      input_(*this, options.keyboard) {}

void Session::run() {
  last_title_ = steady_clock::now();
  while (!ended_) {
    SDL_Event event;
    if (SDL_WaitEventTimeout(&event, milliseconds_to_sleep())) {
      do {
        handle(event);
      } while (!ended_ && SDL_PollEvent(&event));
    }
    if (picture_awaited_ && feed_.here()) show_picture();
    request_picture();
    update_title();
  }
  capture(false);
  for (SDL_Event event; SDL_PollEvent(&event);) {
    if (doorbell_.reason_of(event) == Doorbell::Reason::screenshot) handle(event);
  }
}

int Session::milliseconds_to_sleep() const {
  const Time until =
      picture_awaited_ || !canvas_->visible() ? next_title_ : std::min(next_title_, next_picture_);
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
  return static_cast<int>(std::max<decltype(left)>(0, left));
}

void Session::show_picture() {
  picture_awaited_ = false;
  canvas_->show(feed_.picture());
}

// Not more often than the host's screen shows them.
void Session::request_picture() {
  const Time now = steady_clock::now();
  if (picture_awaited_ || now < next_picture_ || !canvas_->visible()) return;
  picture_awaited_ = true;
  next_picture_ = now + std::chrono::nanoseconds(seconds(1)) / canvas_->refresh_rate();
  feed_.request();
}

void Session::update_title() {
  const Time now = steady_clock::now();
  if (now < next_title_) return;
  next_title_ = now + seconds(1);
  const u64 instructions = gauge_.instructions.load(std::memory_order_relaxed);
  const double passed = std::chrono::duration<double>(now - std::exchange(last_title_, now)).count();
  const double mips =
      static_cast<double>(instructions - std::exchange(instructions_before_, instructions)) / passed / 1e6;
  std::array<char, 32> speed;
  std::snprintf(speed.data(), speed.size(), "%.*f MIPS", mips < 10 ? 1 : 0, mips);
  const char* const advice = closing_    ? "asked to shut down; close again to force"
                             : captured_ ? "Ctrl+Alt+G releases the mouse"
                                         : "click to use the mouse";
  canvas_->set_title(machine_ + " - " + (gauge_.paused ? "paused" : speed.data()) + " - " + advice);
  panel_.scheduler.post([this] {
    gauge_.instructions.store(panel_.core.cpu.instructions(), std::memory_order_relaxed);
    gauge_.paused.store(panel_.loop.paused(), std::memory_order_relaxed);
  });
}

// --- Events ---

void Session::handle(const SDL_Event& event) {
  if (const auto reason = doorbell_.reason_of(event)) return handle_doorbell(event, *reason);
  switch (event.type) {
    case SDL_QUIT: return close();
    case SDL_WINDOWEVENT: return handle_window(event.window);
    case SDL_KEYDOWN:
    case SDL_KEYUP: return handle_key(event.key);
    case SDL_MOUSEMOTION:
      if (captured_) input_.move(event.motion.xrel, event.motion.yrel);
      break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: return handle_button(event.button);
    case SDL_DROPFILE: {
      const std::unique_ptr<char, decltype(&SDL_free)> path(event.drop.file, SDL_free);
      return insert_cd(path.get());
    }
    default: break;
  }
}

void Session::handle_doorbell(const SDL_Event& event, Doorbell::Reason reason) {
  switch (reason) {
    case Doorbell::Reason::picture: break;  // run() looks for it
    case Doorbell::Reason::screenshot: {
      const std::unique_ptr<StillPicture> still(static_cast<StillPicture*>(event.user.data1));
      return save(*still, panel_.files.save);
    }
    case Doorbell::Reason::end: ended_ = true;
  }
}

void Session::handle_window(const SDL_WindowEvent& event) {
  switch (event.event) {
    case SDL_WINDOWEVENT_FOCUS_LOST: input_.release_all(); return capture(false);
    case SDL_WINDOWEVENT_FOCUS_GAINED: return input_.caps_lock((SDL_GetModState() & KMOD_CAPS) != 0);
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED: return canvas_->redraw();
    default: break;
  }
}

void Session::handle_key(const SDL_KeyboardEvent& event) {
  const bool pressed = event.state == SDL_PRESSED;
  const SDL_Scancode key = event.keysym.scancode;
  const bool command = (event.keysym.mod & KMOD_CTRL) && (event.keysym.mod & KMOD_ALT);
  if (pressed && command && !event.repeat) {
    const auto* const found = std::find_if(std::begin(commands), std::end(commands),
                                           [key](const Command& candidate) { return candidate.key == key; });
    if (found != std::end(commands)) {
      input_.release_all();  // the guest is not to see half of it
      return (this->*found->execute)();
    }
  }
  input_.caps_lock((event.keysym.mod & KMOD_CAPS) != 0);
  if (key != SDL_SCANCODE_CAPSLOCK && !event.repeat) input_.key(key, pressed);
}

void Session::handle_button(const SDL_MouseButtonEvent& event) {
  const bool pressed = event.state == SDL_PRESSED;
  if (captured_) return input_.button(event.button, pressed);
  if (pressed && event.button == SDL_BUTTON_LEFT) capture(true);  // this click is not for the guest
}

void Session::capture(bool on) {
  if (on == captured_) return;
  captured_ = on;
  SDL_SetRelativeMouseMode(on ? SDL_TRUE : SDL_FALSE);
  SDL_SetWindowKeyboardGrab(canvas_->window(), on ? SDL_TRUE : SDL_FALSE);
  input_.release_all();
  next_title_ = {};
}

// --- To the machine ---

void Session::key(u8 adb_code, bool pressed) {
  panel_.scheduler.post([this, adb_code, pressed] { panel_.keyboard->key(adb_code, pressed); });
}

void Session::move(int right, int down) {
  panel_.scheduler.post([this, right, down] { panel_.mouse->move(right, down); });
}

void Session::button(devices::AdbMouse::Button which, bool pressed) {
  panel_.scheduler.post([this, which, pressed] { panel_.mouse->button(which, pressed); });
}

// The first time the guest may shut down in good order.
void Session::close() {
  if (closing_) return quit();
  closing_ = true;
  next_title_ = {};
  power_key();
}

void Session::power_key() {
  panel_.scheduler.post([this] {
    panel_.loop.resume();
    panel_.keyboard->key(devices::adb_key::power, true);
    panel_.scheduler.after(power_key_time, [this] { panel_.keyboard->key(devices::adb_key::power, false); });
  });
}

void Session::insert_cd(const std::string& path) {
  panel_.scheduler.post([this, path] {
    const auto changed = panel_.change_cd(path);
    const std::string line = changed ? "in the CD drive: " + path : changed.error();
    std::fprintf(stderr, "quince: %s\n", line.c_str());
  });
}

void Session::quit() {
  panel_.scheduler.post([this] { panel_.quit(); });
}

void Session::toggle_pause() {
  panel_.scheduler.post([this] { panel_.loop.paused() ? panel_.loop.resume() : panel_.loop.pause(); });
  next_title_ = steady_clock::now() + milliseconds(200);
}

void Session::restart() {
  panel_.scheduler.post([this] {
    panel_.loop.resume();
    panel_.loop.request_restart();
  });
}

void Session::take_screenshot() {
  panel_.scheduler.post([this] {
    doorbell_.ring(Doorbell::Reason::screenshot, still_picture(panel_.screen->frame()).release());
  });
}

}  // namespace quince::app
