// A window of the host with the guest's picture in it.
#pragma once

#include <SDL2/SDL.h>

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "app/window/screen_feed.h"

namespace quince::app {

enum class Scaling { whole, smooth };  // whole: each pixel of the guest is as large as any other

// Where in a window a picture belongs: in the middle, as large as it fits. A picture that does not fit is
// made smaller whatever the scaling.
SDL_Rect place_picture(int window_width, int window_height, int width, int height, Scaling scaling);

// All of it on the thread that has initialised SDL.
class Canvas {
 public:
  static tl::expected<std::unique_ptr<Canvas>, std::string> open(const std::string& title);

  void show(const Picture& picture);
  void redraw();
  void set_title(const std::string& title) { SDL_SetWindowTitle(window_.get(), title.c_str()); }
  void toggle_full_screen();
  void toggle_scaling();
  bool visible() const;
  // Pictures a second that the host shows.
  int refresh_rate() const;
  SDL_Window* window() const { return window_.get(); }

 private:
  struct Destroy {
    void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
    void operator()(SDL_Renderer* renderer) const { SDL_DestroyRenderer(renderer); }
    void operator()(SDL_Texture* texture) const { SDL_DestroyTexture(texture); }
  };
  Canvas() = default;
  void take_shape(const devices::Frame& shape);
  void upload(const Picture& picture);

  std::unique_ptr<SDL_Window, Destroy> window_;
  std::unique_ptr<SDL_Renderer, Destroy> renderer_;
  std::unique_ptr<SDL_Texture, Destroy> texture_;  // none: the screen is off
  int width_ = 0, height_ = 0;                     // of the texture
  Scaling scaling_ = Scaling::whole;
};

}  // namespace quince::app
