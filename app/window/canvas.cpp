#include "app/window/canvas.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace quince::app {

namespace {

constexpr int first_width = 800, first_height = 600;  // until the guest has a picture
constexpr int usual_refresh_rate = 60;

// Mesa's OpenGL without hardware: it would take the processors that the guest needs, for a picture that SDL
// copies more cheaply.
bool is_opengl_in_software(SDL_Renderer* renderer) {
  SDL_RendererInfo info{};
  if (SDL_GetRendererInfo(renderer, &info) != 0 || !std::string_view(info.name).starts_with("opengl"))
    return false;
  using GetString = const unsigned char* (*)(unsigned);
  constexpr unsigned gl_renderer = 0x1f01;
  const auto get_string = reinterpret_cast<GetString>(SDL_GL_GetProcAddress("glGetString"));
  const auto* const name = get_string ? reinterpret_cast<const char*>(get_string(gl_renderer)) : nullptr;
  const std::string_view text = name ? name : "";
  return text.starts_with("llvmpipe") || text.starts_with("softpipe");
}

}  // namespace

SDL_Rect place_picture(int window_width, int window_height, int width, int height, Scaling scaling) {
  double scale = std::min(double(window_width) / width, double(window_height) / height);
  if (scaling == Scaling::whole && scale > 1) scale = static_cast<int>(scale);
  const int w = std::max(1, static_cast<int>(width * scale)),
            h = std::max(1, static_cast<int>(height * scale));
  return {(window_width - w) / 2, (window_height - h) / 2, w, h};
}

tl::expected<std::unique_ptr<Canvas>, std::string> Canvas::open(const std::string& title) {
  std::unique_ptr<Canvas> canvas(new Canvas);
  canvas->window_.reset(SDL_CreateWindow(title.c_str(), SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                         first_width, first_height,
                                         SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI));
  if (!canvas->window_) return tl::unexpected(std::string(SDL_GetError()));
  canvas->renderer_.reset(SDL_CreateRenderer(canvas->window_.get(), -1, 0));
  if (canvas->renderer_ && !SDL_GetHint(SDL_HINT_RENDER_DRIVER) &&
      is_opengl_in_software(canvas->renderer_.get())) {
    canvas->renderer_.reset();
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");  // it would be OpenGL again
    canvas->renderer_.reset(SDL_CreateRenderer(canvas->window_.get(), -1, SDL_RENDERER_SOFTWARE));
  }
  if (!canvas->renderer_) return tl::unexpected(std::string(SDL_GetError()));
  canvas->redraw();
  return canvas;
}

void Canvas::take_shape(const devices::Frame& shape) {
  const int width = static_cast<int>(shape.width), height = static_cast<int>(shape.height);
  if (texture_ && width == width_ && height == height_) return;
  texture_.reset();
  if (shape.off()) return;
  texture_.reset(SDL_CreateTexture(renderer_.get(), SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
                                   width, height));
  const bool same_size = std::exchange(width_, width) == width && height_ == height;
  height_ = height;
  constexpr Uint32 not_ours_to_size = SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED;
  if (!same_size && !(SDL_GetWindowFlags(window_.get()) & not_ours_to_size)) {
    SDL_SetWindowSize(window_.get(), width, height);
  }
}

void Canvas::upload(const Picture& picture) {
  const devices::Frame packed = picture.packed();
  devices::u32 line = 0;
  for (const devices::Lines& range : picture.lines) {
    const SDL_Rect part{0, static_cast<int>(range.first), width_, static_cast<int>(range.count)};
    void* pixels = nullptr;
    int pitch = 0;
    if (SDL_LockTexture(texture_.get(), &part, &pixels, &pitch) != 0) return;
    for (devices::u32 n = 0; n < range.count; ++n, ++line) {
      auto* const to =
          reinterpret_cast<devices::u32*>(static_cast<devices::u8*>(pixels) + std::ptrdiff_t{pitch} * n);
      convert_to_argb(packed, {line, 1}, {to, packed.width});
    }
    SDL_UnlockTexture(texture_.get());
  }
}

void Canvas::show(const Picture& picture) {
  if (picture.new_shape) take_shape(picture.shape);
  if (texture_) upload(picture);
  redraw();
}

void Canvas::redraw() {
  SDL_SetRenderDrawColor(renderer_.get(), 0, 0, 0, SDL_ALPHA_OPAQUE);
  SDL_RenderClear(renderer_.get());
  if (texture_) {
    int window_width = 0, window_height = 0;
    SDL_GetRendererOutputSize(renderer_.get(), &window_width, &window_height);
    const SDL_Rect place = place_picture(window_width, window_height, width_, height_, scaling_);
    const bool exact = place.w % width_ == 0 && place.h % height_ == 0;
    SDL_SetTextureScaleMode(texture_.get(),
                            exact && scaling_ == Scaling::whole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
    SDL_RenderCopy(renderer_.get(), texture_.get(), nullptr, &place);
  }
  SDL_RenderPresent(renderer_.get());
}

void Canvas::toggle_full_screen() {
  const bool full = (SDL_GetWindowFlags(window_.get()) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
  SDL_SetWindowFullscreen(window_.get(), full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
  if (full && texture_) SDL_SetWindowSize(window_.get(), width_, height_);
}

void Canvas::toggle_scaling() {
  scaling_ = scaling_ == Scaling::whole ? Scaling::smooth : Scaling::whole;
  redraw();
}

bool Canvas::visible() const {
  return !(SDL_GetWindowFlags(window_.get()) & (SDL_WINDOW_HIDDEN | SDL_WINDOW_MINIMIZED));
}

int Canvas::refresh_rate() const {
  SDL_DisplayMode mode{};
  if (SDL_GetWindowDisplayMode(window_.get(), &mode) != 0 || mode.refresh_rate <= 0)
    return usual_refresh_rate;
  return mode.refresh_rate;
}

}  // namespace quince::app
