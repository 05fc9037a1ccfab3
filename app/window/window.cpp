#include "app/window/window.h"

#define SDL_MAIN_HANDLED
#include <SDL2/SDL.h>

#include <csignal>
#include <cstdio>

#include "app/window/session.h"

namespace quince::app {

namespace {

// Signals end the machine in good order, on a thread of their own (machine/termination.h).
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSYS);  // of the sandbox: blocked, it would end the process without a word
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void set_hints() {
  SDL_SetHint(SDL_HINT_APP_NAME, "Quince");
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
  SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
}

}  // namespace

void Window::enter_program() {}

tl::expected<std::unique_ptr<Window>, std::string> Window::connect(const WindowOptions& options) {
  std::unique_ptr<Window> window(new Window);
  std::promise<std::string> connected;
  std::future<std::string> problem = connected.get_future();
  {
    const SignalsBlocked blocked;
    window->thread_ = std::thread(&Window::run, window.get(), options, std::move(connected));
  }
  const std::string why = problem.get();
  if (why.empty()) return window;
  window->thread_.join();
  return tl::unexpected(why);
}

// On the processor's thread: when the machine stops, nobody looks at its screen any more.
struct Window::Attachment {
  explicit Attachment(machine::FrontPanel& front_panel)
      : panel(front_panel),
        feed(*panel.screen, panel.scheduler, [this] { doorbell.ring(Doorbell::Reason::picture); }) {}
  machine::FrontPanel& panel;
  Doorbell doorbell;
  ScreenFeed feed;
};

Window::Window() = default;

Window::~Window() {
  if (!thread_.joinable()) return;
  attached_.set_value(nullptr);
  leave_.set_value();
  thread_.join();
}

void Window::attach(machine::FrontPanel& panel) {
  attachment_ = std::make_unique<Attachment>(panel);
  attached_.set_value(attachment_.get());
  shown_.get_future().wait();
}

void Window::detach() {
  if (!attachment_) return;
  attachment_->doorbell.ring(Doorbell::Reason::end);
  leave_.set_value();
  thread_.join();
  attachment_.reset();
}

namespace {

void wait_for_end(const Doorbell& doorbell) {
  SDL_Event event;
  while (SDL_WaitEvent(&event) && doorbell.reason_of(event) != Doorbell::Reason::end) {
  }
}

}  // namespace

void Window::run(const WindowOptions& options, std::promise<std::string> connected) {
  set_hints();
  SDL_SetMainReady();
  if (SDL_Init(SDL_INIT_VIDEO) != 0) {
    connected.set_value(SDL_GetError());
    return;
  }
  SDL_StopTextInput();
  connected.set_value("");
  if (Attachment* const machine = attached_.get_future().get()) {
    auto canvas = Canvas::open(options.machine);
    shown_.set_value();
    if (canvas) {
      Session(std::move(*canvas), options, machine->panel, machine->feed, machine->doorbell).run();
    } else {
      std::fprintf(stderr, "quince: there is no window: %s\n", canvas.error().c_str());
      wait_for_end(machine->doorbell);
    }
  }
  leave_.get_future().wait();
  SDL_Quit();
}

}  // namespace quince::app
